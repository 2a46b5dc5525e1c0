"""What configurations did over epochs, and what their runs predicted on the test split."""

import math
import statistics
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np

from mtlab.config.roles import FOR_THE_LOSS
from mtlab.dotted import look_up
from mtlab.report.analyse.accuracy_charts import has_no_weight
from mtlab.report.analyse.charts import (
    CONFUSION,
    CURVES,
    PERCEPTRON,
    SCATTER,
    TOTAL_LOSS,
    Chart,
    Line,
    Panel,
    Predictions,
)
from mtlab.report.analyse.groups import Group, group_labels
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.problems import problems_of
from mtlab.report.analyse.settings import grouped, labels
from mtlab.report.read.run import Run, finite_number

# Of all runs together, so that a page of many runs stays small; each keeps at least a few.
MOST_CURVE_POINTS = 4000
MOST_SCATTER_POINTS = 5000
POINTS_PER_CURVE = (20, 400)
POINTS_PER_SCATTER = (50, 500)
SPLITS = {"train": "training", "val": "validation"}
PERCEPTRON_ERROR = "training error: mean |sign(w·x + b) - y|"

MOST_PANELS = 6
DECIDE_LOSS = ("tasks", *FOR_THE_LOSS)

T = TypeVar("T")


class Curve(NamedTuple):
    """Runs of one configuration, and the epochs of each; `group` is the configuration's number."""

    label: str
    group: int
    runs: tuple[int, ...]
    epochs: tuple[Sequence[Mapping[str, Any]], ...]


def _curves(groups: Sequence[Group], num_groups: int) -> list[Curve]:
    """Of completed runs; of others where none completed. A report's only configuration needs no
    name.
    """
    names = group_labels(groups)
    return [
        Curve(
            names[group.number] if num_groups > 1 else "",
            group.number if num_groups > 1 else 0,
            tuple(run.number for run in group.measured or group.runs),
            tuple(run.epochs for run in group.measured or group.runs),
        )
        for group in groups
    ]


def curve_charts(groups: Sequence[Group]) -> Iterator[Chart]:
    """For each dataset and task first the loss beside the main measure, then charts of the other
    measures.
    """
    topics: dict[tuple[str, str, bool], list[Group]] = {}
    for group in groups:
        run = group.first
        for task in run.tasks if run.epochs else ():
            key = (run.dataset, task, run.text_at("model") == "perceptron")
            topics.setdefault(key, []).append(group)
    for (dataset, task, is_perceptron), found in topics.items():
        trained = [group for group in found if not has_no_weight(group.first, task)]
        kind = PERCEPTRON if is_perceptron else CURVES
        curves = _curves(trained or found, len(groups))
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
            last = next(epochs[-1] for epochs in curve.epochs if epochs)
            measured = look_up(last, f"{split}.{task}")
            names |= dict.fromkeys(measured if isinstance(measured, Mapping) else ())
    return sorted(names, key=lambda name: name != "loss")


def _parts(names: Sequence[str], num_first: int) -> Iterator[Sequence[str]]:
    if names:
        yield names[:num_first]
    for start in range(num_first, len(names), 2):
        yield names[start : start + 2]


def total_loss_charts(groups: Sequence[Group]) -> Iterator[Chart]:
    """The sum over several tasks, for each dataset; a panel for each weighting of the tasks."""
    summed = [group for group in groups if len(group.first.tasks) > 1 and group.first.epochs]
    for dataset, found in grouped(summed, lambda group: group.first.dataset).items():
        weightings = list(grouped(found, lambda group: _weighting(group.first)).values())
        names = _weighting_names([members[0].first for members in weightings])
        numbers = [group.number for group in found]
        curves = dict(zip(numbers, _curves(found, len(groups)), strict=True))
        panels = []
        for members, name in zip(weightings, names, strict=True):
            panel = curve_panel([curves[group.number] for group in members])
            tested = (_test_losses(group, curves[group.number]) for group in members)
            lines = [*panel.lines, *(line for found in tested for line in found)]
            panels += [panel._replace(title=name, lines=lines)] if panel.lines else []
        for start in range(0, len(panels), MOST_PANELS):
            shown = panels[start : start + MOST_PANELS]
            part = f"weightings {start + 1} to {start + len(shown)}"
            yield Chart(TOTAL_LOSS, dataset, TOTAL_LOSS.caption, shown, part=part)


def _test_losses(group: Group, curve: Curve) -> Iterator[Line]:
    """Each run's total loss on the test split, at the epoch whose weights were measured."""
    for run in group.measured:
        epoch, loss = run.number_at("kept_epoch"), run.number_at("losses.test")
        if epoch is not None and loss is not None:
            at = ((run.number,), (epoch,), (loss,))
            yield Line(curve.label, *at, group=curve.group, split="test")


