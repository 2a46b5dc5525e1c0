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
        has_gaps: Whether samples may lack labels, so that a batch may have none for a task.
    """

    factors: torch.Tensor

    def __init__(self, are_squared_errors: Sequence[bool], *, has_gaps: bool = False) -> None:
        super().__init__()
        self._has_gaps = has_gaps
        factors = [0.5 if is_squared_error else 1.0 for is_squared_error in are_squared_errors]
        self.register_buffer("factors", torch.tensor(factors))
        self.log_variances = nn.Parameter(torch.zeros(len(factors)))

    def forward(self, losses: torch.Tensor) -> torch.Tensor:
        penalties = self.log_variances / 2
        if self._has_gaps:
            # A batch without a label, whose loss is 0, says nothing of the noise.
            penalties = torch.where(losses == 0, 0.0, penalties)
        return self.factors * torch.exp(-self.log_variances) * losses + penalties

    def reported_weights(self) -> list[float]:
        return [1.0] * self.factors.shape[0]

    def moving_weights(self) -> list[float]:
        """`factor_t * exp(-s_t)`, as learned so far."""
        weights = self.factors * torch.exp(-self.log_variances.detach())
        return [float(weight) for weight in weights.tolist()]
