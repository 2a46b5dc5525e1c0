"""Training by gradients: the loop yields what happens and writes nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from functools import partial

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from mtlab.data.augmentation import AffineAugmentation
from mtlab.data.batches import shuffled_batches
from mtlab.data.dataset import Split
from mtlab.device import Device
from mtlab.errors import TrainingError
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.objective.metrics import SplitMetrics
from mtlab.objective.objective import Objective
from mtlab.training.evaluate import evaluate
from mtlab.training.events import EpochEnd, Event, Progress
from mtlab.training.monitor import Monitor
from mtlab.training.state import (
    BestEpoch,
    State,
    best_state,
    copy_weights,
    generator_states,
    load_optimizer,
    read_best,
    set_generators,
)
from mtlab.training.step import EpochSums, TrainStep

SECONDS_BETWEEN_PROGRESS = 0.25


class GradientTrainer:
    """A `Trainer` of networks by stochastic gradient descent on mini-batches.

    Model, objective, splits and augmentation are on the device already.

    Args:
        optimizer: Of the model's parameters and the objective's.
        scheduler: Stepped once per epoch; None for a constant learning rate.
        num_epochs: In all, those before a resume included.
        patience_epochs: Without a better epoch, after which training stops; None for no such stop.
        clip_norm: Gradients are scaled down to this joint norm; None leaves them.
        batch_order: Draws the order of each epoch's samples; on the CPU.
        augmentation: Moves the training images of every step; validation images stay.
        augmentation_draws: On the device.
    """

    converged: bool | None = None

    def __init__(
        self,
        model: MultiTaskNetwork,
        objective: Objective,
        optimizer: Optimizer,
        scheduler: LRScheduler | None,
        monitor: Monitor,
        train: Split,
        val: Split,
        device: Device,
        *,
        num_epochs: int,
        batch_size: int,
        eval_batch_size: int,
        patience_epochs: int | None,
        clip_norm: float | None,
        batch_order: torch.Generator,
        augmentation: AffineAugmentation | None,
        augmentation_draws: torch.Generator,
    ) -> None:
        self.model = model
        self.epoch = 0
        self.best: BestEpoch | None = None
        self._objective = objective
        self._optimizer = optimizer
        self._scheduler = scheduler
        self._monitor = monitor
        self._train, self._val = train, val
        self._device = device
        self._num_epochs = num_epochs
        self._batch_size = batch_size
        self._eval_batch_size = eval_batch_size
        self._patience_epochs = patience_epochs
        self._generators = {"batch order": batch_order, "augmentation": augmentation_draws}
        if objective.generator is not None:
            self._generators["objective"] = objective.generator
        augment = None
        if augmentation is not None:
            augment = partial(augmentation, generator=augmentation_draws)
        self._step = TrainStep(model, objective, optimizer, device, clip_norm, augment)
        self._sums = EpochSums(objective, len(train), batch_size, device)

    def fit(self) -> Iterator[Event]:
        while self.epoch < self._num_epochs and not self._is_out_of_patience():
            started = time.perf_counter()
            learning_rate = float(self._optimizer.param_groups[0]["lr"])
            train_metrics = yield from self._train_epoch()
            self._device.synchronize()
            train_seconds = time.perf_counter() - started
            val_metrics = evaluate(
                self.model,
                self._val,
                self._objective,
                self._eval_batch_size,
                self._device,
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
            )

    def _is_out_of_patience(self) -> bool:
        if self._patience_epochs is None:
            return False
        return self.epoch - (self.best.epoch if self.best else 0) >= self._patience_epochs

    def _train_epoch(self) -> Generator[Event, None, SplitMetrics]:
        """One pass over the training samples; returns its metrics as the generator's value."""
        self.model.train()
        sums, batch_size = self._sums, self._batch_size
        sums.reset()
        batches = shuffled_batches(
            len(self._train),
            batch_size,
            self._generators["batch order"],
            self._device.torch_device,
        )
        epoch = self.epoch + 1
        started = last_progress = time.perf_counter()
        for index, positions in enumerate(batches):
            self._step(self._train, positions, sums, index)
            now = time.perf_counter()
            if now - last_progress >= SECONDS_BETWEEN_PROGRESS:
                # The only figures read back within an epoch, a few times a second.
                last_progress = now
                num_done = index + 1
                _check_finite(sums, num_done, epoch)
                speed = num_done * batch_size / (now - started)
                yield Progress(epoch, num_done, sums.num_steps, sums.read(num_done), speed)
        _check_finite(sums, sums.num_steps, epoch)
        return sums.read(sums.num_steps)

    def _finish_epoch(self, val: SplitMetrics) -> bool:
        """Advance the schedule and remember the epoch if it is the best so far."""
        value = self._monitor.value(val)
        if isinstance(self._scheduler, ReduceLROnPlateau):
            self._scheduler.step(value)
        elif self._scheduler is not None:
            self._scheduler.step()
        is_best = self._monitor.improves(value, self.best.value if self.best else None)
        if is_best:
            self.best = BestEpoch(self.epoch, value, copy_weights(self.model))
        return is_best

    def state_dict(self) -> State:
        return {
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "objective": self._objective.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "scheduler": self._scheduler and self._scheduler.state_dict(),
            "generators": generator_states(self._generators, self._device.torch_device),
            "best": best_state(self.best),
        }

    def load_state_dict(self, state: State) -> None:
        device = self._device.torch_device
        self.model.load_state_dict(state["model"])
        self._objective.load_state_dict(state["objective"])
        load_optimizer(self._optimizer, state["optimizer"])
        if self._scheduler is not None:
            self._scheduler.load_state_dict(state["scheduler"])
        set_generators(state["generators"], self._generators, device)
        self.best = read_best(state["best"], device)
        self.epoch = state["epoch"]


def _check_finite(sums: EpochSums, num_steps: int, epoch: int) -> None:
    found = sums.first_not_finite(num_steps)
    if found is not None:
        step, task, value = found
        raise _not_finite(task, f"its loss must stay finite; epoch {epoch}, step {step}", value)


def _check_validation(val: SplitMetrics, epoch: int) -> None:
    """The last step of an epoch can break the weights after its own loss was measured."""
    for name, task in val.tasks.items():
        if not math.isfinite(task["loss"]):
            rule = f"its validation loss must stay finite; epoch {epoch}"
            raise _not_finite(name, rule, task["loss"])


def _not_finite(task: str, rule: str, value: float) -> TrainingError:
    return TrainingError(
        f"task {task}",
        rule=rule,
        found=value,
        remedy="try a smaller optimizer.lr, or set trainer.clip_norm=1",
    )
