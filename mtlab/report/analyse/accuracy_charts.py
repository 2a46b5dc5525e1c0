"""Accuracy over lambda, and against what it costs: which groups share a chart or a line."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from mtlab.report.analyse.charts import COST, LAMBDA, Chart, Line, Panel
from mtlab.report.analyse.groups import Group, group_labels
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.problems import problems_of
from mtlab.report.analyse.settings import configuration, grouped, labels
from mtlab.report.read.run import Run

WEIGHT = "mtl.lambda"
# Runs whose seconds are closer than this take the same time, up to what else the machine did.
LEAST_RATIO_OF_SECONDS = 1.25
COSTS = (Metric("parameters.total"), Metric("seconds.train"))
ACCURACY_TITLE = "test accuracy [%]"


def lambda_charts(groups: Sequence[Group]) -> Iterator[Chart]:
    """Accuracy against lambda, for every task and setting with at least two values of it.

    Runs of a preset and runs outside it have lines of their own, so that no line has two points
    at one lambda.
    """

    def family(group: Group) -> tuple[str, str, object]:
        run = group.first
        return run.dataset, run.preset, configuration(run, WEIGHT)

    weighed = [group for group in groups if group.measured and _lambda(group) is not None]
    apart = [line for members in grouped(weighed, family).values() for line in _apart(members)]
    for dataset, found in grouped(apart, lambda members: members[0].first.dataset).items():
        names = _family_names([members[0].first for members in found])
        lines = [
            line
            for members, name in zip(found, names, strict=True)
            for task in members[0].first.tasks
            for line in _lambda_lines(members, task, f"{task}, {name}" if name else task)
        ]
        if lines:
            x_title = "lambda (weight of the first task's loss)"
            panel = Panel("lambda", x_title, ACCURACY_TITLE, lines)
            yield Chart(LAMBDA, dataset, LAMBDA.caption, [panel])


def _apart(members: Sequence[Group]) -> list[list[Group]]:
    """Groups that differ in lambda only; rows of one preset may repeat the same lambda."""
    by_lambda = grouped(members, _lambda).values()
    lines = ([group for group in turn if group] for turn in zip_longest(*by_lambda))
    return [line for line in lines if len(line) > 1]


def _family_names(firsts: Sequence[Run]) -> list[str]:
    """What tells families apart: their presets, and settings other than lambda."""
    if len(firsts) < 2:
        return [""] * len(firsts)
    several_presets = len({run.preset for run in firsts}) > 1
    # Neither lambda nor a row, which is often named after it, holds for the whole family.
    told = labels(
        [
            replace(
                run,
                settings={key: text for key, text in run.settings.items() if key != WEIGHT},
                summary={**run.summary, "row": None},
            )
            for run in firsts
        ]
    )
    names = []
    for run in firsts:
        name = "" if told[run.number] == run.name else told[run.number]
        preset = run.preset or "no experiment"
        names.append(f"{preset} {name}".strip() if several_presets and preset not in name else name)
    return names


def _lambda_lines(members: Sequence[Group], task: str, label: str) -> Iterator[Line]:
    """The measured accuracies, then those that they stand against."""
    metric = Metric(f"test.{task}.accuracy")
    ordered = sorted(members, key=lambda group: _lambda(group) or 0.0)
    line = _accuracies(label, ((group, task, _lambda(group)) for group in ordered))
    if line is None or len(line.x) < 2:
        return
    yield line
    published = [
        (_lambda(group) or 0.0, metric.published_in_unit(group.published[metric.path]))
        for group in ordered
        if metric.path in group.published
    ]
    if published:
        x, y = zip(*published, strict=True)
        yield replace(line, x=x, y=y, estimates=(), style="published")


def _lambda(group: Group) -> float | None:
    try:
        return float(group.first.settings.get(WEIGHT, ""))
    except ValueError:
        return None  # Tasks that are not weighed by lambda.


def _accuracies(label: str, places: Iterable[tuple[Group, str, float | None]]) -> Line | None:
    """Mean accuracies of groups in tasks at their places; None where nothing is known."""
    found = [
        (group, x, estimate)
        for group, task, x in places
        if x is not None and (estimate := group.estimate(Metric(f"test.{task}.accuracy")))
    ]
    if not found:
        return None
    groups, x, estimates = zip(*found, strict=True)
    runs = tuple(run.number for group in groups for run in group.runs)
    return Line(label, runs, x, tuple(estimate.mean for estimate in estimates), estimates)


def cost_charts(groups: Sequence[Group]) -> Iterator[Chart]:
    """Accuracy against parameters and against training seconds, for each problem that was solved
    at more than one cost.
    """
    for problem, members in problems_of(groups).items():
        names = group_labels([group for group, _ in members])
        panels = []
        for cost in COSTS:
            points = []
            for group, task in members:
                spent = group.estimate(cost)
                place = (group, task, None if spent is None else spent.mean)
                point = _accuracies(names[group.number], [place])
                points += [] if point is None else [point]
            if _differ(cost, [point.x[0] for point in points]):
                lines = list(_with_front(points))
                panels.append(Panel(cost.title, cost.header, ACCURACY_TITLE, lines))
        if panels:
            yield Chart(COST, problem, COST.caption, panels)


def _differ(cost: Metric, values: Sequence[float]) -> bool:
    if len(set(values)) < 2:
        return False
    return not cost.is_timing or max(values) > LEAST_RATIO_OF_SECONDS * min(values)


def _with_front(points: Sequence[Line]) -> Iterator[Line]:
    """The line through the Pareto front, and the points, filled where they lie on it."""
    places = [(point.x[0], point.y[0]) for point in points]
    front = pareto_front(places)
    x, y = zip(*sorted(places[index] for index in front), strict=True)
    yield Line("Pareto front", (), x, y, style="front")
    for index, point in enumerate(points):
        yield replace(point, style="points", on_front=index in front)


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Positions of the points (cost, gain) that no other point beats, the cheapest first.

    A point is beaten by one that costs no more and gains no less, and is better in one of the two.
    Equal points do not beat each other.
    """
    order = sorted(range(len(points)), key=lambda index: (points[index][0], -points[index][1]))
    front: list[int] = []
    for index in order:
        cost, gain = points[index]
        if not front or gain > points[front[-1]][1] or (cost, gain) == points[front[-1]]:
            front.append(index)
    return front
