"""What single runs did: their curves over epochs, and their predictions on the test split."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from mtlab.artifacts.reading import look_up
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
from mtlab.report.analyse.groups import Group
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.problems import problems_of
from mtlab.report.analyse.settings import labels
from mtlab.report.read.run import Run, finite_number

# Of all runs together, so that a page of many runs stays small; each keeps at least a few.
MOST_CURVE_POINTS = 4000
MOST_SCATTER_POINTS = 5000
POINTS_PER_CURVE = (20, 400)
POINTS_PER_SCATTER = (50, 500)
SPLITS = {"train": "training", "val": "validation"}
PERCEPTRON_ERROR = "training error: mean |sign(w·x + b) - y|"

T = TypeVar("T")


def labels_among(groups: Sequence[Group], numbers: Collection[int]) -> dict[int, str]:
    """By group, what tells it from the other groups with these numbers; how it ended where none
    of its runs completed.
    """
    members = [group for group in groups if group.number in numbers]
    names = labels([group.first for group in members])
    return {
        group.number: names[group.first.number]
        if any(run.is_completed for run in group.runs)
        else f"{names[group.first.number]} ({group.first.status.value})"
        for group in members
    }


def curve_charts(groups: Sequence[Group]) -> Iterator[Chart]:
    """Every run's curves, however the run ended: for each dataset and task first the loss beside
    the main measure, then charts of the other measures.
    """
    topics: dict[tuple[str, str, bool], list[tuple[Group, Run]]] = {}
    for group in groups:
        for run in group.runs:
            for task in run.tasks if run.epochs else ():
                key = (run.dataset, task, run.is_perceptron)
                topics.setdefault(key, []).append((group, run))
    for (dataset, task, is_perceptron), found in topics.items():
        kind = PERCEPTRON if is_perceptron else CURVES
        names = labels_among(groups, {group.number for group, _ in found})
        num_points = _share(MOST_CURVE_POINTS, len(found), POINTS_PER_CURVE)
        curves = [
            (names[group.number], run, thin(run.epochs, num_points, more_at_first=is_perceptron))
            for group, run in found
        ]
        for part in _parts(_measures(curves, task), num_first=1 if is_perceptron else 2):
            panels = [_curve_panel(curves, task, measure, is_perceptron) for measure in part]
            shown = tuple(panel for panel in panels if panel.lines)
            if shown:
                part_title = " and ".join(part)
                yield Chart(kind, f"{dataset} · {task}", shown, kind.caption, part_title)


Curves = Sequence[tuple[str, Run, Sequence[Mapping[str, object]]]]
"""Each run's label, the run, and the epochs that are shown."""


def _measures(curves: Curves, task: str) -> list[str]:
    names: dict[str, None] = {}
    for _, _, epochs in curves:
        for split in SPLITS:
            measured = look_up(epochs[-1], f"{split}.{task}")
            names |= dict.fromkeys(measured if isinstance(measured, Mapping) else ())
    return sorted(names, key=lambda name: name != "loss")


def _parts(names: Sequence[str], num_first: int) -> Iterator[Sequence[str]]:
    if names:
        yield names[:num_first]
    for start in range(num_first, len(names), 2):
        yield names[start : start + 2]


def _curve_panel(curves: Curves, task: str, measure: str, is_perceptron: bool) -> Panel:
    """A perceptron's error is that of training alone."""
    metric = Metric(f"test.{task}.{measure}")
    is_error = is_perceptron and measure == "loss"
    lines = []
    for label, run, epochs in curves:
        for split, name in list(SPLITS.items())[: 1 if is_error else 2]:
            values = [
                finite_number(look_up(epoch, f"{split}.{task}.{measure}")) for epoch in epochs
            ]
            numbers = [finite_number(epoch["epoch"]) for epoch in epochs]
            known = [
                (x, metric.in_unit(y))
                for x, y in zip(numbers, values, strict=True)
                if x is not None and y is not None
            ]
            if known:
                x, y = zip(*known, strict=True)
                lines.append(Line(label, (run.number,), x, y, split=name))
    over = "iteration" if is_perceptron else "epoch"
    return Panel(over, over, PERCEPTRON_ERROR if is_error else metric.header, tuple(lines))


def _share(most: int, num_runs: int, limits: tuple[int, int]) -> int:
    return max(limits[0], min(limits[1], most // num_runs))


def thin(values: Sequence[T], most: int, *, more_at_first: bool = False) -> tuple[T, ...]:
    """At most so many of them, evenly spaced, with the first and the last.

    Args:
        more_at_first: Every other one is closer to the first, for a logarithmic axis.
    """
    last = len(values) - 1
    if last < most:
        return tuple(values)
    num_even = most - most // 2 if more_at_first else most
    places = {round(step * last / (num_even - 1)) for step in range(num_even)}
    for step in range(most - num_even):
        places.add(round(math.expm1(math.log1p(last) * step / (most - num_even))))
    return tuple(values[place] for place in sorted(places))


def prediction_charts(groups: Sequence[Group]) -> Iterator[Chart]:
    """Confusion matrices and scatters of all completed runs."""
    runs: dict[str, list[tuple[Run, str]]] = {}
    for problem, members in problems_of(groups).items():
        completed = [(run, task) for group, task in members for run in group.runs]
        runs[problem] = [(run, task) for run, task in completed if run.is_completed]
    for problem, found in runs.items():
        matrices = {run.number: run.confusion(task) for run, task in found}
        counts = {run: matrix for run, matrix in matrices.items() if matrix is not None}
        if counts:
            best, task = _best(found, counts, "accuracy", 1)
            predictions = Predictions(best.number, best.class_names(task), counts)
            reason = "the highest validation accuracy"
            yield Chart(CONFUSION, problem, predictions, _choice(best, reason))
    for problem, found in runs.items():
        scatters = {run.number: run.scatter(task) for run, task in found}
        if any(scatters.values()):
            best, _ = _best(found, {run for run, pairs in scatters.items() if pairs}, "mae", -1)
            share = _share(MOST_SCATTER_POINTS, len(found), POINTS_PER_SCATTER)
            points = {
                run: thin(pairs, POINTS_PER_SCATTER[1] if run == best.number else share)
                for run, pairs in scatters.items()
                if pairs
            }
            reason = "the lowest mean absolute error on validation"
            caption = f"{_choice(best, reason)} A perfect prediction lies on the dashed line."
            yield Chart(SCATTER, problem, Predictions(best.number, None, points), caption)


def _best(
    found: Sequence[tuple[Run, str]], shown: Collection[int], name: str, sign: int
) -> tuple[Run, str]:
    """The run to show in a file. A choice on the test split would flatter the figure; an ensemble
    has no validation, and is chosen only where nothing else is there.
    """

    def rank(entry: tuple[Run, str]) -> float:
        value = entry[0].number_at(f"val.{entry[1]}.{name}")
        return -math.inf if value is None else sign * value

    return max((entry for entry in found if entry[0].number in shown), key=rank)


def _choice(run: Run, reason: str) -> str:
    return f"Test split, run {run.number} ({run.name}), the one with {reason}."
