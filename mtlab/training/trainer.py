"""What every trainer has: whoever built one iterates over `fit()`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from torch import nn

from mtlab.training.events import Event
from mtlab.training.state import BestEpoch, State


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
