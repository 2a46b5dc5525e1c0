"""Published beside measured: value, published, delta, for every experiment of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mtlab.report.grid import EMPTY, Cell, Column, Grid, Row, TitledGrid, text_cells
from mtlab.report.groups import Group
from mtlab.report.listings import estimated, is_numeric, number_ranges, run_numbers
from mtlab.report.quantities import Quantity
from mtlab.report.run import Run
from mtlab.report.settings import SEED, short_keys, split_settings, tasks_of

MOST_COLUMNS = 14
"""Of a table with a row per group; beyond, each figure gets a row of its own."""
SPLITS = ("test.", "last.", "train.", "val.")


def comparisons(groups: Sequence[Group]) -> tuple[TitledGrid, ...]:
    """Per experiment with published numbers, its groups in the order of the runs."""
    found = []
    for experiment in dict.fromkeys(group.first.experiment for group in groups):
        members = [group for group in groups if group.first.experiment == experiment]
        figures = _figures(members)
        if figures:
            title = experiment or "runs outside an experiment"
            found.append(TitledGrid(title, _grid(members, figures), _remarks(members)))
    return tuple(found)


def notes_on_others(groups: Sequence[Group]) -> list[str]:
    """Which experiments have published figures, but none for any run here, and why."""
    compared = {group.first.experiment for group in groups if group.published}
    experiments = dict.fromkeys(group.first.experiment for group in groups)
    return [
        f"{experiment}: {sentence}"
        for experiment in experiments
        if experiment not in compared
        for sentence in _not_compared([g for g in groups if g.first.experiment == experiment])
    ]


def _not_compared(groups: Sequence[Group]) -> list[str]:
    """Runs of an experiment whose published figures mean nothing for them, and the reasons."""
    found: dict[str, list[int]] = {}
    for group in groups:
        run = group.first
        if not group.published and run.deviations and _has_figures(run):
            numbers = found.setdefault("; ".join(run.deviations.values()), [])
            numbers += [run.number for run in group.runs]
    return [
        f"what is published says nothing about run{'s' if len(numbers) > 1 else ''}"
        f" {number_ranges(numbers)} (another dataset or model): {text}."
        for text, numbers in found.items()
    ]


def _has_figures(run: Run) -> bool:
    """Whether the run's configuration holds published figures, which were not taken over."""
    places = ("published.", f"rows.{run.row}.published.")
    return any(key.startswith(places) and text != "null" for key, text in run.settings.items())


@dataclass(frozen=True)
class _Compared:
    """One figure of one group, as cells."""

    value: Cell = EMPTY
    published: Cell = EMPTY
    delta: Cell = EMPTY

    @property
    def is_as_published(self) -> bool:
        has_nothing = not (self.value.text or self.published.text)
        return self.delta.text.startswith("±") or self.value.kind == "status" or has_nothing


@dataclass(frozen=True)
class _Figure:
    """A quantity and what every group has of it."""

    quantity: Quantity
    compared: tuple[_Compared, ...]

    @property
    def is_as_published(self) -> bool:
        """In all groups that were measured, so that it need not be said twice."""
        is_measured = any(one.delta.text for one in self.compared)
        return is_measured and all(one.is_as_published for one in self.compared)


def _figures(groups: Sequence[Group]) -> list[_Figure]:
    """Accuracies and the like first, then counts, then seconds; none that no group has."""
    paths = dict.fromkeys(path for group in groups for path in group.published)
    quantities = sorted(map(Quantity, paths), key=_importance)
    figures = [
        _Figure(quantity, tuple(_compared(group, quantity) for group in groups))
        for quantity in quantities
    ]
    return [figure for figure in figures if any(one.value.text for one in figure.compared)]


def _importance(quantity: Quantity) -> int:
    return 0 if quantity.path.startswith(SPLITS) else 2 if quantity.is_timing else 1


def _compared(group: Group, quantity: Quantity) -> _Compared:
    """A run that did not complete has its status in place of a value."""
    found = group.published.get(quantity.path)
    number = None if found is None else quantity.published_in_unit(found)
    published = EMPTY if number is None else Cell(quantity.published_text(number), number)
    if not group.measured:
        return _Compared(Cell(group.first.status.value, kind="status"), published)
    estimate = None if _is_untrained(group, quantity) else group.estimate(quantity)
    if estimate is None:
        return _Compared()
    if number is None:
        return _Compared(estimated(estimate, quantity))
    decimals = quantity.decimals_beside(number, estimate.mean)
    value = estimated(estimate, quantity, decimals)
    difference = estimate.mean - number
    delta = Cell(quantity.delta_text(difference, decimals), difference)
    short = f"{published.text} ({delta.text})"
    return _Compared(Cell(value.text, value.value, value.note, short), published, delta)


def _is_untrained(group: Group, quantity: Quantity) -> bool:
    """Nothing took those seconds."""
    return quantity.is_timing and all(run.number_at("epochs") == 0 for run in group.measured)


