"""Runs that differ only in seed, put together, and their means."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.settings import SEED, is_setting
from mtlab.report.read.run import Run

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


@dataclass(frozen=True)
class Group:
    """Runs of one configuration.

    Attributes:
        number: Position in the report, from 1.
        runs: All of them, however they ended.
        measured: Those that are averaged: completed, one per seed, the latest where a seed was run
            more than once. A repeated seed is no new evidence.
        repeated: Completed runs left out for that reason.
    """

    number: int
    runs: tuple[Run, ...]
    measured: tuple[Run, ...]
    repeated: tuple[Run, ...]

    @property
    def first(self) -> Run:
        """The run that speaks for the others: one that was measured, where there is one."""
        return (self.measured or self.runs)[0]

    @property
    def published(self) -> dict[str, float]:
        """What its runs stand against, see `Run.published`."""
        runs = (*self.measured, *self.runs)
        return next((run.published for run in runs if run.published), {})

    @property
    def seeds(self) -> tuple[str, ...]:
        return tuple(_seed(run) for run in self.measured)

    def estimate(self, metric: Metric) -> Estimate | None:
        """Over the measured runs that have the metric, in the report's unit.

        Seconds on different hardware have no mean.
        """
        hardware = {(run.text_at("device"), run.text_at("hardware.name")) for run in self.measured}
        if metric.is_timing and len(hardware) > 1:
            return None
        values = [run.number_at(metric.path) for run in self.measured]
        found = [metric.in_unit(value) for value in values if value is not None]
        return estimate(found) if found else None


def group_runs(runs: Sequence[Run]) -> tuple[Group, ...]:
    """Group by preset, row and the whole configuration but the seed, in the order of the first
    runs.

    A run without a configuration stays alone.
    """
    members: dict[object, list[Run]] = {}
    for run in runs:
        settings = frozenset(
            (key, text) for key, text in run.settings.items() if key != SEED and is_setting(key)
        )
        key = (run.preset, run.row, settings) if settings else run.folder
        members.setdefault(key, []).append(run)
    return tuple(_group(number, found) for number, found in enumerate(members.values(), start=1))


def _group(number: int, runs: Sequence[Run]) -> Group:
    completed = [run for run in runs if run.is_completed]
    latest: dict[str, Run] = {}
    for run in sorted(completed, key=lambda run: run.text_at("started_at")):
        latest[_seed(run)] = run
    measured = tuple(run for run in completed if latest[_seed(run)] is run)
    repeated = tuple(run for run in completed if latest[_seed(run)] is not run)
    return Group(number, tuple(runs), measured, repeated)


def _seed(run: Run) -> str:
    return run.settings.get(SEED) or run.text_at("seed")
