"""The report's tables of all runs, of means over seeds, and of accuracies by lambda."""

from __future__ import annotations

from collections.abc import Sequence

from mtlab.report.grid import EMPTY, Cell, Column, Grid, Row, sort_value, text_cells
from mtlab.report.groups import Group
from mtlab.report.quantities import Quantity
from mtlab.report.run import Run
from mtlab.report.series import LambdaPanel
from mtlab.report.settings import SettingKeys, labels, short_keys, tasks_of
from mtlab.report.statistics import Estimate

# Follow from the configuration, so they have no spread over seeds.
COUNTS = ("parameters.total", "parameters.trainable", "flops_per_sample")
REGRESSION_FIGURES = ("mae", "rmse", "r2")
COUNTS_AND_TIMES = ("parameters.total", "epochs", "best_epoch", "seconds.train", "seconds.total")


def main_quantities(runs: Sequence[Run]) -> tuple[Quantity, ...]:
    """The test figures that tables show: each task's accuracy, or of regression the mean absolute
    error, the root of the mean squared one and r2; and the same with the last weights where runs
    report those.
    """
    paths: dict[str, None] = {}
    for prefix in ("test", "last.test"):
        for run in runs:
            for task in run.tasks:
                names = run.measure_names(prefix, task)
                shown = ("accuracy",) if "accuracy" in names else REGRESSION_FIGURES
                paths |= {f"{prefix}.{task}.{name}": None for name in shown if name in names}
    return tuple(Quantity(path) for path in paths)


def run_listing(runs: Sequence[Run], keys: SettingKeys) -> Grid:
    """Every run: how it ended, what varied, what came out."""
    short = short_keys(keys.varied, tasks_of(runs))
    quantities = [*main_quantities(runs), *map(Quantity, COUNTS_AND_TIMES)]
    columns = [
        Column("run"),
        Column("status", is_setting=True),
        Column("experiment", is_setting=True),
        Column("row", is_setting=True),
        *(Column(short[key], is_numeric(runs, key), is_setting=True) for key in keys.varied),
        *(Column(quantity.header, is_number=True) for quantity in quantities),
        Column("converged"),
    ]
    rows = []
    for run in runs:
        cells = [
            Cell(f"{run.number} · {run.name}", run.number, kind="run"),
            Cell(run.status.value, run.status.value, note=run.text_at("error"), kind="status"),
            *text_cells([run.experiment, run.row]),
            *text_cells(run.settings.get(key, "") for key in keys.varied),
            *(_measured(run, quantity) for quantity in quantities),
            Cell({"True": "yes", "False": "no"}.get(run.text_at("converged"), "")),
        ]
        rows.append(Row(tuple(cells), (run.number,)))
    return Grid(tuple(columns), tuple(rows)).without_empty_columns()


def is_numeric(runs: Sequence[Run], key: str) -> bool:
    texts = [run.settings.get(key, "") for run in runs]
    return all(not text or isinstance(sort_value(text), float) for text in texts)


def _measured(run: Run, quantity: Quantity) -> Cell:
    value = run.number_at(quantity.path)
    return EMPTY if value is None else Cell(quantity.text(value), quantity.in_unit(value))


def group_listing(groups: Sequence[Group]) -> Grid | None:
    """Mean, standard deviation, 95% interval and n of every configuration that was run with several
    seeds; None where there is none.
    """
    averaged = [group for group in groups if len(group.measured) > 1]
    if not averaged:
        return None
    names = labels([group.first for group in averaged])
    quantities = [
        *main_quantities([run for group in averaged for run in group.measured]),
        Quantity("parameters.total"), Quantity("seconds.train"),
    ]  # fmt: skip
    columns = [
        Column("configuration"),
        Column("runs"),
        Column("n", is_number=True),
        Column("seeds"),
        *(Column(quantity.header, is_number=True) for quantity in quantities),
    ]
    rows = []
    for group in averaged:
        cells = [
            Cell(names[group.first.number], group.first.number),
            Cell(run_numbers(group), group.first.number),
            Cell(str(len(group.measured)), len(group.measured)),
            Cell(", ".join(group.seeds)),
            *(estimated(group.estimate(quantity), quantity) for quantity in quantities),
        ]
        rows.append(Row(tuple(cells), tuple(run.number for run in group.measured)))
    return Grid(tuple(columns), tuple(rows)).without_empty_columns()


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


def estimated(estimate: Estimate | None, quantity: Quantity, decimals: int | None = None) -> Cell:
    """`mean ± standard deviation`, with the interval of the mean below; of accuracies the part of
    it that an accuracy can have.
    """
    if estimate is None:
        return EMPTY
    text = quantity.text_in_unit(estimate.mean, decimals)
    if estimate.std is None or estimate.interval is None or quantity.path in COUNTS:
        return Cell(text, estimate.mean)
    ends = quantity.within_bounds(estimate.interval)
    low, high = (quantity.text_in_unit(end, decimals) for end in ends)
    spread = quantity.text_in_unit(estimate.std, decimals)
    return Cell(f"{text} ± {spread}", estimate.mean, note=f"95%: {low} to {high}")


def lambda_listing(panel: LambdaPanel) -> Grid:
    """One dataset's test accuracies: a row per lambda, a column per line of its chart."""
    values = sorted({point.x for line in panel.lines for point in line.points})
    columns = [Column("lambda", is_number=True)]
    columns += [Column(f"{line.label} accuracy [%]", is_number=True) for line in panel.lines]
    accuracy = Quantity("test.task.accuracy")
    rows = []
    for value in values:
        found = [
            next((point.accuracy for point in line.points if point.x == value), None)
            for line in panel.lines
        ]
        cells = [estimated(one, accuracy) for one in found]
        rows.append(Row((Cell(f"{value:g}", value), *cells)))
    return Grid(tuple(columns), tuple(rows))
