"""Published beside measured: value, published, delta, for every preset of a report."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from mtlab.config.roles import REPETITION
from mtlab.report.analyse.groups import Group, by_published
from mtlab.report.analyse.metrics import Metric, decimals_of_spread
from mtlab.report.analyse.settings import compare_settings, grouped, is_said_by_row
from mtlab.report.analyse.tables import (
    EMPTY,
    NUM_SEEDS,
    Cell,
    Column,
    Table,
    TitledTable,
    estimated,
    mean_cell,
    run_numbers,
    setting_columns,
    size_columns,
    table_of,
    these_runs,
)
from mtlab.report.read.run import Run

PUBLISHED_REMARK = (
    "delta is measured minus published; accuracies in percent, their deltas in percentage points."
)
MOST_COLUMNS = 20
"""Of a table with a row per group; beyond, each metric gets a row of its own."""
SPLITS = ("test.", "last.", "train.", "val.")

NOBODY: Mapping[int, str] = MappingProxyType({})

T = TypeVar("T")


class _Compared(NamedTuple):
    value: Cell
    published: Cell = EMPTY
    delta: Cell = EMPTY


def comparisons(groups: Sequence[Group], best_by: Mapping[int, str] = NOBODY) -> list[TitledTable]:
    """Per preset with published numbers, its groups in the order of the runs.

    Args:
        best_by: By the number of a run that is marked, what is said of it.
    """
    found = []
    for preset, members in grouped(by_published(groups), lambda group: group.first.preset).items():
        compared = _compared_metrics(members)
        if compared:
            title = preset or "runs outside an experiment"
            found.append(TitledTable(title, _table(members, compared, best_by), _remarks(members)))
    return found


def notes_on_others(groups: Sequence[Group]) -> list[str]:
    """Which presets have published metrics, but none for any run here, and why."""
    by_preset = grouped(by_published(groups), lambda group: group.first.preset)
    return [
        f"{preset}: {sentence}"
        for preset, members in by_preset.items()
        if not any(group.published for group in members)
        for sentence in _not_compared(members)
    ]


def _not_compared(groups: Sequence[Group]) -> list[str]:
    """Runs of a preset whose published metrics mean nothing for them, and the reasons."""
    apart = [
        group
        for group in groups
        if not group.published and group.first.deviations and _has_published(group.first)
    ]
    by_reason = grouped(apart, lambda group: "; ".join(group.first.deviations.values()))
    return [
        f"what is published says nothing about {_runs_of(members)} (another dataset or model):"
        f" {text}."
        for text, members in by_reason.items()
    ]


def _has_published(run: Run) -> bool:
    """Whether the run's configuration holds published metrics, which were not taken over."""
    places = ("published.", f"rows.{run.row}.published.")
    return any(key.startswith(places) and text != "null" for key, text in run.settings.items())


def _compared_metrics(groups: Sequence[Group]) -> dict[Metric, dict[int, _Compared]]:
    """By a group's first run; accuracies first, then counts and seconds; none that no group has."""

    def importance(metric: Metric) -> int:
        return 0 if metric.path.startswith(SPLITS) else 2 if metric.is_timing else 1

    paths = dict.fromkeys(path for group in groups for path in group.published)
    found = {
        metric: {group.runs[0].number: _compare(group, metric) for group in groups}
        for metric in sorted(map(Metric, paths), key=importance)
    }
    return {
        metric: by_group
        for metric, by_group in found.items()
        if any(one.value.text for one in by_group.values())
    }


def _compare(group: Group, metric: Metric) -> _Compared:
    """A run that did not complete has its status in place of a value."""
    found = group.published.get(metric.path)
    number = 0.0 if found is None else metric.published_in_unit(found)
    published = EMPTY if found is None else Cell(metric.published_text(number), number)
    if not group.measured:
        return _Compared(Cell(group.first.status.value, kind="status"), published)
    # Nothing took the seconds of a run that was not trained.
    is_untrained = all(run.number_at("epochs") == 0 for run in group.measured)
    estimate = None if metric.is_timing and is_untrained else group.estimate(metric)
    if estimate is None:
        return _Compared(EMPTY)
    if found is None:
        return _Compared(estimated(estimate, metric))
    decimals = metric.decimals_beside(number, estimate.mean)
    if estimate.std:
        decimals = decimals_of_spread(estimate.std)
    difference = estimate.mean - number
    delta = Cell(metric.delta_text(difference, decimals), difference)
    value = estimated(estimate, metric, decimals)
    return _Compared(value._replace(folded=f"{published.text} ({delta.text})"), published, delta)


