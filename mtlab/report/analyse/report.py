"""Everything a report says, worked out once from the runs; `write` only writes it down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from mtlab.artifacts.run_dir import Status
from mtlab.drawing.lettering import FileNames
from mtlab.report.analyse.accuracy_charts import cost_charts, lambda_charts
from mtlab.report.analyse.charts import KINDS, LAMBDA, Chart, Kind, Predictions
from mtlab.report.analyse.groups import Group, group_runs
from mtlab.report.analyse.published import Comparison, comparisons, notes_on_others
from mtlab.report.analyse.run_charts import curve_charts, labels_among, prediction_charts
from mtlab.report.analyse.settings import Settings, compare_settings
from mtlab.report.analyse.tables import Table, lambda_table, means_table, runs_table, these_runs
from mtlab.report.read.folders import Collection
from mtlab.report.read.run import Run

MOST_OF_A_KIND = 4
"""Figures of one kind in a report of several presets; the page shows all of them."""
MOST_OF_ONE_PRESET = 12
"""The same where all runs belong to one preset, whose figures belong together."""
STATUS_ORDER = (Status.completed, Status.failed, Status.interrupted, Status.running)


@dataclass
class Report:
    """What a report says, worked out from its runs when it is first asked for.

    Attributes:
        folders: As they were typed.
        created_at: ISO 8601 with the time zone.
        problems: What could not be read, or drawn.
    """

    collection: Collection
    folders: Sequence[str]

    def __post_init__(self) -> None:
        self.created_at = datetime.now().astimezone().isoformat(timespec="seconds")
        self.problems = list(self.collection.problems)

    @property
    def runs(self) -> tuple[Run, ...]:
        return self.collection.runs

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        return group_runs(self.runs)

    @cached_property
    def settings(self) -> Settings:
        return compare_settings(self.runs)

    @cached_property
    def labels(self) -> dict[int, str]:
        """By a group's number, what tells it from the other groups."""
        return labels_among(self.groups, {group.number for group in self.groups})

    @cached_property
    def table(self) -> Table:
        return runs_table(self.runs)

    @cached_property
    def means(self) -> Table | None:
        return means_table(self.groups)

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        return comparisons(self.groups)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know before comparing, such as that datasets differ."""
        return (*_notes(self.runs, self.groups), *notes_on_others(self.groups))

    @cached_property
    def charts(self) -> tuple[Chart, ...]:
        """Accuracies first, then curves, then predictions; those to draw into files have names."""
        is_one_preset = len({run.preset for run in self.runs}) == 1
        most = MOST_OF_ONE_PRESET if is_one_preset else MOST_OF_A_KIND
        names = FileNames()
        charts: list[Chart] = []
        topics: dict[Kind, set[str]] = {kind: set() for kind in KINDS}
        for find in (lambda_charts, cost_charts, curve_charts, prediction_charts):
            for chart in find(self.groups):
                seen = topics[chart.kind]
                # Of several charts on one topic, the first has what matters most.
                is_drawn = chart.topic not in seen and len(seen) < most
                seen.add(chart.topic)
                name = names.claim(chart.kind.word, chart.topic) if is_drawn else ""
                charts.append(replace(chart, name=name))
        return tuple(sorted(charts, key=lambda chart: KINDS.index(chart.kind)))

    @property
    def left_out(self) -> list[str]:
        """A line for each kind of chart of which there are too many for files."""
        lines = []
        for kind in KINDS:
            topics = {chart.topic for chart in self.charts if chart.kind is kind}
            num_drawn = sum(chart.kind is kind and bool(chart.name) for chart in self.charts)
            if num_drawn < len(topics):
                lines.append(f"{num_drawn} of {len(topics)} {kind.plural} drawn; the page has all")
        return lines

    @property
    def lambda_tables(self) -> list[tuple[str, Table]]:
        """By dataset what its chart over lambda shows."""
        return [
            (chart.topic, lambda_table(chart.content[0]))
            for chart in self.charts
            if chart.kind is LAMBDA and not isinstance(chart.content, Predictions)
        ]

    @property
    def status_counts(self) -> dict[str, int]:
        """How many runs ended in which way, the ways that occur."""
        counts = Counter(run.status for run in self.runs)
        return {status.value: counts[status] for status in STATUS_ORDER if counts[status]}

    @property
    def headline(self) -> str:
        """How many runs, and how they ended."""
        num_runs = len(self.runs)
        counts = ", ".join(f"{count} {status}" for status, count in self.status_counts.items())
        return f"{num_runs} run{'' if num_runs == 1 else 's'}: {counts}"


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
