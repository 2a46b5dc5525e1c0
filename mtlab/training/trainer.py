"""What every trainer has and tells: whoever built one iterates over its events."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from torch import nn

from mtlab.objective.metrics import SplitMetrics
from mtlab.training.state import BestEpoch, State


@dataclass(frozen=True)
class Progress:
    """Sent a few times a second within an epoch.

    Attributes:
        epoch: Counted from 1.
        step, num_steps: Steps done in this epoch, and in a whole one.
        train: Metrics of this epoch so far.
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
        learning_rate: At the epoch's start; some schedules change it with every step.
        train_seconds, seconds: Without and with validation.
        is_best: Whether `trainer.monitor` improved.
        weights: Of the tasks' losses at the epoch's end, by task; None where they never change.
    """

    epoch: int
    train: SplitMetrics
    val: SplitMetrics
    learning_rate: float
    train_seconds: float
    seconds: float
    num_samples: int
    is_best: bool
    weights: dict[str, float] | None = None


Event = Progress | EpochEnd


class Trainer(Protocol):
    """Trains one model; what it trains on and how was given to its constructor.

    Attributes:
        model: With the weights as they are now; after training, those of the last epoch.
        epoch: Epochs finished.
        best: None before the first epoch has been measured.
        converged: Whether the rule found a solution; None where there is no such notion.
    """

    epoch: int
    best: BestEpoch | None
    converged: bool | None

    @property
    def model(self) -> nn.Module: ...

    def fit(self) -> Iterator[Event]:
        """Train on from wherever the state is, to the last epoch or an earlier stop.

        Raises:
            TrainingError: Losses or weights became NaN or infinite.
        """
        ...

    def state_dict(self) -> State:
        """All that training changes, between two epochs; tensors are not copied."""
        ...

    def load_state_dict(self, state: State) -> None:
        """Go on from where `state_dict` was called, to the same bits.

        The trainer must have been built as that one was.

        Raises:
            KeyError, TypeError, ValueError, RuntimeError: A state of another training.
        """
        ...
