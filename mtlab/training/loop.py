"""The training loop: it yields what happens and writes nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

from mtlab.data.augmentation import AffineAugmentation
from mtlab.data.batches import num_batches, shuffled_batches
from mtlab.data.dataset import Split
from mtlab.device import Device
from mtlab.errors import TrainingError
from mtlab.objective.metrics import SplitMetrics
from mtlab.objective.objective import Objective
from mtlab.training.evaluate import evaluate
from mtlab.training.events import EpochEnd, Event, Progress
from mtlab.training.monitor import Monitor
from mtlab.training.state import BestEpoch, TrainingState, copy_weights
from mtlab.training.step import EpochSums, TrainStep

SECONDS_BETWEEN_PROGRESS = 0.25


@dataclass(frozen=True)
class LoopSettings:
    """How long and in what batches; the keys of `trainer.*`."""

    num_epochs: int
    batch_size: int
    eval_batch_size: int
    patience_epochs: int | None
    clip_norm: float | None


def fit(
    state: TrainingState,
    train: Split,
    val: Split,
    objective: Objective,
    settings: LoopSettings,
    monitor: Monitor,
    device: Device,
    augmentation: AffineAugmentation | None = None,
) -> Iterator[Event]:
    """Train from `state.epoch` to the last epoch, or until patience runs out.

    The state, the splits and the objective are on the device already. Afterwards the model has its
    last weights, and `state.best` those of the best epoch.

    Args:
        augmentation: Moves the training images of every step; validation images stay.

    Raises:
        TrainingError: A task's loss became NaN or infinite.
    """
    augment = (
        None if augmentation is None else partial(augmentation, generator=state.augmentation_draws)
    )
    step = TrainStep(state.model, objective, state.optimizer, device, settings.clip_norm, augment)
    while state.epoch < settings.num_epochs:
        started = time.perf_counter()
        learning_rate = state.learning_rate
        train_metrics = yield from _train_epoch(state, train, objective, step, settings, device)
        device.synchronize()
        train_seconds = time.perf_counter() - started
        val_metrics = evaluate(state.model, val, objective, settings.eval_batch_size, device)
        _check_validation(val_metrics, state.epoch + 1)
        state.epoch += 1
        is_best = _finish_epoch(state, val_metrics, monitor)
        yield EpochEnd(
            epoch=state.epoch,
            train=train_metrics,
            val=val_metrics,
            learning_rate=learning_rate,
            train_seconds=train_seconds,
            seconds=time.perf_counter() - started,
            num_samples=len(train),
            is_best=is_best,
        )
        if settings.patience_epochs is not None and _epochs_since_best(state) >= (
            settings.patience_epochs
        ):
            return


def _epochs_since_best(state: TrainingState) -> int:
    return state.epoch - (state.best.epoch if state.best else 0)


def _train_epoch(
    state: TrainingState,
    train: Split,
    objective: Objective,
    step: TrainStep,
    settings: LoopSettings,
    device: Device,
) -> Generator[Event, None, SplitMetrics]:
    """One pass over the training samples; returns its metrics as the generator's value."""
    state.model.train()
    batches = shuffled_batches(
        len(train), settings.batch_size, state.batch_order, device.torch_device
    )
    num_steps = num_batches(len(train), settings.batch_size)
    batch_sizes = torch.full((num_steps,), settings.batch_size)
    batch_sizes[-1] = len(train) - settings.batch_size * (num_steps - 1)
    sums = EpochSums(objective, batch_sizes, device)
    epoch = state.epoch + 1
    started = last_progress = time.perf_counter()
    for index, positions in enumerate(batches):
        step(train, positions, sums, index)
        now = time.perf_counter()
        if now - last_progress >= SECONDS_BETWEEN_PROGRESS:
            # The only figures read back within an epoch, a few times a second.
            last_progress = now
            num_done = index + 1
            _check_finite(sums, num_done, epoch)
            samples_per_second = num_done * settings.batch_size / (now - started)
            yield Progress(epoch, num_done, num_steps, sums.read(num_done), samples_per_second)
    _check_finite(sums, num_steps, epoch)
    return sums.read(num_steps)


def _check_finite(sums: EpochSums, num_steps: int, epoch: int) -> None:
    found = sums.first_not_finite(num_steps)
    if found is not None:
        step, task, value = found
        raise TrainingError(
            f"task {task}",
            rule=f"its loss must stay finite; epoch {epoch}, step {step}",
            found=value,
            remedy="try a smaller optimizer.lr, or set trainer.clip_norm=1",
        )


def _check_validation(val: SplitMetrics, epoch: int) -> None:
    """The last step of an epoch can break the weights after its own loss was measured."""
    for name, task in val.tasks.items():
        if not math.isfinite(task.loss):
            raise TrainingError(
                f"task {name}",
                rule=f"its validation loss must stay finite; epoch {epoch}",
                found=task.loss,
                remedy="try a smaller optimizer.lr, or set trainer.clip_norm=1",
            )


def _finish_epoch(state: TrainingState, val: SplitMetrics, monitor: Monitor) -> bool:
    """Advance the schedule and remember the epoch if it is the best so far."""
    value = monitor.value(val)
    if isinstance(state.scheduler, ReduceLROnPlateau):
        state.scheduler.step(value)
    elif state.scheduler is not None:
        state.scheduler.step()
    is_best = monitor.improves(value, state.best.value if state.best else None)
    if is_best:
        state.best = BestEpoch(state.epoch, value, copy_weights(state.model))
    return is_best