def _weighting(run: Run) -> frozenset[tuple[str, str]]:
    """Everything that decides what the total loss is a sum of."""
    return frozenset(
        (key, text)
        for key, text in run.settings.items()
        if key.startswith("mtl.") or key.rpartition(".")[2] in DECIDE_LOSS
    )


def _weighting_names(firsts: Sequence[Run]) -> list[str]:
    """What tells weightings apart; nothing where there is one."""
    if len(firsts) < 2:
        return [""] * len(firsts)
    told = labels(
        [
            replace(run, settings=dict(_weighting(run)), summary={}, name="other weights")
            for run in firsts
        ]
    )
    return [told[run.number] for run in firsts]


def curve_panel(
    curves: Sequence[Curve], task: str = "", measure: str = "loss", is_perceptron: bool = False
) -> Panel:
    """A measure of a task over epochs, in the report's unit, or without a task the total loss; a
    perceptron's error is that of training alone.
    """
    path = f"{task}.{measure}" if task else measure
    metric = Metric(path)
    is_error = is_perceptron and measure == "loss"
    most = _share(MOST_CURVE_POINTS, len(curves), POINTS_PER_CURVE)
    lines = []
    for curve in curves:
        longest = max(curve.epochs, key=len)
        kept = thin([float(epoch["epoch"]) for epoch in longest], most, is_perceptron)
        for split, name in list(SPLITS.items())[: 1 if is_error else 2]:
            line = _mean_line(curve, f"{split}.{path}", metric, kept, is_perceptron)
            lines += [] if line is None else [replace(line, split=name)]
    over = "iteration" if is_perceptron else "epoch"
    title = metric.header if task else "total loss"
    return Panel(over, over, PERCEPTRON_ERROR if is_error else title, lines)


def _mean_line(
    curve: Curve, path: str, metric: Metric, epochs: Sequence[float], goes_on: bool
) -> Line | None:
    """Mean, lowest and highest of the runs that reached an epoch; None where nothing is known.

    Args:
        goes_on: A run that stopped keeps its last value.
    """
    known: dict[float, list[float]] = {epoch: [] for epoch in epochs}
    for one in curve.epochs:
        numbers = {
            float(epoch["epoch"]): metric.in_unit(value)
            for epoch in one
            if (value := finite_number(look_up(epoch, path))) is not None
        }
        last = max(numbers, default=0.0)
        for epoch in epochs if numbers else ():
            at = min(epoch, last) if goes_on else epoch
            known[epoch] += [numbers[at]] if at in numbers else []
    found = {epoch: values for epoch, values in known.items() if values}
    if not found:
        return None
    mean, low, high = (
        tuple(of(values) for values in found.values()) for of in (statistics.fmean, min, max)
    )
    band = (low, high) if low != high else ((), ())
    return Line(curve.label, curve.runs, tuple(found), mean, *band, group=curve.group)


def _share(most: int, num_runs: int, limits: tuple[int, int]) -> int:
    return max(limits[0], min(limits[1], most // num_runs))


def thin(values: Sequence[T], most: int, is_logarithmic: bool = False) -> tuple[T, ...]:
    """At most so many of them with the first and the last, evenly spaced on the axis that shows
    them.
    """
    last = len(values) - 1
    if last < most:
        return tuple(values)
    even = np.linspace(0, last, most)
    places = np.expm1(np.linspace(0, np.log1p(last), most)) if is_logarithmic else even
    return tuple(values[place] for place in sorted({round(place) for place in places}))


def prediction_charts(groups: Sequence[Group]) -> Iterator[Chart]:
    """Confusion matrices and scatters of all completed runs."""
    for problem, members in problems_of(groups).items():
        task = members[0][1]
        runs = [run for group, _ in members for run in group.runs if run.is_completed]
        counts = {run.number: matrix for run in runs if (matrix := run.confusion(task))}
        if counts:
            best = _best(runs, counts, f"val.{task}.accuracy", 1)
            predictions = Predictions(best.number, best.class_names(task), counts)
            caption = _choice(best, f"val.{task}.accuracy", "the highest validation accuracy")
            yield Chart(CONFUSION, problem, caption, predictions=predictions)
        scatters = {run.number: pairs for run in runs if (pairs := run.scatter(task))}
        if scatters:
            best = _best(runs, scatters, f"val.{task}.mae", -1)
            share = _share(MOST_SCATTER_POINTS, len(runs), POINTS_PER_SCATTER)
            points = {
                run: thin(pairs, POINTS_PER_SCATTER[1] if run == best.number else share)
                for run, pairs in scatters.items()
            }
            caption = _choice(best, f"val.{task}.mae", "the lowest validation error")
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


def _choice(run: Run, path: str, reason: str) -> str:
    told = f", the one with {reason}" if run.number_at(path) is not None else ""
    return f"Test split, run {run.number} ({run.name}){told}."
