"""A weight between two tasks that moves from epoch to epoch."""

import math

import torch

from mtlab.objective.objective import Weighting


class LambdaSchedule(Weighting):
    """`lambda_e * first + (1 - lambda_e) * second` in epoch e, from `start` to `end`.

    Kiperwasser, Ballesteros (2018), "Scheduled multi-task learning: from syntax to translation",
    TACL 6, move the share of each task over the training in this way. Deviation: there it is the
    share of the training examples, here the weight of the loss, as lambda is where it is fixed.

    Args:
        start, end: lambda in the first epoch, and from epoch `num_epochs` on; in [0, 1].
        is_cosine: Along half a cosine, slow at both ends; else along a line.
    """

    weights: torch.Tensor

    def __init__(self, start: float, end: float, num_epochs: int, *, is_cosine: bool) -> None:
        super().__init__()
        self._start, self._end = start, end
        self._num_epochs, self._is_cosine = num_epochs, is_cosine
        self.register_buffer("weights", torch.tensor([start, 1 - start]))

    def begin_epoch(self, epoch: int) -> None:
        share = self._lambda_in(epoch)
        self.weights.copy_(torch.tensor([share, 1 - share]))

    def _lambda_in(self, epoch: int) -> float:
        progress = min((epoch - 1) / max(self._num_epochs - 1, 1), 1.0)
        if self._is_cosine:
            progress = (1 - math.cos(math.pi * progress)) / 2
        return self._start + (self._end - self._start) * progress

    def forward(self, losses: torch.Tensor) -> torch.Tensor:
        return self.weights * losses

    def reported_weights(self) -> list[float]:
        """Those of lambda 0.5: the losses' mean, whose parts keep their size over the epochs."""
        return [0.5, 0.5]

    def moving_weights(self) -> list[float]:
        return [float(weight) for weight in self.weights.tolist()]
