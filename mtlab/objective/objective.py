"""What training minimises: every task's loss, and the one number they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from mtlab.data.tasks import Task
from mtlab.objective.losses import Loss
from mtlab.objective.weighting.fixed import FixedWeights


class Objective(nn.Module):
    """The tasks' losses and their weighting.

    Args:
        tasks: In order.
        losses: One per task.
        weighting: Turns the losses `(tasks,)` into one.
    """

    def __init__(
        self, tasks: Sequence[Task], losses: Mapping[str, Loss], weighting: FixedWeights
    ) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self._losses = dict(losses)
        self.weighting = weighting

    def task_losses(
        self, outputs: Mapping[str, torch.Tensor], targets: Mapping[str, torch.Tensor]
    ) -> torch.Tensor:
        """Mean loss of each task over the batch, `(tasks,)`, float32."""
        return torch.stack(
            [self._losses[task.name](outputs[task.name], targets[task.name]) for task in self.tasks]
        )

    def total(self, losses: torch.Tensor) -> torch.Tensor:
        """The number to minimise, from the tasks' losses `(tasks,)`."""
        total: torch.Tensor = self.weighting(losses)
        return total

    def task_weights(self) -> dict[str, float]:
        """The weight of each task by name."""
        names = [task.name for task in self.tasks]
        return dict(zip(names, self.weighting.task_weights(), strict=True))
