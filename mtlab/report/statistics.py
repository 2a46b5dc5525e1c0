"""Means over seeds with their uncertainty, and what no other run beats in both of two ways."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """The mean of runs that differ only in seed.

    Attributes:
        n: Number of runs.
        std: Sample standard deviation (n - 1 in the denominator); None for one run.
        half_width: Of the 95% interval of the mean; None for one run.
    """

    n: int
    mean: float
    std: float | None
    half_width: float | None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Lower and upper end; may pass 0 or 1 for fractions, as the t interval knows no bounds."""
        if self.half_width is None:
            return None
        return self.mean - self.half_width, self.mean + self.half_width


def estimate(values: Sequence[float]) -> Estimate:
    """Mean, standard deviation and Student's t interval of independent values.

    The interval is mean +- t * std / sqrt(n) with the 97.5% quantile t of Student's distribution
    with n - 1 degrees of freedom ("Student" 1908, "The probable error of a mean", Biometrika 6).
    It assumes that the values are about normal.

    Raises:
        ValueError: No values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("a mean needs at least one value")
    mean = statistics.fmean(values)
    if n == 1:
        return Estimate(1, mean, None, None)
    std = statistics.stdev(values)
    return Estimate(n, mean, std, _t_quantile(n - 1) * std / math.sqrt(n))


def _t_quantile(degrees_of_freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees_of_freedom, (1 + CONFIDENCE) / 2))


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Positions of the points (cost, gain) that no other point beats, the cheapest first.

    A point is beaten by one that costs no more and gains no less, and is better in one of the two.
    Equal points do not beat each other.
    """
    order = sorted(range(len(points)), key=lambda index: (points[index][0], -points[index][1]))
    front: list[int] = []
    for index in order:
        cost, gain = points[index]
        if not front or gain > points[front[-1]][1] or (cost, gain) == points[front[-1]]:
            front.append(index)
    return front
