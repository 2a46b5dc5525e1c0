"""Measures of a regression task, summed on the device and read once."""

from __future__ import annotations

import math

import torch


class RegressionSums:
    """Sums over the samples so far, in double precision, on the device without reading them back.

    The targets' spread is merged batch by batch (Chan, Golub, LeVeque 1979, "Updating formulae and
    a pairwise algorithm for computing sample variances"): subtracting two large sums at the end
    would lose it for targets far from zero.
    """

    def __init__(self, device: torch.device) -> None:
        self._sums = torch.zeros(5, dtype=torch.float64, device=device)
        # Views, each a single number.
        self._count, self._absolute_errors, self._squared_errors = self._sums[:3].unbind()
        self._squared_deviations, self._target_mean = self._sums[3:].unbind()

    def reset(self) -> None:
        self._sums.zero_()

    def add(self, predictions: torch.Tensor, targets: torch.Tensor) -> None:
        """Add a batch: predictions and targets `(batch,)`, at least one sample."""
        errors = predictions.double() - targets.double()
        self._absolute_errors += errors.abs().sum()
        self._squared_errors += errors.square().sum()
        num_new = targets.shape[0]
        batch_variance, batch_mean = torch.var_mean(targets.double(), correction=0)
        shift = batch_mean - self._target_mean
        count = self._count + num_new
        self._squared_deviations += (
            batch_variance * num_new + shift.square() * self._count * num_new / count
        )
        self._target_mean += shift * num_new / count
        self._count.copy_(count)

    def read(self) -> dict[str, float]:
        """`mae`, `mse`, `rmse` and `r2` over everything added; one transfer.

        r2 is 1 for perfect predictions, 0 for those as good as the mean of the targets, below 0 for
        worse ones. Where all targets are equal it is 1 or 0, as in scikit-learn's `r2_score`.
        """
        count, absolute, squared, deviations, _ = self._sums.tolist()
        count = max(count, 1.0)
        mse = squared / count
        r2_of_equal_targets = 1.0 if squared == 0 else 0.0
        r2 = 1 - squared / deviations if deviations > 0 else r2_of_equal_targets
        return {"mae": absolute / count, "mse": mse, "rmse": math.sqrt(mse), "r2": r2}
