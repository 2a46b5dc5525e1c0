"""Everything a report says, worked out once from the runs; `write` only writes it down."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from mtlab.artifacts.run_dir import Status
from mtlab.drawing.lettering import FileNames
from mtlab.report.analyse.accuracy_charts import (
    cost_charts,
    lambda_charts,
    lambda_table,
)
from mtlab.report.analyse.architectures import LAYERS_REMARK, layer_tables
from mtlab.report.analyse.best import best_marks, winners
from mtlab.report.analyse.charts import KINDS, LAMBDA, Chart, Kind
from mtlab.report.analyse.groups import Group, group_labels, group_runs
from mtlab.report.analyse.guessing import GUESSING_REMARK, guessing_tables
from mtlab.report.analyse.opening import opening
from mtlab.report.analyse.published import PUBLISHED_REMARK, comparisons, notes_on_others
from mtlab.report.analyse.run_charts import curve_charts, prediction_charts, total_loss_charts
from mtlab.report.analyse.settings import compare_settings
from mtlab.report.analyse.single_task import SINGLE_TASK_REMARK, single_task_tables
from mtlab.report.analyse.tables import (
    Section,
    Table,
    TitledTable,
    means_tables,
    runs_table,
    these_runs,
)
from mtlab.report.read.folders import Collection
from mtlab.report.read.run import Run

MOST_OF_A_KIND = 4
"""Figures of one kind in a report of several presets; the page shows all of them."""
MOST_OF_ONE_PRESET = 12
"""The same where all runs belong to one preset, whose figures belong together."""
STATUS_ORDER = (Status.completed, Status.failed, Status.interrupted, Status.running)


MEANS_REMARK = (
    "Mean ± standard deviation over runs that differ only in seed; below it the 95% interval of the"
    " mean (Student's t), cut where the quantity ends (0, 100%, r2 of 1). Two runs are too few for"
    " an interval. Choose on validation (val); test is for the one chosen."
)


class NamedTable(NamedTuple):
    """A table, and how its files are called."""

    name: str
    table: Table


class Report:
    """What a report says; `folders` are as they were typed, `problems` what could not be read, or
    drawn, and `over_lambda` by dataset what its chart over lambda shows.
    """

    def __init__(self, collection: Collection, folders: Sequence[str]) -> None:
        self.created_at = datetime.now().astimezone().isoformat(timespec="seconds")
        self.folders = folders
        self.runs, self.problems = collection
        self.groups = group_runs(self.runs)
        self.settings = compare_settings(self.runs)
        self.labels = group_labels(self.groups)
        found = winners(self.groups)
        self.opening = opening(self.runs, self.groups, self.labels, found)
        best_by = best_marks(found)
        self.table = runs_table(self.runs, best_by)
        means, guessing = means_tables(self.groups, best_by), guessing_tables(self.groups)
        published, alone = comparisons(self.groups, best_by), single_task_tables(self.groups)
        sections = [
            Section("published", "Published and measured", PUBLISHED_REMARK, published),
            Section("single_task", "Single task against multi-task", SINGLE_TASK_REMARK, alone),
            Section("means", "Means over seeds", MEANS_REMARK, means),
            Section("guessing", "Against guessing", GUESSING_REMARK, guessing),
        ]
        self.sections = [section for section in sections if section.tables]
        self.notes = [*_notes(self.runs, self.groups), *notes_on_others(self.groups)]
        self.charts = _charts(self.runs, self.groups)
        over_lambda = (chart for chart in self.charts if chart.kind is LAMBDA)
        over_lambda_tables = [
            TitledTable(chart.topic, lambda_table(chart.panels)) for chart in over_lambda
        ]
        self.over_lambda = Section("lambda", "Accuracy by lambda", "", over_lambda_tables)
        self.layers = Section("layers", "Layers", LAYERS_REMARK, layer_tables(self.groups))
        counts = Counter(run.status for run in self.runs)
        self.status_counts = {one.value: counts[one] for one in STATUS_ORDER if counts[one]}

    @property
    def tables(self) -> list[NamedTable]:
        """All of them, each with a name for its files."""
        names = FileNames()
        found = [
            NamedTable(names.claim(*filter(None, (section.name, one.title))), one.table)
            for section in (*self.sections, self.over_lambda, self.layers)
            for one in section.tables
        ]
        return [*found, NamedTable(names.claim("runs"), self.table)]

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
    def headline(self) -> str:
        """How many runs, and how they ended."""
        num_runs = len(self.runs)
        counts = ", ".join(f"{count} {status}" for status, count in self.status_counts.items())
        return f"{num_runs} run{'' if num_runs == 1 else 's'}: {counts}"


def _charts(runs: Sequence[Run], groups: Sequence[Group]) -> list[Chart]:
    """Accuracies first, then curves, then predictions; those to draw into files have names."""
    most = MOST_OF_ONE_PRESET if len({run.preset for run in runs}) == 1 else MOST_OF_A_KIND
    names = FileNames()
    charts: list[Chart] = []
    topics: dict[Kind, set[str]] = {kind: set() for kind in KINDS}
    finders = (lambda_charts, cost_charts, curve_charts, total_loss_charts)
    for find in (*finders, prediction_charts):
        for chart in find(groups):
            seen = topics[chart.kind]
            # Of several charts on one topic, the first has what matters most.
            is_drawn = chart.topic not in seen and len(seen) < most
            seen.add(chart.topic)
            name = names.claim(chart.kind.word, chart.topic) if is_drawn else ""
            charts.append(replace(chart, name=name))
    return sorted(charts, key=lambda chart: KINDS.index(chart.kind))


def _notes(runs: Sequence[Run], groups: Sequence[Group]) -> Iterator[str]:
    """What a reader has to know before comparing."""
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
            "Repeats of a configuration, seed and fold, left out of means in favour of the latest:"
            f" {these_runs(repeated)}."
        )
    if any(group.first.fold for group in groups if len(group.measured) > 1):
        # Bengio and Grandvalet (2004), "No unbiased estimator of the variance of K-fold
        # cross-validation", JMLR 5.
        yield (
            "Runs that differ in dataset.fold are averaged as those that differ in seed are. Their"
            " training images overlap, so that runs of new images may spread more than these"
            " intervals say."
        )
    hardware = dict.fromkeys(run.text_at("hardware.name") for run in runs if run.is_completed)
    hardware.pop("", None)
    if len(hardware) > 1:
        yield (
            f"The runs were timed on different hardware ({', '.join(hardware)});"
            " their seconds cannot be compared, and have no mean over seeds."
        )
