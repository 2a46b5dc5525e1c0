"""What single runs did: their curves over epochs, and their predictions on the test split."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from mtlab.dotted import look_up
from mtlab.report.analyse.charts import (
    CONFUSION,
    CURVES,
    PERCEPTRON,
    SCATTER,
    Chart,
    Line,
    Panel,
    Predictions,
)
from mtlab.report.analyse.groups import Group, group_labels
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.problems import problems_of
from mtlab.report.read.run import Run, finite_number

# Of all runs together, so that a page of many runs stays small; each keeps at least a few.
MOST_CURVE_POINTS = 4000
MOST_SCATTER_POINTS = 5000
POINTS_PER_CURVE = (20, 400)
POINTS_PER_SCATTER = (50, 500)
SPLITS = {"train": "training", "val": "validation"}
PERCEPTRON_ERROR = "training error: mean |sign(w·x + b) - y|"

T = TypeVar("T")


class Curve(NamedTuple):
    """A run, and those of its epochs that are shown."""

    label: str
    run: int
    epochs: Sequence[Mapping[str, Any]]


def curve_charts(groups: Sequence[Group]) -> Iterator[Chart]:
    """Every run's curves, however the run ended: for each dataset and task first the loss beside
    the main measure, then charts of the other measures.
    """
    topics: dict[tuple[str, str, bool], list[tuple[Group, Run]]] = {}
    for group in groups:
        for run in group.runs:
            for task in run.tasks if run.epochs else ():
                key = (run.dataset, task, run.text_at("model") == "perceptron")
                topics.setdefault(key, []).append((group, run))
    for (dataset, task, is_perceptron), found in topics.items():
        kind = PERCEPTRON if is_perceptron else CURVES
        names = group_labels(list({group.number: group for group, _ in found}.values()))
        most = _share(MOST_CURVE_POINTS, len(found), POINTS_PER_CURVE)
        curves = [
            Curve(names[group.number], run.number, thin(run.epochs, most, is_perceptron))
            for group, run in found
        ]
        for part in _parts(_measures(curves, task), num_first=1 if is_perceptron else 2):
            panels = [curve_panel(curves, task, measure, is_perceptron) for measure in part]
            shown = [panel for panel in panels if panel.lines]
            if shown:
                part_title = " and ".join(part)
                yield Chart(kind, f"{dataset} · {task}", kind.caption, shown, part=part_title)


def _measures(curves: Sequence[Curve], task: str) -> list[str]:
    names: dict[str, None] = {}
    for curve in curves:
        for split in SPLITS:
            measured = look_up(curve.epochs[-1], f"{split}.{task}")
            names |= dict.fromkeys(measured if isinstance(measured, Mapping) else ())
    return sorted(names, key=lambda name: name != "loss")


def _parts(names: Sequence[str], num_first: int) -> Iterator[Sequence[str]]:
    if names:
        yield names[:num_first]
    for start in range(num_first, len(names), 2):
        yield names[start : start + 2]


def curve_panel(
    curves: Sequence[Curve], task: str, measure: str, is_perceptron: bool = False
) -> Panel:
    """A measure of a task over epochs, in the report's unit; a perceptron's error is that of
    training alone.
    """
    metric = Metric(f"{task}.{measure}")
    is_error = is_perceptron and measure == "loss"
    lines = []
    for label, run, epochs in curves:
        for split, name in list(SPLITS.items())[: 1 if is_error else 2]:
            known = [
                (float(epoch["epoch"]), metric.in_unit(value))
                for epoch in epochs
                if (value := finite_number(look_up(epoch, f"{split}.{task}.{measure}"))) is not None
            ]
            if known:
                x, y = zip(*known, strict=True)
                lines.append(Line(label, (run,), x, y, split=name))
    over = "iteration" if is_perceptron else "epoch"
    return Panel(over, over, PERCEPTRON_ERROR if is_error else metric.header, lines)


def _share(most: int, num_runs: int, limits: tuple[int, int]) -> int:
    return max(limits[0], min(limits[1], most // num_runs))


def thin(values: Sequence[T], most: int, more_at_first: bool = False) -> tuple[T, ...]:
    """At most so many of them, evenly spaced, with the first and the last.

    Args:
        more_at_first: Every other one is closer to the first, for a logarithmic axis.
    """
    last = len(values) - 1
    if last < most:
        return tuple(values)
    num_even = most - most // 2 if more_at_first else most
    even = np.linspace(0, last, num_even)
    early = np.expm1(np.linspace(0, np.log1p(last), most - num_even, endpoint=False))
    return tuple(values[place] for place in sorted({round(place) for place in (*even, *early)}))


def prediction_charts(groups: Sequence[Group]) -> Iterator[Chart]:
    """Confusion matrices and scatters of all completed runs."""
    for problem, members in problems_of(groups).items():
        task = members[0][1]
        runs = [run for group, _ in members for run in group.runs if run.is_completed]
        counts = {run.number: matrix for run in runs if (matrix := run.confusion(task))}
        if counts:
            best = _best(runs, counts, f"val.{task}.accuracy", 1)
            predictions = Predictions(best.number, best.class_names(task), counts)
            caption = _choice(best, "the highest validation accuracy")
            yield Chart(CONFUSION, problem, caption, predictions=predictions)
        scatters = {run.number: pairs for run in runs if (pairs := run.scatter(task))}
        if scatters:
            best = _best(runs, scatters, f"val.{task}.mae", -1)
            share = _share(MOST_SCATTER_POINTS, len(runs), POINTS_PER_SCATTER)
            points = {
                run: thin(pairs, POINTS_PER_SCATTER[1] if run == best.number else share)
                for run, pairs in scatters.items()
            }
            caption = _choice(best, "the lowest mean absolute error on validation")
            caption += " A perfect prediction lies on the dashed line."
            predictions = Predictions(best.number, None, points)
            yield Chart(SCATTER, problem, caption, predictions=predictions)


def _best(runs: Sequence[Run], shown: Collection[int], path: str, sign: int) -> Run:
    """The run to show in a file. A choice on the test split would flatter the figure; an ensemble
    has no validation, and is chosen only where nothing else is there.
    """

    def rank(run: Run) -> float:
        value = run.number_at(path)
        return -math.inf if value is None else sign * value

    return max((run for run in runs if run.number in shown), key=rank)


def _choice(run: Run, reason: str) -> str:
    return f"Test split, run {run.number} ({run.name}), the one with {reason}."
