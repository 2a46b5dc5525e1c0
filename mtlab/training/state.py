"""Everything that changes while a run trains, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler


@dataclass
class BestEpoch:
    """The best epoch so far by `trainer.monitor`.

    Attributes:
        weights: A copy of the model's state, on the model's device.
    """

    epoch: int
    value: float
    weights: dict[str, torch.Tensor]


@dataclass
class TrainingState:
    """What training moves from step to step and epoch to epoch.

    Attributes:
        batch_order: Draws the order of each epoch's samples.
        epoch: Epochs finished.
        best: None before the first epoch has been measured.
        augmentation_draws: Draws how training images are moved; on the model's device.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    scheduler: LRScheduler | None
    batch_order: torch.Generator
    epoch: int = 0
    best: BestEpoch | None = None
    augmentation_draws: torch.Generator = field(default_factory=torch.Generator)

    @property
    def learning_rate(self) -> float:
        return float(self.optimizer.param_groups[0]["lr"])


def copy_weights(model: nn.Module) -> dict[str, torch.Tensor]:
    """The model's state as it is now, unaffected by later steps."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
