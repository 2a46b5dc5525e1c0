"""Published beside measured: value, published, delta, for every preset of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def comparisons(groups: Sequence[Group]) -> tuple[Comparison, ...]:
    """Per preset with published numbers, its groups in the order of the runs."""
    found = []
    for preset in dict.fromkeys(group.first.preset for group in groups):
        members = [group for group in groups if group.first.preset == preset]
        metrics = _compared_metrics(members)
        if metrics:
            title = preset or "runs outside an experiment"
            found.append(Comparison(title, _table(members, metrics), _remarks(members)))
    return tuple(found)


def notes_on_others(groups: Sequence[Group]) -> list[str]:
    """Which presets have published metrics, but none for any run here, and why."""
    compared = {group.first.preset for group in groups if group.published}
    presets = dict.fromkeys(group.first.preset for group in groups)
    return [
        f"{preset}: {sentence}"
        for preset in presets
        if preset not in compared
        for sentence in _not_compared([g for g in groups if g.first.preset == preset])
    ]


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


@dataclass(frozen=True)
class _Compared:
    """One metric of one group, as cells."""

    value: Cell = EMPTY
    published: Cell = EMPTY
    delta: Cell = EMPTY

    @property
    def is_as_published(self) -> bool:
        has_nothing = not (self.value.text or self.published.text)
        return self.delta.text.startswith("±") or self.value.kind == "status" or has_nothing


@dataclass(frozen=True)
class _ComparedMetric:
    """A metric and what every group has of it."""

    metric: Metric
    groups: tuple[_Compared, ...]

    @property
    def is_as_published(self) -> bool:
        """In all groups that were measured, so that it need not be said twice."""
        is_measured = any(one.delta.text for one in self.groups)
        return is_measured and all(one.is_as_published for one in self.groups)


def _compared_metrics(groups: Sequence[Group]) -> list[_ComparedMetric]:
    """Accuracies and the like first, then counts, then seconds; none that no group has."""
    paths = dict.fromkeys(path for group in groups for path in group.published)
    metrics = sorted(map(Metric, paths), key=_importance)
    found = [
        _ComparedMetric(metric, tuple(_compared(group, metric) for group in groups))
        for metric in metrics
    ]
    return [compared for compared in found if any(one.value.text for one in compared.groups)]


def _importance(metric: Metric) -> int:
    return 0 if metric.path.startswith(SPLITS) else 2 if metric.is_timing else 1


def _compared(group: Group, metric: Metric) -> _Compared:
    """A run that did not complete has its status in place of a value."""
    found = group.published.get(metric.path)
    number = None if found is None else metric.published_in_unit(found)
    published = EMPTY if number is None else Cell(metric.published_text(number), number)
    if not group.measured:
        return _Compared(Cell(group.first.status.value, kind="status"), published)
    estimate = None if _is_untrained(group, metric) else group.estimate(metric)
    if estimate is None:
        return _Compared()
    if number is None:
        return _Compared(estimated(estimate, metric))
    decimals = metric.decimals_beside(number, estimate.mean)
    value = estimated(estimate, metric, decimals)
    difference = estimate.mean - number
    delta = Cell(metric.delta_text(difference, decimals), difference)
    short = f"{published.text} ({delta.text})"
    return _Compared(Cell(value.text, value.value, value.note, short), published, delta)


def _is_untrained(group: Group, metric: Metric) -> bool:
    """Nothing took those seconds."""
    return metric.is_timing and all(run.number_at("epochs") == 0 for run in group.measured)


def _table(groups: Sequence[Group], metrics: Sequence[_ComparedMetric]) -> Table:
    wide = _with_row_per_group(groups, metrics)
    return wide if len(wide.columns) <= MOST_COLUMNS else _with_row_per_metric(groups, metrics)


def _with_row_per_group(groups: Sequence[Group], metrics: Sequence[_ComparedMetric]) -> Table:
    head, starts = _group_columns(groups)
    columns = list(head)
    for compared in metrics:
        header = compared.metric.header
        if compared.is_as_published:
            columns.append(Column(f"{header}, as published", is_number=True))
            continue
        unit = "points" if compared.metric.is_fraction else compared.metric.unit
        columns += [
            Column(header, is_number=True),
            Column("published", is_number=True, is_folded=True),
            Column(f"delta [{unit}]" if unit else "delta", is_number=True, is_folded=True),
        ]
    rows = []
    for position, group in enumerate(groups):
        cells = list(starts[position])
        for compared in metrics:
            one = compared.groups[position]
            if compared.is_as_published:
                cells.append(Cell(one.value.text, one.value.value, one.value.note))
            else:
                cells += [one.value, one.published, one.delta]
        rows.append(Row(tuple(cells), tuple(run.number for run in group.runs)))
    return Table(tuple(columns), tuple(rows))


def _with_row_per_metric(groups: Sequence[Group], metrics: Sequence[_ComparedMetric]) -> Table:
    head, starts = _group_columns(groups)
    columns = [
        *head,
        Column("metric"),
        Column("measured", is_number=True),
        Column("published", is_number=True, is_folded=True),
        Column("delta", is_number=True, is_folded=True),
    ]
    rows = []
    for position, group in enumerate(groups):
        numbers = tuple(run.number for run in group.runs)
        for compared in metrics:
            one = compared.groups[position]
            cells = (Cell(compared.metric.header), one.value, one.published, one.delta)
            rows.append(Row((*starts[position], *cells), numbers))
    return Table(tuple(columns), tuple(rows))


def _group_columns(groups: Sequence[Group]) -> tuple[list[Column], list[list[Cell]]]:
    """What tells the groups apart, as columns and as each group's cells: its row or its runs, the
    settings that its row does not say, and how many seeds where it is more than one.
    """
    firsts = [group.first for group in groups]
    varied = compare_settings(firsts).varied
    shown = [key for key in varied if key != SEED and not is_said_by_row(key, firsts)]
    has_rows = any(run.row for run in firsts)
    has_seeds = any(len(group.measured) > 1 for group in groups)
    columns = [
        Column("row" if has_rows else "run"),
        *setting_columns(firsts, shown),
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
    return these_runs([run.number for group in members for run in group.runs])
