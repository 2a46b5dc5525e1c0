"""The report's tables, as page and Markdown share them: what a table is, all runs, and means."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from mtlab.report.analyse.groups import Estimate, Group, group_labels
from mtlab.report.analyse.metrics import Metric, decimals_of_spread
from mtlab.report.analyse.settings import compare_settings, short_keys, tasks_of
from mtlab.report.read.run import Run

# Follow from the configuration, so they have no spread over seeds.
COUNTS = ("parameters.total", "parameters.trainable", "flops_per_sample")
REGRESSION_METRICS = ("mae", "rmse", "r2")
COUNTS_AND_TIMES = (
    *("parameters.total", "epochs", "best_epoch"),
    *("seconds.train", "seconds.test", "seconds.total"),
)

S = TypeVar("S")
T = TypeVar("T")


class Cell(NamedTuple):
    """A text as it is shown, with a note below it.

    Attributes:
        value: To sort by; None sorts last.
        folded: What the folded columns behind it say, shown below the text where they are left out.
        kind: `status`, `run` or nothing: how a page styles it.
    """

    text: str
    value: float | str | None = None
    note: str = ""
    folded: str = ""
    kind: str = ""


EMPTY = Cell("")


@dataclass(frozen=True)
class Column(Generic[T]):
    """A column, and how its cells come from the runs or groups that a table lists.

    Attributes:
        is_number: Aligned right, sorted by value.
        is_setting: Something that varied between runs: shown first, offered as a filter.
        is_folded: Left out where there is little room; the cell before it says the same in short.
    """

    title: str
    cell: Callable[[T], Cell]
    is_number: bool = False
    is_setting: bool = False
    is_folded: bool = False

    def of(self, part: Callable[[S], T]) -> "Column[S]":
        """The same for a table that lists something of which this shows a part."""
        return replace(self, cell=lambda whole: self.cell(part(whole)))  # type: ignore[arg-type, return-value]


class Row(NamedTuple):
    """A row; `runs` are the numbers of the runs that it stands for."""

    cells: list[Cell]
    runs: list[int]


class Table(NamedTuple):
    columns: list[Column[Any]]
    rows: list[Row]


class TitledTable(NamedTuple):
    """A table of a section; the title tells it from the section's others, `remarks` are sentences
    on how to read it.
    """

    title: str
    table: Table
    remarks: Sequence[str] = ()


class Section(NamedTuple):
    """Tables that answer one question; `name` is how their files begin."""

    name: str
    heading: str
    remark: str
    tables: Sequence[TitledTable]


def table_of(
    listed: Sequence[T], columns: Iterable[Column[T]], runs: Callable[[T], list[int]]
) -> Table:
    """A row for each; a column in which no row has anything is left out."""
    cells = [(column, [column.cell(one) for one in listed]) for column in columns]
    kept = [(column, found) for column, found in cells if any(cell.text for cell in found)]
    rows = zip(*(found for _, found in kept), strict=True)
    return Table(
        [column for column, _ in kept],
        [Row(list(row), runs(one)) for one, row in zip(listed, rows, strict=True)],
    )


def text_cell(text: str) -> Cell:
    """Sorts by number where it holds one."""
    try:
        return Cell(text, float(text))
    except ValueError:
        return Cell(text, text or None)


def setting_columns(runs: Sequence[Run], keys: Sequence[str]) -> list[Column[Run]]:
    """A column for each setting, under its shortest name."""

    def cell(key: str, run: Run) -> Cell:
        return text_cell(run.settings.get(key, ""))

    short = short_keys(keys, tasks_of(runs))
    return [
        Column(
            short[key],
            partial(cell, key),
            is_number=all(not isinstance(cell(key, run).value, str) for run in runs),
            is_setting=True,
        )
        for key in keys
    ]


def size_columns(runs: Sequence[Run]) -> list[Column[Run]]:
    """How many layers the trunk has, and the units or filters of its widest, where runs of several
    layers differ in it.
    """
    columns: list[Column[Run]] = []
    for title in ("depth", "greatest width"):
        name = title.replace(" ", "_")
        if len({getattr(run, name) for run in runs}) > 1 and any(run.depth > 1 for run in runs):
            cell = partial(_size_cell, name)
            columns.append(Column(title, cell, is_number=True, is_setting=True))
    return columns


def _size_cell(name: str, run: Run) -> Cell:
    return text_cell(str(getattr(run, name) or ""))


def total_losses(runs: Sequence[Run]) -> list[Metric]:
    """The weighted sums of several tasks' losses, where all runs weigh the same tasks alike: others
    cannot be compared.
    """
    weighed = [run for run in runs if run.number_at("losses.test") is not None]
    kinds = {
        tuple((task, run.number_at(f"weighting.{task}")) for task in run.tasks) for run in weighed
    }
    is_sum = len(kinds) == 1 and all(len(run.tasks) > 1 for run in weighed)
    return [Metric("losses.val"), Metric("losses.test")] if is_sum else []


def main_metrics(runs: Iterable[Run]) -> list[Metric]:
    """What tables show of each task: accuracy, or of regression the mean absolute error, the root
    of the mean squared one and r2; each on validation, where choices are made, and beside it on
    test; and the same with the last weights where runs report those.
    """
    paths: dict[str, None] = {}
    for prefix in ("", "last."):
        for run in runs:
            for task in run.tasks:
                names = run.measure_names(f"{prefix}test", task)
                shown = ("accuracy",) if "accuracy" in names else REGRESSION_METRICS
                splits = [f"{prefix}{split}.{task}" for split in ("val", "test")]
                paths |= {
                    f"{split}.{name}": None for name in shown if name in names for split in splits
                }
    return [Metric(path) for path in paths]


def runs_table(runs: Sequence[Run], best_by: Mapping[int, str]) -> Table:
    """Every run: how it ended, what varied, what came out.

    Args:
        best_by: By the number of a run that is marked, what is said of it.
    """

    def status(run: Run) -> Cell:
        return Cell(run.status.value, run.status.value, run.text_at("error"), kind="status")

    def measured(metric: Metric, run: Run) -> Cell:
        value = run.number_at(metric.path)
        if value is None:
            return EMPTY
        return Cell(metric.text(metric.in_unit(value)), metric.in_unit(value))

    said = {"True": "yes", "False": "no"}
    metrics = [*main_metrics(runs), *total_losses(runs), *map(Metric, COUNTS_AND_TIMES)]
    columns: list[Column[Run]] = [
        Column(
            "run",
            lambda run: Cell(run.title, run.number, best_by.get(run.number, ""), kind="run"),
        ),
        Column("status", status, is_setting=True),
        Column("experiment", lambda run: text_cell(run.preset), is_setting=True),
        Column("row", lambda run: text_cell(run.row), is_setting=True),
        *setting_columns(runs, compare_settings(runs).varied),
        *size_columns(runs),
        *(Column(one.header, partial(measured, one), is_number=True) for one in metrics),
        Column("converged", lambda run: Cell(said.get(run.text_at("converged"), ""))),
    ]
    return table_of(runs, columns, lambda run: [run.number])


def means_tables(groups: Sequence[Group], best_by: Mapping[int, str]) -> list[TitledTable]:
    """Every configuration that was run with several seeds; no table where there is none."""
    averaged = [group for group in groups if len(group.measured) > 1]
    if not averaged:
        return []
    names = group_labels(averaged)
    measured = [run for group in averaged for run in group.measured]
    metrics = [*main_metrics(measured), *total_losses(measured)]
    metrics += map(Metric, ("parameters.total", "seconds.train", "seconds.test"))

    def name(group: Group) -> Cell:
        number = group.first.number
        return Cell(names[group.number], number, best_by.get(number, ""))

    columns: list[Column[Group]] = [
        Column("configuration", name),
        Column("runs", lambda group: Cell(run_numbers(group), group.first.number)),
        NUM_SEEDS,
        Column("seeds", lambda group: Cell(", ".join(run.repetition for run in group.measured))),
        *(Column(one.header, partial(mean_cell, one), is_number=True) for one in metrics),
    ]
    table = table_of(averaged, columns, lambda group: [run.number for run in group.measured])
    return [TitledTable("", table)]


NUM_SEEDS: Column[Group] = Column(
    "n", lambda group: Cell(str(len(group.measured)), len(group.measured)), is_number=True
)


def run_numbers(group: Group) -> str:
    """The runs that are averaged, or those that came to nothing."""
    return number_ranges([run.number for run in group.measured or group.runs])


def number_ranges(numbers: Iterable[int]) -> str:
    """`1-3, 7` for 1, 2, 3, 7."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    return ", ".join("-".join(map(str, ends)) for ends in ranges)


def these_runs(numbers: Sequence[int]) -> str:
    """`run 7` or `runs 1-3, 7`."""
    return f"{'run' if len(numbers) == 1 else 'runs'} {number_ranges(numbers)}"


def mean_cell(metric: Metric, group: Group) -> Cell:
    return estimated(group.estimate(metric), metric)


def estimated(estimate: Estimate | None, metric: Metric, decimals: int | None = None) -> Cell:
    """`mean ± standard deviation`, with the 95% interval of the mean below; two digits of the
    spread, and as many of the others.
    """
    if estimate is None:
        return EMPTY
    if estimate.std is None or metric.path in COUNTS:
        return Cell(metric.text(estimate.mean, decimals), estimate.mean)
    decimals = decimals_of_spread(estimate.std) if estimate.std else decimals
    mean, spread = (metric.text(one, decimals) for one in (estimate.mean, estimate.std))
    text = f"{mean} ± {spread}"
    if estimate.interval is None:
        return Cell(text, estimate.mean)
    low, high = (metric.text(end, decimals) for end in estimate.interval)
    return Cell(text, estimate.mean, note=f"95%: {low} to {high}")
