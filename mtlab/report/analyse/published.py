"""Published beside measured: value, published, delta, for every preset of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mtlab.report.analyse.groups import Group
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.settings import SEED, compare_settings, is_said_by_row
from mtlab.report.analyse.tables import (
    EMPTY,
    Cell,
    Column,
    Row,
    Table,
    estimated,
    run_numbers,
    setting_columns,
    text_cells,
    these_runs,
)
from mtlab.report.read.run import Run

MOST_COLUMNS = 14
"""Of a table with a row per group; beyond, each metric gets a row of its own."""
SPLITS = ("test.", "last.", "train.", "val.")


@dataclass(frozen=True)
class Comparison:
    """A preset's table, and sentences on how to read it."""

    title: str
    table: Table
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Compared:
    """A metric, and of every group its value, what was published, and the difference."""

    metric: Metric
    cells: tuple[tuple[Cell, Cell, Cell], ...]

    @property
    def is_as_published(self) -> bool:
        """In all groups that were measured, so that it need not be said twice."""
        return any(delta.text for _, _, delta in self.cells) and all(
            delta.text.startswith("±")
            or value.kind == "status"
            or not (value.text or published.text)
            for value, published, delta in self.cells
        )


def comparisons(groups: Sequence[Group]) -> tuple[Comparison, ...]:
    """Per preset with published numbers, its groups in the order of the runs."""
    found = []
    for preset, members in _by_preset(groups).items():
        metrics = _compared_metrics(members)
        if metrics:
            title = preset or "runs outside an experiment"
            found.append(Comparison(title, _table(members, metrics), tuple(_remarks(members))))
    return tuple(found)


def notes_on_others(groups: Sequence[Group]) -> list[str]:
    """Which presets have published metrics, but none for any run here, and why."""
    return [
        f"{preset}: {sentence}"
        for preset, members in _by_preset(groups).items()
        if not any(group.published for group in members)
        for sentence in _not_compared(members)
    ]


def _by_preset(groups: Sequence[Group]) -> dict[str, list[Group]]:
    members: dict[str, list[Group]] = {}
    for group in groups:
        members.setdefault(group.first.preset, []).append(group)
    return members


def _not_compared(groups: Sequence[Group]) -> list[str]:
    """Runs of a preset whose published metrics mean nothing for them, and the reasons."""
    found: dict[str, list[int]] = {}
    for group in groups:
        run = group.first
        if not group.published and run.deviations and _has_published(run):
            numbers = found.setdefault("; ".join(run.deviations.values()), [])
            numbers += [run.number for run in group.runs]
    return [
        f"what is published says nothing about {these_runs(numbers)} (another dataset or model):"
        f" {text}."
        for text, numbers in found.items()
    ]


def _has_published(run: Run) -> bool:
    """Whether the run's configuration holds published metrics, which were not taken over."""
    places = ("published.", f"rows.{run.row}.published.")
    return any(key.startswith(places) and text != "null" for key, text in run.settings.items())


def _compared_metrics(groups: Sequence[Group]) -> list[_Compared]:
    """Accuracies and the like first, then counts, then seconds; none that no group has."""

    def importance(metric: Metric) -> int:
        return 0 if metric.path.startswith(SPLITS) else 2 if metric.is_timing else 1

    paths = dict.fromkeys(path for group in groups for path in group.published)
    found = [
        _Compared(metric, tuple(_compare(group, metric) for group in groups))
        for metric in sorted(map(Metric, paths), key=importance)
    ]
    return [one for one in found if any(value.text for value, _, _ in one.cells)]


def _compare(group: Group, metric: Metric) -> tuple[Cell, Cell, Cell]:
    """A run that did not complete has its status in place of a value."""
    found = group.published.get(metric.path)
    number = None if found is None else metric.published_in_unit(found)
    published = EMPTY if number is None else Cell(metric.published_text(number), number)
    if not group.measured:
        return Cell(group.first.status.value, kind="status"), published, EMPTY
    # Nothing took the seconds of a run that was not trained.
    is_untrained = all(run.number_at("epochs") == 0 for run in group.measured)
    estimate = None if metric.is_timing and is_untrained else group.estimate(metric)
    if estimate is None:
        return EMPTY, EMPTY, EMPTY
    if number is None:
        return estimated(estimate, metric), EMPTY, EMPTY
    decimals = metric.decimals_beside(number, estimate.mean)
    value = estimated(estimate, metric, decimals)
    difference = estimate.mean - number
    delta = Cell(metric.delta_text(difference, decimals), difference)
    short = f"{published.text} ({delta.text})"
    return Cell(value.text, value.value, value.note, short), published, delta


