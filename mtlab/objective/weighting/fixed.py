"""Fixed weights: the loss is a weighted sum of the tasks' losses (linear scalarisation)."""

import torch

from mtlab.objective.objective import Weighting


class FixedWeights(Weighting):
    """`sum_t weight_t * loss_t`.

    Args:
        weights: One per task, at least 0, in the order of the tasks.
    """

    weights: torch.Tensor

    def __init__(self, weights: list[float]) -> None:
        super().__init__()
        self.register_buffer("weights", torch.tensor(weights, dtype=torch.float32))

    def forward(self, losses: torch.Tensor) -> torch.Tensor:
        return self.weights * losses

    def reported_weights(self) -> list[float]:
        return [float(weight) for weight in self.weights.tolist()]
