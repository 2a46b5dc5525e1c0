"""The report's tables, as page, Markdown and terminal share them: all runs, means, accuracies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mtlab.report.analyse.charts import Panel
from mtlab.report.analyse.groups import Estimate, Group
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.settings import compare_settings, labels, short_keys, tasks_of
from mtlab.report.read.run import Run

# Follow from the configuration, so they have no spread over seeds.
COUNTS = ("parameters.total", "parameters.trainable", "flops_per_sample")
REGRESSION_METRICS = ("mae", "rmse", "r2")
COUNTS_AND_TIMES = ("parameters.total", "epochs", "best_epoch", "seconds.train", "seconds.total")


@dataclass(frozen=True)
class Column:
    """A column's head.

    Attributes:
        is_number: Aligned right, sorted by value.
        is_setting: Something that varied between runs: shown first, offered as a filter.
        is_folded: Left out where there is little room; the cell before it says the same in short.
    """

    title: str
    is_number: bool = False
    is_setting: bool = False
    is_folded: bool = False


@dataclass(frozen=True)
class Cell:
    """A value as it is shown.

    Attributes:
        value: To sort by; None sorts last.
        note: Shown below the text.
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
class Row:
    """A row; `runs` are the numbers of the runs that it stands for."""

    cells: tuple[Cell, ...]
    runs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Table:
    """Columns, and rows with a cell for each."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def without_empty_columns(self) -> Table:
        """Leave out columns in which no row has anything."""
        kept = [
            index
            for index in range(len(self.columns))
            if any(row.cells[index].text for row in self.rows)
        ]
        return Table(
            tuple(self.columns[index] for index in kept),
            tuple(Row(tuple(row.cells[index] for index in kept), row.runs) for row in self.rows),
        )


def text_cells(texts: Iterable[str]) -> list[Cell]:
    """Cells that sort by number where they hold one."""
    return [Cell(text, _sort_value(text)) for text in texts]


def _sort_value(text: str) -> float | str | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return text


def setting_columns(runs: Sequence[Run], keys: Sequence[str]) -> list[Column]:
    """A column for each setting, under its shortest name."""
    short = short_keys(keys, tasks_of(runs))
    columns = []
    for key in keys:
        texts = [run.settings.get(key, "") for run in runs]
        is_number = all(not text or isinstance(_sort_value(text), float) for text in texts)
        columns.append(Column(short[key], is_number, is_setting=True))
    return columns


def main_metrics(runs: Sequence[Run]) -> tuple[Metric, ...]:
    """The test metrics that tables show: each task's accuracy, or of regression the mean absolute
    error, the root of the mean squared one and r2; and the same with the last weights where runs
    report those.
    """
    paths: dict[str, None] = {}
    for prefix in ("test", "last.test"):
        for run in runs:
            for task in run.tasks:
                names = run.measure_names(prefix, task)
                shown = ("accuracy",) if "accuracy" in names else REGRESSION_METRICS
                paths |= {f"{prefix}.{task}.{name}": None for name in shown if name in names}
    return tuple(Metric(path) for path in paths)


def runs_table(runs: Sequence[Run]) -> Table:
    """Every run: how it ended, what varied, what came out."""
    varied = compare_settings(runs).varied
    metrics = [*main_metrics(runs), *map(Metric, COUNTS_AND_TIMES)]
    columns = [
        Column("run"),
        Column("status", is_setting=True),
        Column("experiment", is_setting=True),
        Column("row", is_setting=True),
        *setting_columns(runs, varied),
        *(Column(metric.header, is_number=True) for metric in metrics),
        Column("converged"),
    ]
    rows = []
    for run in runs:
        cells = [
            Cell(f"{run.number} · {run.name}", run.number, kind="run"),
            Cell(run.status.value, run.status.value, note=run.text_at("error"), kind="status"),
            *text_cells([run.preset, run.row]),
            *text_cells(run.settings.get(key, "") for key in varied),
            *(_measured(run, metric) for metric in metrics),
            Cell({"True": "yes", "False": "no"}.get(run.text_at("converged"), "")),
        ]
        rows.append(Row(tuple(cells), (run.number,)))
    return Table(tuple(columns), tuple(rows)).without_empty_columns()


def _measured(run: Run, metric: Metric) -> Cell:
    value = run.number_at(metric.path)
    return EMPTY if value is None else Cell(metric.text(value), metric.in_unit(value))


def means_table(groups: Sequence[Group]) -> Table | None:
    """Mean, standard deviation, 95% interval and n of every configuration that was run with several
    seeds; None where there is none.
    """
    averaged = [group for group in groups if len(group.measured) > 1]
    if not averaged:
        return None
    names = labels([group.first for group in averaged])
    metrics = [
        *main_metrics([run for group in averaged for run in group.measured]),
        *map(Metric, ("parameters.total", "seconds.train")),
    ]
    columns = [
        Column("configuration"),
        Column("runs"),
        Column("n", is_number=True),
        Column("seeds"),
        *(Column(metric.header, is_number=True) for metric in metrics),
    ]
    rows = []
    for group in averaged:
        cells = [
            Cell(names[group.first.number], group.first.number),
            Cell(run_numbers(group), group.first.number),
            Cell(str(len(group.measured)), len(group.measured)),
            Cell(", ".join(group.seeds)),
            *(estimated(group.estimate(metric), metric) for metric in metrics),
        ]
        rows.append(Row(tuple(cells), tuple(run.number for run in group.measured)))
    return Table(tuple(columns), tuple(rows)).without_empty_columns()


def run_numbers(group: Group) -> str:
    """The runs that are averaged, or those that came to nothing."""
    return number_ranges([run.number for run in group.measured or group.runs])


def number_ranges(numbers: Sequence[int]) -> str:
    """`1-3, 7` for 1, 2, 3, 7."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ", ".join(f"{low}" if low == high else f"{low}-{high}" for low, high in ranges)


def these_runs(numbers: Sequence[int]) -> str:
    """`run 7` or `runs 1-3, 7`."""
    return f"{'run' if len(numbers) == 1 else 'runs'} {number_ranges(numbers)}"


def estimated(estimate: Estimate | None, metric: Metric, decimals: int | None = None) -> Cell:
    """`mean ± standard deviation`, with the interval of the mean below; of accuracies the part of
    it that an accuracy can have.
    """
    if estimate is None:
        return EMPTY
    text = metric.text_in_unit(estimate.mean, decimals)
    if estimate.std is None or estimate.interval is None or metric.path in COUNTS:
        return Cell(text, estimate.mean)
    ends = metric.within_bounds(estimate.interval)
    low, high = (metric.text_in_unit(end, decimals) for end in ends)
    spread = metric.text_in_unit(estimate.std, decimals)
    return Cell(f"{text} ± {spread}", estimate.mean, note=f"95%: {low} to {high}")


def lambda_table(panel: Panel) -> Table:
    """A row per lambda, a column per line of measured accuracies."""
    lines = [line for line in panel.lines if line.estimates]
    columns = [Column("lambda", is_number=True)]
    columns += [Column(f"{line.label} accuracy [%]", is_number=True) for line in lines]
    rows = []
    for value in sorted({x for line in lines for x in line.x}):
        found = [dict(zip(line.x, line.estimates, strict=True)).get(value) for line in lines]
        cells = [estimated(one, Metric("test.task.accuracy")) for one in found]
        rows.append(Row((Cell(f"{value:g}", value), *cells)))
    return Table(tuple(columns), tuple(rows))
