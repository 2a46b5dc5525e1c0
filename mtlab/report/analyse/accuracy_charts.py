"""Accuracy over lambda, as chart and table, and against costs: what shares a line."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest

from mtlab.report.analyse.charts import COST, LAMBDA, Chart, Line, Panel
from mtlab.report.analyse.groups import Estimate, Group, group_labels
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.problems import problems_of
from mtlab.report.analyse.settings import configuration, grouped, labels
from mtlab.report.analyse.single_task import single_task_estimates
from mtlab.report.analyse.tables import Cell, Column, Table, estimated, table_of
from mtlab.report.read.run import Run

WEIGHT = "mtl.lambda"
# Runs whose seconds are closer than this take the same time, up to what else the machine did.
LEAST_RATIO_OF_SECONDS = 1.25
COSTS = (Metric("parameters.total"), Metric("seconds.train"), Metric("seconds.test"))
ACCURACY_TITLE = "test accuracy [%]"
LAMBDA_TITLE = "lambda (weight of the first task's loss)"
MEASURED = "multi-task"


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
        panels: dict[str, list[Line]] = {}
        for members, name in zip(found, names, strict=True):
            for task in members[0].first.tasks:
                panels.setdefault(task, []).extend(_lambda_lines(members, task, name or MEASURED))
        shown = [
            Panel("lambda", LAMBDA_TITLE, ACCURACY_TITLE, [*lines, *alone], task)
            for task, lines in panels.items()
            if lines
            for alone in [_single_task_lines(groups, lines, task)]
        ]
        if shown:
            yield Chart(LAMBDA, dataset, LAMBDA.caption, shown)


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
    guessed = tuple(_lambda(group) or 0.0 for group in ordered if has_no_weight(group.first, task))
    line = replace(line, guessed=guessed)
    yield line
    published = [
        (_lambda(group) or 0.0, metric.published_in_unit(group.published[metric.path]))
        for group in ordered
        if metric.path in group.published
    ]
    if published:
        x, y = zip(*published, strict=True)
        name = "published" if label == MEASURED else f"{label}, published"
        yield Line(name, line.runs, x, y, style="published", guessed=guessed)


def _single_task_lines(groups: Sequence[Group], lines: Sequence[Line], task: str) -> list[Line]:
    """The networks that learned the task alone, as levels across the axes."""
    shown = {run for line in lines for run in line.runs}
    measured = {group.number for group in groups if group.first.number in shown}
    found = {
        single.group.number: single
        for (number, of_task), single in single_task_estimates(groups).items()
        if number in measured and of_task == task
    }
    names = group_labels([single.group for single in found.values()])
    ends = tuple(end(place for line in lines for place in line.x) for end in (min, max))
    levels = []
    for number, single in found.items():
        name = "single task" if len(found) == 1 else f"single task, {names[number]}"
        places = [(single.group, task, end) for end in ends]
        if (line := _accuracies(name, places)) is not None:
            levels.append(replace(line, style="single"))
        if single.published is not None:
            y = (single.published,) * 2
            levels.append(Line(f"{name}, published", (), ends, y, style="single"))
    return levels


def lambda_table(panels: Sequence[Panel]) -> Table:
    """A row per lambda, for each line of measured accuracies those on validation, then on test."""

    def accuracy(estimates: dict[float, Estimate | None], value: float) -> Cell:
        return estimated(estimates.get(value), Metric("test.task.accuracy"))

    columns: list[Column[float]] = [
        Column("lambda", lambda value: Cell(f"{value:g}", value), is_number=True)
    ]
    values: set[float] = set()
    for panel in panels:
        lines = [line for line in panel.lines if line.style == "joined"]
        for line in lines:
            name = panel.title if len(lines) == 1 else f"{panel.title}, {line.label}"
            for split, estimates in (("val", line.on_validation), ("test", line.estimates)):
                cell = partial(accuracy, dict(zip(line.x, estimates, strict=True)))
                columns.append(Column(f"{name} accuracy, {split} [%]", cell, is_number=True))
            values |= set(line.x)
    return table_of(sorted(values), columns, lambda _: [])


def _lambda(group: Group) -> float | None:
    return _number(group.first, WEIGHT)  # None: tasks that are not weighed by lambda.


def _number(run: Run, key: str) -> float | None:
    try:
        return float(run.settings.get(key, ""))
    except ValueError:
        return None


def has_no_weight(run: Run, task: str) -> bool:
    """Whether the task's loss had weight 0, so that the network guesses the task."""
    first_weight = _number(run, WEIGHT)
    if first_weight is not None and len(run.tasks) == 2:
        return first_weight == (0 if task == run.tasks[0] else 1)
    return _number(run, f"mtl.weights.{task}") == 0


def _accuracies(
    label: str, places: Iterable[tuple[Group, str, float | None]], number: int = 0
) -> Line | None:
    """Mean accuracies of groups in tasks at their places; None where nothing is known."""
    found = [
        (group, x, estimate, group.estimate(Metric(f"val.{task}.accuracy")), group.values(metric))
        for group, task, x in places
        for metric in [Metric(f"test.{task}.accuracy")]
        if x is not None and (estimate := group.estimate(metric))
    ]
    if not found:
        return None
    groups, x, estimates, on_validation, values = zip(*found, strict=True)
    return Line(
        label,
        tuple(dict.fromkeys(run.number for group in groups for run in group.runs)),
        x,
        tuple(estimate.mean for estimate in estimates),
        tuple(map(min, values)),
        tuple(map(max, values)),
        group=number,
        estimates=estimates,
        on_validation=on_validation,
    )


def cost_charts(groups: Sequence[Group]) -> Iterator[Chart]:
    """Accuracy against parameters, training and testing seconds, for each problem that was solved
    at more than one cost.
    """
    for problem, members in _trained(groups).items():
        panels = []
        for cost in COSTS:
            spent = [(group, task, group.estimate(cost)) for group, task in members]
            places = [(group, task, one and one.mean) for group, task, one in spent]
            points = _points(places)
            if _differ(cost, [point.x[0] for point in points]):
                lines = [*_front(points)]
                panels.append(Panel(cost.title, cost.header, ACCURACY_TITLE, lines))
        if panels:
            yield Chart(COST, problem, COST.caption, panels)


def _trained(groups: Sequence[Group]) -> dict[str, list[tuple[Group, str]]]:
    """Problems without groups that guess: what those cost buys nothing."""
    return {
        problem: trained
        for problem, members in problems_of(groups).items()
        if (trained := [one for one in members if not has_no_weight(one[0].first, one[1])])
    }


def _points(places: Sequence[tuple[Group, str, float | None]]) -> list[Line]:
    """A point for each group whose place is known."""
    names = group_labels([group for group, _, _ in places])
    found = [_accuracies(names[one[0].number], [one], one[0].number) for one in places]
    return [replace(point, style="points") for point in found if point is not None]


def _differ(cost: Metric, values: Sequence[float]) -> bool:
    if len(set(values)) < 2:
        return False
    return not cost.is_timing or max(values) > LEAST_RATIO_OF_SECONDS * min(values)


def _front(points: Sequence[Line]) -> Iterator[Line]:
    """The line through the Pareto front, and the points, filled where they lie on it."""
    places = [(point.x[0], point.y[0]) for point in points]
    front = pareto_front(places)
    x, y = zip(*sorted(places[index] for index in front), strict=True)
    if len(set(x)) > 1:
        yield Line("Pareto front", (), x, y, style="front")
    for index, point in enumerate(points):
        yield replace(point, on_front=index in front)


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
