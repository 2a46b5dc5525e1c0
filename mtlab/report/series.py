"""What the charts show, as plain numbers: the same for the page and for the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mtlab.report.groups import Group
from mtlab.report.quantities import FRACTIONS, Quantity
from mtlab.report.run import Run, finite_number, look_up
from mtlab.report.settings import SEED, is_setting, labels
from mtlab.report.statistics import Estimate, pareto_front

MOST_POINTS_PER_CURVE = 400
LONGEST_CLASS_LIST = 24
LAMBDA = "mtl.lambda"
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


def problems_of(groups: Sequence[Group]) -> dict[str, list[tuple[Group, str]]]:
    """Measured groups that can be compared: the same dataset, task and classes.

    Returns:
        By the problem's title, each group with the task. The classes stand in the title where
        one dataset's task was learned with several sets of them.
    """
    found: dict[tuple[str, str, tuple[str, ...]], list[tuple[Group, str]]] = {}
    for group in groups:
        for task in group.first.tasks if group.measured else ():
            key = (group.first.dataset, task, group.first.class_names(task))
            found.setdefault(key, []).append((group, task))
    pairs = [(dataset, task) for dataset, task, _ in found]
    titles = {}
    for (dataset, task, names), members in found.items():
        title = f"{dataset} · {task}"
        if pairs.count((dataset, task)) > 1:
            title += f" · {_class_list(names)}"
        if title in titles:
            title += f" ({', '.join(names)})"
        titles[title] = members
    return titles


def _class_list(names: tuple[str, ...]) -> str:
    listed = ", ".join(names)
    if len(listed) <= LONGEST_CLASS_LIST:
        return f"classes {listed}"
    return f"{len(names)} classes, {names[0]} to {names[-1]}"


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


def lambda_panels(groups: Sequence[Group]) -> tuple[LambdaPanel, ...]:
    """Accuracy against lambda, for every task and setting with at least two values of it."""
    families: dict[tuple[str, object], list[Group]] = {}
    for group in groups:
        settings = group.first.settings
        if _lambda(group.first) is not None and group.measured:
            rest = frozenset(
                (key, text)
                for key, text in settings.items()
                if key not in (LAMBDA, SEED) and is_setting(key)
            )
            families.setdefault((group.first.dataset, rest), []).append(group)
    several = {key: members for key, members in families.items() if len(members) > 1}
    panels = {}
    for dataset in dict.fromkeys(dataset for dataset, _ in several):
        here = [members for (name, _), members in several.items() if name == dataset]
        names = labels([members[0].first for members in here]) if len(here) > 1 else {}
        panels[dataset] = tuple(
            line
            for members in here
            for line in _lambda_lines(members, names.get(members[0].first.number, ""))
        )
    return tuple(LambdaPanel(dataset, lines) for dataset, lines in panels.items() if lines)


def _lambda_lines(members: Sequence[Group], family: str) -> list[LambdaLine]:
    ordered = sorted(members, key=lambda group: _lambda(group.first) or 0.0)
    lines = []
    for task in ordered[0].first.tasks:
        points = []
        for group in ordered:
            accuracy = group.estimate(Quantity(f"test.{task}.accuracy"))
            weight = _lambda(group.first)
            if accuracy is not None and weight is not None:
                points.append(Point(group.number, task, weight, accuracy))
        if len(points) > 1:
            lines.append(LambdaLine(task, f"{task}, {family}" if family else task, tuple(points)))
    return lines


def _lambda(run: Run) -> float | None:
    text = run.settings.get(LAMBDA, "")
    try:
        return float(text)
    except ValueError:
        return None  # A run whose tasks are not weighed by lambda.
