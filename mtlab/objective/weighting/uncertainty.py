"""Weights learned as each task's uncertainty."""

from collections.abc import Sequence

import torch
from torch import nn

from mtlab.objective.objective import Weighting


class UncertaintyWeights(Weighting):
    """`sum_t factor_t * exp(-s_t) * loss_t + s_t / 2`, where `s_t = log(sigma_t^2)` is learned.

    Kendall, Gal, Cipolla (2018), "Multi-task learning using uncertainty to weigh losses for scene
    geometry and semantics", CVPR, eq. 7 and 10: `sigma_t` is the noise that the network finds in a
    task's targets. All `s_t` begin at 0.

    Deviation: the paper has squared errors and cross-entropy. The mean absolute error is weighed
    like cross-entropy here, though its noise would be Laplace's and not Gauss's.

    Args:
        are_squared_errors: Per task, whether its loss is a mean of squared errors: its factor is
            1/2. Every other loss has 1; Huber's has the half in itself.
    """

    factors: torch.Tensor

    def __init__(self, are_squared_errors: Sequence[bool]) -> None:
        super().__init__()
        factors = [0.5 if is_squared_error else 1.0 for is_squared_error in are_squared_errors]
        self.register_buffer("factors", torch.tensor(factors))
        self.log_variances = nn.Parameter(torch.zeros(len(factors)))

    def forward(self, losses: torch.Tensor) -> torch.Tensor:
        return self.factors * torch.exp(-self.log_variances) * losses + self.log_variances / 2

    def reported_weights(self) -> list[float]:
        return [1.0] * self.factors.shape[0]

    def moving_weights(self) -> list[float]:
        """`factor_t * exp(-s_t)`, as learned so far."""
        weights = self.factors * torch.exp(-self.log_variances.detach())
        return [float(weight) for weight in weights.tolist()]
