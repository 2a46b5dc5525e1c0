"""What the loop tells whoever iterates over it."""

from __future__ import annotations

from dataclasses import dataclass

from mtlab.objective.metrics import SplitMetrics


@dataclass(frozen=True)
class Progress:
    """Sent a few times a second within an epoch.

    Attributes:
        epoch: Counted from 1.
        step, num_steps: Steps done in this epoch, and in a whole one.
        train: Figures of this epoch so far.
        samples_per_second: Training images per second in this epoch.
    """

    epoch: int
    step: int
    num_steps: int
    train: SplitMetrics
    samples_per_second: float


@dataclass(frozen=True)
class EpochEnd:
    """Sent after each epoch, once validation is measured.

    Attributes:
        train: Means over the epoch while the weights moved.
        val: Measured with the weights at the end of the epoch.
        learning_rate: Used in this epoch.
        train_seconds, seconds: Without and with validation.
        is_best: Whether `trainer.monitor` improved.
    """

    epoch: int
    train: SplitMetrics
    val: SplitMetrics
    learning_rate: float
    train_seconds: float
    seconds: float
    num_samples: int
    is_best: bool


Event = Progress | EpochEnd
