"""The report's tables: all runs, means over seeds, and published beside measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mtlab.report.grid import EMPTY, Cell, Column, Grid, Row, TitledGrid, sort_value, text_cells
from mtlab.report.groups import Group
from mtlab.report.quantities import Quantity
from mtlab.report.run import Run, look_up
from mtlab.report.series import LambdaPanel
from mtlab.report.settings import SEED, SettingKeys, short_keys, split_settings, tasks_of
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
        *(Column(short[key], _is_numeric(runs, key), is_setting=True) for key in keys.varied),
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


def _is_numeric(runs: Sequence[Run], key: str) -> bool:
    texts = [run.settings.get(key, "") for run in runs]
    return all(not text or isinstance(sort_value(text), float) for text in texts)


def _measured(run: Run, quantity: Quantity) -> Cell:
    value = run.number_at(quantity.path)
    return EMPTY if value is None else Cell(quantity.text(value), quantity.in_unit(value))


def group_listing(groups: Sequence[Group]) -> Grid | None:
    """Mean, standard deviation, 95% interval and n over seeds; None where no group has two runs."""
    averaged = [group for group in groups if group.measured]
    if not any(len(group.measured) > 1 for group in averaged):
        return None
    firsts = [group.first for group in averaged]
    varied = [key for key in split_settings([run.settings for run in firsts]).varied if key != SEED]
    short = short_keys(varied, tasks_of(firsts))
    quantities = [
        *main_quantities([run for group in averaged for run in group.measured]),
        Quantity("parameters.total"), Quantity("seconds.train"),
    ]  # fmt: skip
    columns = [
        Column("runs"),
        Column("row", is_setting=True),
        *(Column(short[key], _is_numeric(firsts, key), is_setting=True) for key in varied),
        Column("n", is_number=True),
        Column("seeds"),
        *(Column(quantity.header, is_number=True) for quantity in quantities),
    ]
    rows = []
    for group in averaged:
        cells = [
            Cell(_numbers(group), group.first.number),
            *text_cells([group.first.row]),
            *text_cells(group.first.settings.get(key, "") for key in varied),
            Cell(str(len(group.measured)), len(group.measured)),
            Cell(", ".join(group.seeds)),
            *(_estimated(group.estimate(quantity), quantity) for quantity in quantities),
        ]
        rows.append(Row(tuple(cells), tuple(run.number for run in group.measured)))
    return Grid(tuple(columns), tuple(rows)).without_empty_columns()


def _numbers(group: Group) -> str:
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


def _estimated(estimate: Estimate | None, quantity: Quantity) -> Cell:
    """`mean ± standard deviation`, with the interval of the mean below."""
    if estimate is None:
        return EMPTY
    text = quantity.text_in_unit(estimate.mean)
    if estimate.std is None or estimate.interval is None or quantity.path in COUNTS:
        return Cell(text, estimate.mean)
    low, high = (quantity.text_in_unit(end) for end in estimate.interval)
    spread = quantity.text_in_unit(estimate.std)
    return Cell(f"{text} ± {spread}", estimate.mean, note=f"95%: {low} to {high}")


def comparisons(groups: Sequence[Group]) -> tuple[TitledGrid, ...]:
    """Per experiment with published numbers: value, published, delta, in the order of the runs."""
    found = []
    for experiment in dict.fromkeys(group.first.experiment for group in groups):
        members = [group for group in groups if group.first.experiment == experiment]
        if any(group.first.published for group in members):
            title = experiment or "runs outside an experiment"
            found.append(TitledGrid(title, _comparison(members), _comparison_remarks(members)))
    return tuple(found)


def _comparison(groups: Sequence[Group]) -> Grid:
    firsts = [group.first for group in groups]
    varied = [key for key in split_settings([run.settings for run in firsts]).varied if key != SEED]
    short = short_keys(varied, tasks_of(firsts))
    quantities = [
        Quantity(path) for path in dict.fromkeys(path for run in firsts for path in run.published)
    ]
    columns = [
        Column("runs"),
        Column("row"),
        *(Column(short[key], _is_numeric(firsts, key)) for key in varied),
        Column("n", is_number=True),
    ]
    for quantity in quantities:
        points = "points" if quantity.is_fraction else quantity.unit
        delta = f"delta [{points}]" if points else "delta"
        columns += [
            Column(quantity.header, is_number=True),
            Column("published", is_number=True),
            Column(delta, is_number=True),
        ]
    rows = []
    for group in groups:
        cells = [
            Cell(_numbers(group), group.first.number),
            *text_cells([group.first.row]),
            *text_cells(group.first.settings.get(key, "") for key in varied),
            Cell(str(len(group.measured)), len(group.measured)),
        ]
        for quantity in quantities:
            cells += _compared(group, quantity)
        rows.append(Row(tuple(cells), tuple(run.number for run in group.runs)))
    return Grid(tuple(columns), tuple(rows)).without_empty_columns()


def _compared(group: Group, quantity: Quantity) -> list[Cell]:
    """Value, published, delta; a run that did not complete has its status in place of a value."""
    number = group.first.published.get(quantity.path)
    estimate = group.estimate(quantity)
    published, delta = EMPTY, EMPTY
    if number is not None:
        number = quantity.published_in_unit(number)
        published = Cell(quantity.text_in_unit(number), number)
    if estimate is None:
        status = group.first.status.value
        return [EMPTY if group.measured else Cell(status, kind="status"), published, EMPTY]
    if number is not None:
        difference = estimate.mean - number
        delta = Cell(quantity.delta_text(difference), difference)
    return [_estimated(estimate, quantity), published, delta]


def _comparison_remarks(groups: Sequence[Group]) -> tuple[str, ...]:
    firsts = [group.first for group in groups]
    remarks = [f"On {', '.join(dict.fromkeys(run.dataset for run in firsts))}."]
    remarks += [
        f"Published on {place}, so a delta tells as much of the images as of the method."
        for place in dict.fromkeys(run.text_at("published_on") for run in firsts)
        if place
    ]
    reduced = dict.fromkeys(text for run in firsts for text in _reductions(run))
    if reduced:
        remarks.append(f"Reduced: {'; '.join(reduced)}; so not the published protocol.")
    return tuple(remarks)


def _reductions(run: Run) -> list[str]:
    """Where a run is smaller than its experiment has it."""
    limit = run.settings.get("dataset.limit", "null")
    texts = [] if limit == "null" else [f"dataset.limit={limit} images"]
    reduced = look_up(run.summary, "reduced")
    for key, sizes in reduced.items() if isinstance(reduced, Mapping) else ():
        if key != "dataset.limit" or run.is_ensemble:
            preset = look_up(sizes, "preset") if isinstance(sizes, Mapping) else None
            instead = "" if preset is None else f" in place of {preset}"
            texts.append(f"{key}={look_up(sizes, 'run')}{instead}")
    return texts


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
        cells = [_estimated(one, accuracy) for one in found]
        rows.append(Row((Cell(f"{value:g}", value), *cells)))
    return Grid(tuple(columns), tuple(rows))