def _table(
    groups: Sequence[Group],
    compared: dict[Metric, dict[int, _Compared]],
    best_by: Mapping[int, str],
) -> Table:
    """A row per group with three columns for a metric, or one where all is as published, and in
    front of those of test what validation says; beyond so many columns a row per group and metric.
    """
    head = _group_columns(groups, best_by)
    columns = list(head)
    for metric, by_group in compared.items():
        val = Metric(metric.path.replace("test.", "val.", 1))
        if metric.path.startswith("test.") and val not in compared:
            columns.append(Column(val.header, partial(mean_cell, val), is_number=True))
        columns += _metric_columns(metric, by_group)
    if len(columns) <= MOST_COLUMNS:
        return table_of(groups, columns, _runs)

    def compared_in(pair: tuple[Group, Metric]) -> _Compared:
        return compared[pair[1]][pair[0].runs[0].number]

    return table_of(
        [(group, metric) for group in groups for metric in compared],
        [
            *(column.of(lambda pair: pair[0]) for column in head),
            Column("metric", lambda pair: Cell(pair[1].header)),
            *_three_columns("measured", "delta", compared_in),
        ],
        lambda pair: _runs(pair[0]),
    )


def _runs(group: Group) -> list[int]:
    return [run.number for run in group.runs]


def _metric_columns(metric: Metric, by_group: dict[int, _Compared]) -> list[Column[Group]]:
    if _is_as_published(list(by_group.values())):
        title = f"{metric.header}, as published"
        return [
            Column(
                title, lambda group: by_group[group.runs[0].number].value._replace(folded=""), True
            )
        ]
    unit = "points" if metric.is_fraction else metric.unit
    delta_title = f"delta [{unit}]" if unit else "delta"
    return _three_columns(metric.header, delta_title, lambda group: by_group[group.runs[0].number])


def _three_columns(
    title: str, delta_title: str, found: Callable[[T], _Compared]
) -> list[Column[T]]:
    number: dict[str, bool] = {"is_number": True}
    folded = {"is_number": True, "is_folded": True}
    return [
        Column(title, lambda one: found(one).value, **number),
        Column("published", lambda one: found(one).published, **folded),
        Column(delta_title, lambda one: found(one).delta, **folded),
    ]


def _is_as_published(compared: Sequence[_Compared]) -> bool:
    """In all groups that were measured, so that it need not be said twice."""
    return any(one.delta.text for one in compared) and all(
        one.delta.text.startswith("±")
        or one.value.kind == "status"
        or not (one.value.text or one.published.text)
        for one in compared
    )


def _group_columns(groups: Sequence[Group], best_by: Mapping[int, str]) -> list[Column[Group]]:
    """What tells the groups apart: the row or the runs, the settings that the row does not say, and
    how many seeds where it is more than one.
    """
    firsts = [group.first for group in groups]
    varied = compare_settings(firsts).varied
    shown = [key for key in varied if key not in REPETITION and not is_said_by_row(key, firsts)]

    def name(group: Group) -> Cell:
        run = group.first
        note = best_by.get(run.number, "")
        return Cell(run.row or run_numbers(group), run.number, note, kind="run")

    return [
        Column("row" if any(run.row for run in firsts) else "run", name),
        *(
            column.of(lambda group: group.first)
            for column in (*setting_columns(firsts, shown), *size_columns(firsts))
        ),
        *([NUM_SEEDS] if any(len(group.measured) > 1 for group in groups) else []),
    ]


def _remarks(groups: Sequence[Group]) -> list[str]:
    firsts = [group.first for group in groups]
    datasets = dict.fromkeys(run.dataset for run in firsts if run.dataset)
    remarks = [f"On {', '.join(datasets)}."] if datasets else []
    remarks += [
        f"Published on {place}, so a delta tells as much of the images as of the method."
        for place in dict.fromkeys(run.text_at("published_on") for run in firsts)
        if place
    ]
    compared = [group for group in groups if group.published]
    told = []
    for text in dict.fromkeys(
        text for group in compared for text in group.first.deviations.values()
    ):
        members = [group for group in compared if text in group.first.deviations.values()]
        told.append(text if len(members) == len(groups) else f"{text} in {_rows(members)}")
    remarks += [f"Not the published protocol: {'; '.join(told)}."] if told else []
    return remarks + [f"{text[0].upper()}{text[1:]}" for text in _not_compared(groups)]


def _rows(groups: Sequence[Group]) -> str:
    """Groups by their rows, or by their runs where they have none."""
    if all(group.first.row for group in groups):
        return ", ".join(dict.fromkeys(group.first.row for group in groups))
    return _runs_of(groups)


def _runs_of(groups: Sequence[Group]) -> str:
    return these_runs([run.number for group in groups for run in group.runs])
