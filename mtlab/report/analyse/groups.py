"""Runs that differ only in seed, put together, and their means."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.settings import configuration, labels
from mtlab.report.read.run import Run

CONFIDENCE = 0.95
FEWEST_FOR_INTERVAL = 3
"""Runs: of two, Student's t makes an interval 9 times as wide as their distance."""
ANY_NUMBER = (-math.inf, math.inf)


class Estimate(NamedTuple):
    """The mean of `n` runs that differ only in seed.

    With its sample standard deviation (n - 1 in the denominator), None for one run, and half the
    width of its 95% interval, None for one or two.

    Attributes:
        bounds: What the quantity can be; no interval goes beyond.
    """

    n: int
    mean: float
    std: float | None = None
    half_width: float | None = None
    bounds: tuple[float, float] = ANY_NUMBER

    @property
    def interval(self) -> tuple[float, float] | None:
        """Lower and upper end, cut where the quantity ends: the t interval knows no bounds."""
        if self.half_width is None:
            return None
        low, high = self.bounds
        return max(self.mean - self.half_width, low), min(self.mean + self.half_width, high)


def estimate(values: Sequence[float], bounds: tuple[float, float] = ANY_NUMBER) -> Estimate:
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
    std = statistics.stdev(values) if n > 1 else None
    half_width = None
    if std is not None and n >= FEWEST_FOR_INTERVAL:
        half_width = student_t(n - 1) * std / math.sqrt(n)
    return Estimate(n, statistics.fmean(values), std, half_width, bounds)


def difference(one: Estimate, other: Estimate) -> Estimate:
    """One mean minus another, with its standard error as `std`, and Welch's interval.

    The degrees of freedom are those of Welch 1947, "The generalization of `Student's' problem when
    several different population variances are involved", Biometrika 34. No interval where one of
    the means has none; `n` is the smaller of both.
    """
    n, mean = min(one.n, other.n), one.mean - other.mean
    if one.std is None or other.std is None:
        return Estimate(n, mean)
    parts = (one.std**2 / one.n, other.std**2 / other.n)
    error = math.sqrt(sum(parts))
    if n < FEWEST_FOR_INTERVAL:
        return Estimate(n, mean, error)
    if error == 0:
        return Estimate(n, mean, error, 0.0)
    freedoms = zip(parts, (one.n - 1, other.n - 1), strict=True)
    freedom = error**4 / sum(part**2 / freedom for part, freedom in freedoms)
    return Estimate(n, mean, error, student_t(freedom) * error)


def student_t(freedom: float) -> float:
    """The quantile that leaves 2.5% above it."""
    from scipy.special import stdtrit  # Takes a while to load.

    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))


@dataclass(frozen=True)
class Group:
    """Runs of one configuration.

    Attributes:
        number: Position in the report, from 1.
        runs: All of them, however they ended.
        measured: Those that are averaged: completed, one per seed and fold, the latest where it was
            run more than once. A repeated seed is no new evidence.
    """

    number: int
    runs: tuple[Run, ...]
    measured: tuple[Run, ...]

    @property
    def repeated(self) -> list[Run]:
        """Completed runs that are not averaged, as their seed was run again later."""
        return [run for run in self.runs if run.is_completed and run not in self.measured]

    @property
    def first(self) -> Run:
        """The run that speaks for the others: one that was measured, where there is one."""
        return (self.measured or self.runs)[0]

    @property
    def published(self) -> dict[str, float]:
        """What its runs stand against, see `Run.published`; nothing where it differs by seed."""
        found = [run.published for run in self.runs if run.published]
        return found[0] if found and all(one == found[0] for one in found) else {}

    def estimate(self, metric: Metric) -> Estimate | None:
        """Over the measured runs that have the metric, in the report's unit.

        Seconds on different hardware have no mean.
        """
        hardware = {(run.text_at("device"), run.text_at("hardware.name")) for run in self.measured}
        if metric.is_timing and len(hardware) > 1:
            return None
        values = self.values(metric)
        return estimate(values, metric.bounds) if values else None

    def values(self, metric: Metric) -> list[float]:
        """Of the measured runs that have the metric, in the report's unit."""
        found = [run.number_at(metric.path) for run in self.measured]
        return [metric.in_unit(value) for value in found if value is not None]


def by_published(groups: Sequence[Group]) -> list[Group]:
    """The groups, each in parts where something else is published for each seed."""
    parts = []
    for group in groups:
        by_numbers: dict[frozenset[tuple[str, float]], list[Run]] = {}
        for run in group.runs:
            by_numbers.setdefault(frozenset(run.published.items()), []).append(run)
        if len([one for one in by_numbers if one]) > 1:
            parts += [
                Group(
                    group.number, tuple(runs), tuple(one for one in group.measured if one in runs)
                )
                for runs in by_numbers.values()
            ]
        else:
            parts.append(group)
    return parts


def group_runs(runs: Sequence[Run]) -> list[Group]:
    """Group by preset, row and the whole configuration but the seed and fold, in the order of the
    first runs.

    A run without a configuration stays alone.
    """
    members: dict[object, list[Run]] = {}
    for run in runs:
        settings = configuration(run)
        key = (run.preset, run.row_but_seed, settings) if settings else run.folder
        members.setdefault(key, []).append(run)
    groups = []
    for number, found in enumerate(members.values(), start=1):
        completed = [run for run in found if run.is_completed]
        by_age = sorted(completed, key=lambda run: run.text_at("started_at"))
        latest = {run.repetition: run.number for run in by_age}
        measured = tuple(run for run in completed if latest[run.repetition] == run.number)
        groups.append(Group(number, tuple(found), measured))
    return groups


def group_labels(groups: Sequence[Group]) -> dict[int, str]:
    """By a group's number, what tells it from the others; how it ended where none of its runs
    completed.
    """
    names = labels([group.first for group in groups])
    return {
        group.number: names[group.first.number]
        if any(run.is_completed for run in group.runs)
        else f"{names[group.first.number]} ({group.first.status.value})"
        for group in groups
    }
