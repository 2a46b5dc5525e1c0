"""Runs that differ only in seed, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mtlab.report.quantities import Quantity
from mtlab.report.run import Run
from mtlab.report.settings import SEED, is_setting
from mtlab.report.statistics import Estimate, estimate


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

    def estimate(self, quantity: Quantity) -> Estimate | None:
        """Over the measured runs that have the quantity, in the report's unit.

        Seconds on different hardware have no mean.
        """
        hardware = {(run.text_at("device"), run.text_at("hardware.name")) for run in self.measured}
        if quantity.is_timing and len(hardware) > 1:
            return None
        values = [run.number_at(quantity.path) for run in self.measured]
        found = [quantity.in_unit(value) for value in values if value is not None]
        return estimate(found) if found else None


def group_runs(runs: Sequence[Run]) -> tuple[Group, ...]:
    """Group by experiment, row and the whole configuration but the seed, in the order of the first
    runs.

    A run without a configuration stays alone.
    """
    members: dict[object, list[Run]] = {}
    for run in runs:
        settings = frozenset(
            (key, text) for key, text in run.settings.items() if key != SEED and is_setting(key)
        )
        key = (run.experiment, run.row, settings) if settings else run.folder
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
