"""What the charts show, as plain numbers: the same for the page and for the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mtlab.artifacts.reading import look_up
from mtlab.report.comparable import problems_of
from mtlab.report.groups import Group
from mtlab.report.quantities import FRACTIONS, Quantity
from mtlab.report.run import Run, finite_number
from mtlab.report.settings import labels
from mtlab.report.statistics import Estimate, pareto_front

MOST_POINTS_PER_CURVE = 400
# Runs whose seconds are closer than this take the same time, up to what else the machine did.
LEAST_RATIO_OF_SECONDS = 1.25
COSTS = (Quantity("parameters.total"), Quantity("seconds.train"))
SPLITS = ("train", "val")

T = TypeVar("T")


@dataclass(frozen=True)
class Curve:
    """One run's measures of one task over its epochs.

    Attributes:
        run, group: Their numbers.
        topic: Dataset and task.
        epochs: Counted from 1; of very many, evenly spaced ones.
        measures: Measure, then split, then one value per epoch in the report's unit; None where the
            run has no number.
    """

    run: int
    group: int
    topic: str
    task: str
    is_perceptron: bool
    best_epoch: int | None
    epochs: tuple[int, ...]
    measures: Mapping[str, Mapping[str, tuple[float | None, ...]]]


@dataclass(frozen=True)
class Point:
    """A group in a chart of accuracy against something; accuracies in percent."""

    group: int
    label: str
    x: float
    accuracy: Estimate
    on_front: bool = False


@dataclass(frozen=True)
class Tradeoff:
    """Accuracy against a cost, for groups that solve the same problem."""

    problem: str
    cost: Quantity
    points: tuple[Point, ...]


@dataclass(frozen=True)
class LambdaLine:
    """One task's accuracy over lambda, all other settings alike but for the seed."""

    task: str
    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class LambdaPanel:
    """The lines of one dataset."""

    dataset: str
    lines: tuple[LambdaLine, ...]


def curves(groups: Sequence[Group]) -> tuple[Curve, ...]:
    """Every run's learning curves, however the run ended."""
    return tuple(
        _curve(run, group, task)
        for group in groups
        for run in group.runs
        for task in run.tasks
        if run.epochs
    )


def _curve(run: Run, group: Group, task: str) -> Curve:
    shown = thin(run.epochs, MOST_POINTS_PER_CURVE)
    names = dict.fromkeys(
        name for split in SPLITS for name in _as_mapping(look_up(shown[-1], f"{split}.{task}"))
    )
    measures = {}
    for name in names:
        factor = 100 if name in FRACTIONS else 1
        measures[name] = {
            split: tuple(
                _number(look_up(epoch, f"{split}.{task}.{name}"), factor) for epoch in shown
            )
            for split in SPLITS
        }
    best = run.number_at("best_epoch")
    return Curve(
        run=run.number,
        group=group.number,
        topic=f"{run.dataset} · {task}",
        task=task,
        is_perceptron=run.text_at("model") == "perceptron",
        best_epoch=None if best is None else int(best),
        epochs=tuple(int(epoch["epoch"]) for epoch in shown),
        measures=measures,
    )


def thin(values: Sequence[T], most: int) -> tuple[T, ...]:
    """At most so many of them, evenly spaced, with the first and the last."""
    if len(values) <= most:
        return tuple(values)
    last = len(values) - 1
    return tuple(values[round(position * last / (most - 1))] for position in range(most))


def _as_mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _number(value: object, factor: float) -> float | None:
    number = finite_number(value)
    # Five digits are more than a screen shows, and keep the page small.
    return None if number is None else float(f"{factor * number:.5g}")


def tradeoffs(groups: Sequence[Group]) -> tuple[Tradeoff, ...]:
    """Accuracy against parameters and against training seconds, for each problem that was solved
    at more than one cost.
    """
    found = []
    for problem, members in problems_of(groups).items():
        names = labels([group.first for group, _ in members])
        for cost in COSTS:
            points = []
            for group, task in members:
                accuracy = group.estimate(Quantity(f"test.{task}.accuracy"))
                spent = group.estimate(cost)
                if accuracy is not None and spent is not None:
                    label = names[group.first.number]
                    points.append(Point(group.number, label, spent.mean, accuracy))
            if _differ(cost, [point.x for point in points]):
                found.append(Tradeoff(problem, cost, _with_front(points)))
    return tuple(found)


def _differ(cost: Quantity, values: Sequence[float]) -> bool:
    if len(set(values)) < 2:
        return False
    return cost.unit != "s" or max(values) > LEAST_RATIO_OF_SECONDS * min(values)


def _with_front(points: Sequence[Point]) -> tuple[Point, ...]:
    front = pareto_front([(point.x, point.accuracy.mean) for point in points])
    return tuple(
        Point(point.group, point.label, point.x, point.accuracy, on_front=index in front)
        for index, point in enumerate(points)
    )
