"""Everything a report says, worked out once from the runs; `write` only writes it down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mtlab.artifacts.summary import Status
from mtlab.drawing.lettering import FileNames
from mtlab.report.analyse.accuracy_charts import cost_charts, lambda_charts
from mtlab.report.analyse.charts import KINDS, LAMBDA, Chart, Predictions
from mtlab.report.analyse.groups import Group, group_runs
from mtlab.report.analyse.published import Comparison, comparisons, notes_on_others
from mtlab.report.analyse.run_charts import curve_charts, labels_among, prediction_charts
from mtlab.report.analyse.settings import Settings, compare_settings
from mtlab.report.analyse.tables import Table, lambda_table, means_table, runs_table, these_runs
from mtlab.report.read.folders import Collection, Problem
from mtlab.report.read.run import Run

MOST_OF_A_KIND = 4
"""Figures of one kind in a report of several presets; the page shows all of them."""
MOST_OF_ONE_PRESET = 12
"""The same where all runs belong to one preset, whose figures belong together."""
STATUS_ORDER = (Status.completed, Status.failed, Status.interrupted, Status.running)


@dataclass(frozen=True)
class Report:
    """A report's content.

    Attributes:
        created_at: ISO 8601 with the time zone.
        notes: What a reader has to know before comparing, such as that datasets differ.
        labels: By a group's number, what tells it from the other groups.
        means: None where no configuration was run with several seeds.
        charts: Those with a name are drawn into files too.
        left_out: A line for each kind of chart of which there are too many for files.
    """

    folders: tuple[str, ...]
    created_at: str
    runs: tuple[Run, ...]
    groups: tuple[Group, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    settings: Settings
    labels: dict[int, str]
    table: Table
    means: Table | None
    comparisons: tuple[Comparison, ...]
    charts: tuple[Chart, ...]
    left_out: tuple[str, ...]

    @property
    def status_counts(self) -> dict[str, int]:
        """How many runs ended in which way, the ways that occur."""
        counts = Counter(run.status for run in self.runs)
        return {status.value: counts[status] for status in STATUS_ORDER if counts[status]}

    @property
    def lambda_tables(self) -> list[tuple[str, Table]]:
        """By dataset what its chart over lambda shows."""
        charts = [chart for chart in self.charts if chart.kind is LAMBDA]
        return [
            (chart.topic, lambda_table(panel))
            for chart in charts
            if not isinstance(chart.content, Predictions)
            for panel in chart.content
        ]

    @property
    def headline(self) -> str:
        """How many runs, and how they ended."""
        num_runs = len(self.runs)
        counts = ", ".join(f"{count} {status}" for status, count in self.status_counts.items())
        return f"{num_runs} run{'' if num_runs == 1 else 's'}: {counts}"


def build_report(collection: Collection, folders: Sequence[str]) -> Report:
    """Work out tables and charts; reads nothing from disk."""
    runs = collection.runs
    groups = group_runs(runs)
    charts, left_out = _named_charts(groups)
    return Report(
        folders=tuple(folders),
        created_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        runs=runs,
        groups=groups,
        problems=collection.problems,
        notes=(*_notes(runs, groups), *notes_on_others(groups)),
        settings=compare_settings(runs),
        labels=labels_among(groups, {group.number for group in groups}),
        table=runs_table(runs),
        means=means_table(groups),
        comparisons=comparisons(groups),
        charts=charts,
        left_out=left_out,
    )


def _named_charts(groups: Sequence[Group]) -> tuple[tuple[Chart, ...], tuple[str, ...]]:
    """All charts, accuracies first, then curves, then confusion matrices; files' names for some."""
    is_one_preset = len({group.first.preset for group in groups}) == 1
    most = MOST_OF_ONE_PRESET if is_one_preset else MOST_OF_A_KIND
    names = FileNames()
    found = [
        *lambda_charts(groups),
        *cost_charts(groups),
        *curve_charts(groups),
        *prediction_charts(groups),
    ]
    charts: list[Chart] = []
    left_out = []
    for kind in KINDS:
        topics: dict[str, None] = {}
        for chart in found:
            if chart.kind is not kind:
                continue
            # Of several charts on one topic, the first has what matters most.
            is_drawn = chart.topic not in topics and len(topics) < most
            topics[chart.topic] = None
            name = names.claim(kind.word, chart.topic) if is_drawn else ""
            charts.append(replace(chart, name=name))
        if len(topics) > most:
            left_out.append(f"{most} of {len(topics)} {kind.plural} drawn; the page has all")
    return tuple(charts), tuple(left_out)


def _notes(runs: Sequence[Run], groups: Sequence[Group]) -> Iterator[str]:
    datasets = dict.fromkeys(run.dataset for run in runs if run.dataset)
    if len(datasets) > 1:
        yield (
            f"The runs use different datasets ({', '.join(datasets)}); charts compare only runs of"
            " the same one."
        )
    task_lists = dict.fromkeys(", ".join(run.tasks) for run in runs if run.tasks)
    if len(task_lists) > 1:
        yield (
            f"The runs learn different tasks ({'; '.join(task_lists)}); a cell is empty where a"
            " run does not learn the task."
        )
    not_completed = [run.number for run in runs if not run.is_completed]
    if not_completed:
        yield (
            f"Not completed, and in no mean: {these_runs(not_completed)}. A run that is said to"
            " be running may also have been killed."
        )
    repeated = [run.number for group in groups for run in group.repeated]
    if repeated:
        yield (
            f"Repeats of a configuration and seed, left out of means in favour of the latest:"
            f" {these_runs(repeated)}."
        )
    hardware = dict.fromkeys(run.text_at("hardware.name") for run in runs if run.is_completed)
    if len([name for name in hardware if name]) > 1:
        yield (
            f"The runs were timed on different hardware ({', '.join(filter(None, hardware))});"
            " their seconds cannot be compared, and have no mean over seeds."
        )