def _grid(groups: Sequence[Group], figures: Sequence[_Figure]) -> Grid:
    wide = _with_row_per_group(groups, figures)
    return wide if len(wide.columns) <= MOST_COLUMNS else _with_row_per_figure(groups, figures)


def _with_row_per_group(groups: Sequence[Group], figures: Sequence[_Figure]) -> Grid:
    head, starts = _group_columns(groups)
    columns = list(head)
    for figure in figures:
        header = figure.quantity.header
        if figure.is_as_published:
            columns.append(Column(f"{header}, as published", is_number=True))
            continue
        unit = "points" if figure.quantity.is_fraction else figure.quantity.unit
        columns += [
            Column(header, is_number=True),
            Column("published", is_number=True, is_folded=True),
            Column(f"delta [{unit}]" if unit else "delta", is_number=True, is_folded=True),
        ]
    rows = []
    for position, group in enumerate(groups):
        cells = list(starts[position])
        for figure in figures:
            one = figure.compared[position]
            if figure.is_as_published:
                cells.append(Cell(one.value.text, one.value.value, one.value.note))
            else:
                cells += [one.value, one.published, one.delta]
        rows.append(Row(tuple(cells), tuple(run.number for run in group.runs)))
    return Grid(tuple(columns), tuple(rows))


def _with_row_per_figure(groups: Sequence[Group], figures: Sequence[_Figure]) -> Grid:
    head, starts = _group_columns(groups)
    columns = [
        *head,
        Column("figure"),
        Column("measured", is_number=True),
        Column("published", is_number=True, is_folded=True),
        Column("delta", is_number=True, is_folded=True),
    ]
    rows = []
    for position, group in enumerate(groups):
        numbers = tuple(run.number for run in group.runs)
        for figure in figures:
            one = figure.compared[position]
            cells = (Cell(figure.quantity.header), one.value, one.published, one.delta)
            rows.append(Row((*starts[position], *cells), numbers))
    return Grid(tuple(columns), tuple(rows))


def _group_columns(groups: Sequence[Group]) -> tuple[list[Column], list[list[Cell]]]:
    """What tells the groups apart, as columns and as each group's cells: its row or its runs, the
    settings that its row does not say, and how many seeds where it is more than one.
    """
    firsts = [group.first for group in groups]
    varied = split_settings([run.settings for run in firsts]).varied
    shown = [key for key in varied if key != SEED and not _is_said_by_row(key, firsts)]
    short = short_keys(shown, tasks_of(firsts))
    has_rows = any(run.row for run in firsts)
    has_seeds = any(len(group.measured) > 1 for group in groups)
    columns = [
        Column("row" if has_rows else "run"),
        *(Column(short[key], is_numeric(firsts, key)) for key in shown),
        *([Column("n", is_number=True)] if has_seeds else []),
    ]
    starts = []
    for group, run in zip(groups, firsts, strict=True):
        name = run.row or run_numbers(group)
        cells = [
            Cell(name or "-", run.number, kind="run"),
            *text_cells(run.settings.get(key, "") for key in shown),
        ]
        if has_seeds:
            cells.append(Cell(str(len(group.measured)), len(group.measured)))
        starts.append(cells)
    return columns, starts


def _is_said_by_row(key: str, runs: Sequence[Run]) -> bool:
    """Whether every run has a row, and all runs of a row have the same value."""
    values: dict[str, set[str | None]] = {}
    for run in runs:
        values.setdefault(run.row, set()).add(run.settings.get(key))
    return "" not in values and all(len(found) == 1 for found in values.values())


def _remarks(groups: Sequence[Group]) -> tuple[str, ...]:
    firsts = [group.first for group in groups]
    datasets = dict.fromkeys(run.dataset for run in firsts if run.dataset)
    remarks = [f"On {', '.join(datasets)}."] if datasets else []
    remarks += [
        f"Published on {place}, so a delta tells as much of the images as of the method."
        for place in dict.fromkeys(run.text_at("published_on") for run in firsts)
        if place
    ]
    deviating = _deviating([group for group in groups if group.published])
    if deviating:
        told = "; ".join(
            text if len(numbers) == len(groups) else f"{text} in {_rows(groups, numbers)}"
            for text, numbers in deviating.items()
        )
        remarks.append(f"Not the published protocol: {told}.")
    remarks += [f"{text[0].upper()}{text[1:]}" for text in _not_compared(groups)]
    return tuple(remarks)


def _deviating(groups: Sequence[Group]) -> Mapping[str, list[int]]:
    """Every deviation with the numbers of the groups that have it."""
    found: dict[str, list[int]] = {}
    for group in groups:
        for text in group.first.deviations.values():
            found.setdefault(text, []).append(group.number)
    return found


def _rows(groups: Sequence[Group], numbers: Sequence[int]) -> str:
    """Groups by their rows, or by their runs where they have none."""
    members = [group for group in groups if group.number in numbers]
    if all(group.first.row for group in members):
        return ", ".join(dict.fromkeys(group.first.row for group in members))
    runs = [run.number for group in members for run in group.runs]
    return f"run{'s' if len(runs) > 1 else ''} {number_ranges(runs)}"
