"""Networks against guessing: how many times better, where an accuracy alone says little.

A class is guessed right once in as many times as there are classes. Of a regression, the guess is
the mean of the targets, and what it is off by their mean absolute deviation.
"""

import statistics
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from mtlab.report.analyse.groups import Group, by_published, group_labels
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.tables import (
    EMPTY,
    NUM_SEEDS,
    Cell,
    Column,
    TitledTable,
    estimated,
    table_of,
)

GUESSING_REMARK = (
    "Guessing one of K classes is right in 1 of K images; of a regression, the guess is the mean of"
    " the targets, off by their mean absolute deviation on (up to 2,000 images of) test. Times"
    " better: the accuracy by that of guessing, or the error of guessing by the mean absolute"
    " error."
)


class _Guessed(NamedTuple):
    """A group's task, with what guessing comes to in the report's unit."""

    group: Group
    task: str
    measure: str
    guess: float

    def metric(self, split: str) -> Metric:
        return Metric(f"{split}.{self.task}.{self.measure}")

    def times_better(self, value: float) -> float:
        is_error = self.measure == "mae"
        one, other = (self.guess, value) if is_error else (value, self.guess)
        return one / other if other else 0.0


def guessing_tables(groups: Sequence[Group]) -> list[TitledTable]:
    """A row per configuration and task, of those that learn a regression, which has no accuracy
    that can be read alone; no table where there is none.
    """
    measured = [group for group in by_published(groups) if group.measured]
    shown = [group for group in measured if any(map(group.first.scatter, group.first.tasks))]
    if not shown:
        return []
    names = group_labels(groups)

    def name(one: _Guessed) -> Cell:
        run = one.group.first
        seed = f", {run.row}" if run.row != run.row_but_seed else ""
        return Cell(f"{names[one.group.number]}{seed}", run.number)

    listed = [one for group in shown for task in group.first.tasks for one in _guessed(group, task)]
    columns: list[Column[_Guessed]] = [
        Column("configuration", name),
        NUM_SEEDS.of(lambda one: one.group),
        Column("metric", lambda one: Cell(Metric(f"{one.task}.{one.measure}").header)),
        Column("guessing", _guess, is_number=True),
    ]
    for split in ("val", "test"):
        columns += [
            Column(split, partial(_value, split), is_number=True),
            Column(f"times better, {split}", partial(_times, split), is_number=True),
        ]
    columns += [
        Column("published", partial(_published, False), is_number=True),
        Column("times better, published", partial(_published, True), is_number=True),
    ]
    table = table_of(listed, columns, lambda one: [run.number for run in one.group.measured])
    return [TitledTable("", table)]


def _guessed(group: Group, task: str) -> list[_Guessed]:
    run = group.first
    classes, points = run.class_names(task), run.scatter(task)
    if classes:
        return [_Guessed(group, task, "accuracy", 100 / len(classes))]
    if points:
        true = [target for target, _ in points]
        mean = statistics.fmean(true)
        guess = statistics.fmean(abs(target - mean) for target in true)
        return [_Guessed(group, task, "mae", guess)]
    return []


def _guess(one: _Guessed) -> Cell:
    metric = one.metric("test")
    return Cell(metric.text(one.guess), one.guess)


def _value(split: str, one: _Guessed) -> Cell:
    metric = one.metric(split)
    return estimated(one.group.estimate(metric), metric)._replace(note="")


def _times(split: str, one: _Guessed) -> Cell:
    estimate = one.group.estimate(one.metric(split))
    return EMPTY if estimate is None else _times_cell(one.times_better(estimate.mean))


def _published(are_times: bool, one: _Guessed) -> Cell:
    """What is published for test, or else for validation."""
    for metric in map(one.metric, ("test", "val")):
        number = one.group.published.get(metric.path)
        if number is not None:
            in_unit = metric.published_in_unit(number)
            text = metric.published_text(in_unit)
            return _times_cell(one.times_better(in_unit)) if are_times else Cell(text, in_unit)
    return EMPTY


def _times_cell(times: float) -> Cell:
    return Cell(f"{times:.2f}", times)
