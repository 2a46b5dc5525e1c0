"""Training by gradients: the loop yields what happens and writes nothing."""

import math
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict

import torch
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from mtlab.data.batches import shuffled_batches
from mtlab.data.dataset import Split
from mtlab.objective.metrics import SplitMetrics
from mtlab.training.evaluate import evaluate
from mtlab.training.monitor import Monitor
from mtlab.training.optim import STEPPED_BY_BATCH
from mtlab.training.state import (
    BestEpoch,
    State,
    copy_weights,
    generator_states,
    load_optimizer,
    read_best,
    set_generators,
)
from mtlab.training.step import EpochSums, TrainStep, not_finite
from mtlab.training.trainer import EpochEnd, Event, Progress

SECONDS_BETWEEN_PROGRESS = 0.25


class GradientTrainer:
    """A `Trainer` of networks by stochastic gradient descent on mini-batches.

    Model, objective and splits are on the device already.

    Args:
        scheduler: Stepped with every batch where it is one of `STEPPED_BY_BATCH`, else after each
            epoch; None for a constant learning rate.
        num_epochs: In all, those before a resume included.
        patience_epochs: Without a better epoch, after which training stops; None for no such stop.
        generators: `batch order` draws the order of each epoch's samples, on the CPU; the step
            draws from the others.
    """

    converged: bool | None = None

    def __init__(
        self,
        step: TrainStep,
        scheduler: LRScheduler | None,
        monitor: Monitor,
        train: Split,
        val: Split,
        *,
        num_epochs: int,
        batch_size: int,
        eval_batch_size: int,
        patience_epochs: int | None,
        generators: Mapping[str, torch.Generator],
    ) -> None:
        self.model = step.model
        self.epoch = 0
        self.best: BestEpoch | None = None
        self._step = step
        self._scheduler = scheduler
        self._monitor = monitor
        self._train, self._val = train, val
        self._device = step.device.torch_device
        self._num_epochs = num_epochs
        self._batch_size = batch_size
        self._eval_batch_size = eval_batch_size
        self._patience_epochs = patience_epochs
        self._generators = generators
        self._sums = EpochSums(step.objective, len(train), batch_size, self._device)

    def fit(self) -> Iterator[Event]:
        while self.epoch < self._num_epochs and not self._is_out_of_patience():
            started = time.perf_counter()
            learning_rate = float(self._step.optimizer.param_groups[0]["lr"])
            self._step.objective.weighting.begin_epoch(self.epoch + 1)
            train_metrics = yield from self._train_epoch()
            self._step.device.synchronize()
            train_seconds = time.perf_counter() - started
            val_metrics = evaluate(
                self.model,
                self._val,
                self._step.objective,
                self._eval_batch_size,
                self._step.device,
            )
            _check_validation(val_metrics, self.epoch + 1)
            self.epoch += 1
            is_best = self._finish_epoch(val_metrics)
            yield EpochEnd(
                epoch=self.epoch,
                train=train_metrics,
                val=val_metrics,
                learning_rate=learning_rate,
                train_seconds=train_seconds,
                seconds=time.perf_counter() - started,
                num_samples=len(self._train),
                is_best=is_best,
                weights=self._step.objective.moving_weights(),
            )

    def _is_out_of_patience(self) -> bool:
        if self._patience_epochs is None:
            return False
        return self.epoch - (self.best.epoch if self.best else 0) >= self._patience_epochs

    def _train_epoch(self) -> Generator[Event, None, SplitMetrics]:
        """One pass over the training samples; returns its metrics as the generator's value."""
        self.model.train()
        batch_size, epoch = self._batch_size, self.epoch + 1
        sums = self._sums
        sums.reset()
        order = self._generators["batch order"]
        batches = shuffled_batches(len(self._train), batch_size, order, self._device)
        started = last_progress = time.perf_counter()
        for num_done, positions in enumerate(batches, start=1):
            self._step(self._train, positions, sums, num_done - 1)
            if isinstance(self._scheduler, STEPPED_BY_BATCH):
                self._scheduler.step()
            now = time.perf_counter()
            if now - last_progress >= SECONDS_BETWEEN_PROGRESS:
                # The only metrics read back within an epoch, a few times a second.
                last_progress = now
                speed = num_done * batch_size / (now - started)
                yield Progress(epoch, num_done, sums.num_steps, sums.read(num_done, epoch), speed)
        return sums.read(sums.num_steps, epoch)

    def _finish_epoch(self, val: SplitMetrics) -> bool:
        """Advance the schedule and remember the epoch if it is the best so far."""
        value = self._monitor.value(val)
        if isinstance(self._scheduler, ReduceLROnPlateau):
            self._scheduler.step(value)
        elif self._scheduler and not isinstance(self._scheduler, STEPPED_BY_BATCH):
            self._scheduler.step()
        is_best = self._monitor.improves(value, self.best.value if self.best else None)
        if is_best:
            self.best = BestEpoch(self.epoch, value, copy_weights(self.model))
        return is_best

    def state_dict(self) -> State:
        return {
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "objective": self._step.objective.state_dict(),
            "optimizer": self._step.optimizer.state_dict(),
            "scheduler": self._scheduler and self._scheduler.state_dict(),
            "generators": generator_states(self._generators, self._device),
            "best": self.best and asdict(self.best),
        }

    def load_state_dict(self, state: State) -> None:
        self.model.load_state_dict(state["model"])
        self._step.objective.load_state_dict(state["objective"])
        load_optimizer(self._step.optimizer, state["optimizer"])
        if self._scheduler is not None:
            self._scheduler.load_state_dict(state["scheduler"])
        set_generators(state["generators"], self._generators, self._device)
        self.best = read_best(state["best"], self._device)
        self.epoch = state["epoch"]


def _check_validation(val: SplitMetrics, epoch: int) -> None:
    """The last step of an epoch can break the weights after its own loss was measured."""
    for name, task in val.tasks.items():
        if not math.isfinite(task["loss"]):
            rule = f"its validation loss must stay finite; epoch {epoch}"
            raise not_finite(name, rule, task["loss"])
