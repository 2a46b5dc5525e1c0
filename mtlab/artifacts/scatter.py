"""True and predicted values of a regression task, as a run folder keeps them."""

from __future__ import annotations

import torch

MOST_POINTS = 2000
"""Enough to fill a scatter, and few enough that ten thousand run folders stay small."""
SIGNIFICANT_DIGITS = 6


def scatter_points(true: torch.Tensor, predicted: torch.Tensor) -> dict[str, list[float]]:
    """Values of at most 2,000 samples, evenly spaced over the split; both `(num_samples,)`."""
    num_samples = true.shape[0]
    num_points = min(num_samples, MOST_POINTS)
    chosen = torch.linspace(0, num_samples - 1, num_points, dtype=torch.float64).round().long()
    return {"true": _rounded(true.cpu()[chosen]), "predicted": _rounded(predicted.cpu()[chosen])}


def _rounded(values: torch.Tensor) -> list[float]:
    return [float(f"{value:.{SIGNIFICANT_DIGITS}g}") for value in values.tolist()]