def _table(groups: Sequence[Group], metrics: Sequence[_Compared]) -> Table:
    """A row per group with three columns for a metric, or one where all is as published."""
    columns, starts = _group_columns(groups)
    num_columns = len(columns) + sum(1 if one.is_as_published else 3 for one in metrics)
    if num_columns > MOST_COLUMNS:
        return _with_row_per_metric(groups, metrics)
    rows = [list(start) for start in starts]
    for one in metrics:
        if one.is_as_published:
            columns.append(Column(f"{one.metric.header}, as published", is_number=True))
            for row, (value, _, _) in zip(rows, one.cells, strict=True):
                row.append(Cell(value.text, value.value, value.note))
        else:
            unit = "points" if one.metric.is_fraction else one.metric.unit
            columns += _triple(one.metric.header, f"delta [{unit}]" if unit else "delta")
            for row, cells in zip(rows, one.cells, strict=True):
                row.extend(cells)
    numbers = (tuple(run.number for run in group.runs) for group in groups)
    return Table(tuple(columns), tuple(Row(tuple(row), next(numbers)) for row in rows))


def _triple(title: str, delta_title: str) -> list[Column]:
    return [
        Column(title, is_number=True),
        Column("published", is_number=True, is_folded=True),
        Column(delta_title, is_number=True, is_folded=True),
    ]


def _with_row_per_metric(groups: Sequence[Group], metrics: Sequence[_Compared]) -> Table:
    head, starts = _group_columns(groups)
    rows = [
        Row(
            (*start, Cell(one.metric.header), *one.cells[position]),
            tuple(run.number for run in group.runs),
        )
        for position, (group, start) in enumerate(zip(groups, starts, strict=True))
        for one in metrics
    ]
    return Table((*head, Column("metric"), *_triple("measured", "delta")), tuple(rows))


def _group_columns(groups: Sequence[Group]) -> tuple[list[Column], list[list[Cell]]]:
    """What tells the groups apart, as columns and as each group's cells: its row or its runs, the
    settings that its row does not say, and how many seeds where it is more than one.
    """
    firsts = [group.first for group in groups]
    varied = compare_settings(firsts).varied
    shown = [key for key in varied if key != SEED and not is_said_by_row(key, firsts)]
    has_rows = any(run.row for run in firsts)
    has_seeds = any(len(group.measured) > 1 for group in groups)
    columns = [Column("row" if has_rows else "run"), *setting_columns(firsts, shown)]
    columns += [Column("n", is_number=True)] if has_seeds else []
    starts = []
    for group, run in zip(groups, firsts, strict=True):
        settings = text_cells(run.settings.get(key, "") for key in shown)
        count = Cell(str(len(group.measured)), len(group.measured))
        name = Cell(run.row or run_numbers(group) or "-", run.number, kind="run")
        starts.append([name, *settings, *([count] if has_seeds else [])])
    return columns, starts


def _remarks(groups: Sequence[Group]) -> list[str]:
    firsts = [group.first for group in groups]
    datasets = dict.fromkeys(run.dataset for run in firsts if run.dataset)
    remarks = [f"On {', '.join(datasets)}."] if datasets else []
    remarks += [
        f"Published on {place}, so a delta tells as much of the images as of the method."
        for place in dict.fromkeys(run.text_at("published_on") for run in firsts)
        if place
    ]
    deviating: dict[str, list[Group]] = {}
    for group in groups:
        for text in group.first.deviations.values() if group.published else ():
            deviating.setdefault(text, []).append(group)
    told = [
        text if len(members) == len(groups) else f"{text} in {_rows(members)}"
        for text, members in deviating.items()
    ]
    remarks += [f"Not the published protocol: {'; '.join(told)}."] if told else []
    return remarks + [f"{text[0].upper()}{text[1:]}" for text in _not_compared(groups)]


def _rows(groups: Sequence[Group]) -> str:
    """Groups by their rows, or by their runs where they have none."""
    if all(group.first.row for group in groups):
        return ", ".join(dict.fromkeys(group.first.row for group in groups))
    return these_runs([run.number for group in groups for run in group.runs])
