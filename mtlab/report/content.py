"""Everything a report says, worked out once from the runs; the formats only write it down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection as Numbers
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mtlab.artifacts.summary import Status
from mtlab.report.answers import Confusion, Scatter, confusions, scatters
from mtlab.report.collect import Collection, Problem
from mtlab.report.comparison import comparisons, notes_on_others
from mtlab.report.grid import Grid, TitledGrid
from mtlab.report.groups import Group, group_runs
from mtlab.report.listings import group_listing, number_ranges, run_listing
from mtlab.report.over_lambda import lambda_panels
from mtlab.report.run import Run
from mtlab.report.series import (
    Curve,
    LambdaPanel,
    Tradeoff,
    curves,
    tradeoffs,
)
from mtlab.report.settings import SettingKeys, labels, split_settings


@dataclass(frozen=True)
class Report:
    """A report's content.

    Attributes:
        created_at: ISO 8601 with the time zone.
        notes: What a reader has to know before comparing, such as that datasets differ.
        labels: By a group's number, what tells it from the other groups.
        means: None where no configuration was run with several seeds.
    """

    folders: tuple[str, ...]
    created_at: str
    runs: tuple[Run, ...]
    groups: tuple[Group, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    keys: SettingKeys
    labels: dict[int, str]
    listing: Grid
    means: Grid | None
    comparisons: tuple[TitledGrid, ...]
    curves: tuple[Curve, ...]
    lambda_panels: tuple[LambdaPanel, ...]
    tradeoffs: tuple[Tradeoff, ...]
    confusions: tuple[Confusion, ...]
    scatters: tuple[Scatter, ...]

    @property
    def status_counts(self) -> dict[str, int]:
        """How many runs ended in which way, the ways that occur."""
        counts = Counter(run.status for run in self.runs)
        return {status.value: counts[status] for status in _STATUS_ORDER if counts[status]}

    def labels_of(self, curves: Sequence[Curve]) -> dict[int, str]:
        """By group, what tells it from the other groups among these curves."""
        return labels_among(self.groups, {curve.group for curve in curves})

    @property
    def not_completed(self) -> tuple[Run, ...]:
        return tuple(run for run in self.runs if not run.is_completed)


_STATUS_ORDER = (Status.completed, Status.failed, Status.interrupted, Status.running)


def build_report(collection: Collection, folders: Sequence[str]) -> Report:
    """Work out tables and series; reads nothing from disk."""
    runs = collection.runs
    groups = group_runs(runs)
    keys = split_settings([run.settings for run in runs])
    return Report(
        folders=tuple(folders),
        created_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        runs=runs,
        groups=groups,
        problems=collection.problems,
        notes=_notes(runs, groups),
        keys=keys,
        labels=labels_among(groups, {group.number for group in groups}),
        listing=run_listing(runs, keys),
        means=group_listing(groups),
        comparisons=comparisons(groups),
        curves=curves(groups),
        lambda_panels=lambda_panels(groups),
        tradeoffs=tradeoffs(groups),
        confusions=confusions(groups),
        scatters=scatters(groups),
    )


def labels_among(groups: Sequence[Group], numbers: Numbers[int]) -> dict[int, str]:
    """By group, what tells it from the other groups with these numbers; how it ended where none
    of its runs completed.
    """
    members = [group for group in groups if group.number in numbers]
    names = labels([group.first for group in members])
    return {
        group.number: names[group.first.number]
        if any(run.is_completed for run in group.runs)
        else f"{names[group.first.number]} ({group.first.status.value})"
        for group in members
    }


def _notes(runs: Sequence[Run], groups: Sequence[Group]) -> tuple[str, ...]:
    notes = []
    datasets = dict.fromkeys(run.dataset for run in runs if run.dataset)
    if len(datasets) > 1:
        notes.append(
            f"The runs use different datasets ({', '.join(datasets)}); charts compare only runs of"
            " the same one."
        )
    task_lists = dict.fromkeys(", ".join(run.tasks) for run in runs if run.tasks)
    if len(task_lists) > 1:
        notes.append(
            f"The runs learn different tasks ({'; '.join(task_lists)}); a figure is empty where a"
            " run does not learn the task."
        )
    not_completed = [run.number for run in runs if not run.is_completed]
    if not_completed:
        notes.append(
            f"Not completed, and in no mean: {_these_runs(not_completed)}. A run that is said to"
            " be running may also have been killed."
        )
    repeated = [run.number for group in groups for run in group.repeated]
    if repeated:
        notes.append(
            f"Repeats of a configuration and seed, left out of means in favour of the latest:"
            f" {_these_runs(repeated)}."
        )
    hardware = dict.fromkeys(run.text_at("hardware.name") for run in runs if run.is_completed)
    if len([name for name in hardware if name]) > 1:
        notes.append(
            f"The runs were timed on different hardware ({', '.join(filter(None, hardware))});"
            " their seconds cannot be compared, and have no mean over seeds."
        )
    return (*notes, *notes_on_others(groups))


def _these_runs(numbers: Sequence[int]) -> str:
    return f"{'run' if len(numbers) == 1 else 'runs'} {number_ranges(numbers)}"
