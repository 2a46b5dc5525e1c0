"""Fixed weights: the loss is a weighted sum of the tasks' losses (linear scalarisation)."""

from __future__ import annotations

import torch
from torch import nn


class FixedWeights(nn.Module):
    """`sum_t weight_t * loss_t`.

    Args:
        weights: One per task, at least 0, in the order of the tasks.
    """

    weights: torch.Tensor

    def __init__(self, weights: list[float]) -> None:
        super().__init__()
        self.register_buffer("weights", torch.tensor(weights, dtype=torch.float32))

    def forward(self, losses: torch.Tensor) -> torch.Tensor:
        """Losses `(tasks,)` to one number."""
        return (self.weights * losses).sum()

    def task_weights(self) -> list[float]:
        """The weights as numbers, in the order of the tasks."""
        return [float(weight) for weight in self.weights.tolist()]


def lambda_weights(lambda_first: float) -> FixedWeights:
    """`lambda * first + (1 - lambda) * second`, lambda in [0, 1]."""
    return FixedWeights([lambda_first, 1 - lambda_first])
