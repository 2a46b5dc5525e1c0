"""The report's figures, as PNG for looking at and as SVG for printing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from mtlab.drawing.lettering import FileNames
from mtlab.report.answers import Confusion, Scatter
from mtlab.report.content import Report
from mtlab.report.series import Curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Answers = TypeVar("Answers", Confusion, Scatter)

MOST_OF_A_KIND = 4
"""Figures of one kind in a report of several experiments; the page shows all of them."""
MOST_OF_ONE_EXPERIMENT = 12
"""The same where all runs belong to one experiment, whose figures belong together."""


@dataclass(frozen=True)
class Plot:
    """A figure to draw.

    Attributes:
        words: What it shows; its name is made of them.
        name: Of its files, without the ending.
    """

    words: tuple[str, ...]
    title: str
    caption: str
    draw: Callable[[], Figure]
    name: str = ""


@dataclass(frozen=True)
class PlannedPlots:
    """A report's figures.

    Attributes:
        left_out: A line for each kind of which there are too many to draw.
    """

    plots: tuple[Plot, ...]
    left_out: tuple[str, ...]


def planned_plots(report: Report) -> PlannedPlots:
    """Accuracy charts first, then curves, then confusion matrices; at most so many of a kind."""
    is_one_experiment = len({run.experiment for run in report.runs}) == 1
    most = MOST_OF_ONE_EXPERIMENT if is_one_experiment else MOST_OF_A_KIND
    names = FileNames()
    plots: list[Plot] = []
    left_out = []
    for kind, find in _KINDS.items():
        found = list(find(report))
        plots += [replace(plot, name=names.claim(*plot.words)) for plot in found[:most]]
        if len(found) > most:
            left_out.append(f"{most} of {len(found)} {kind} drawn; the page has all")
    return PlannedPlots(tuple(plots), tuple(left_out))


def _lambda_plots(report: Report) -> Iterator[Plot]:
    from mtlab.report.plot_accuracy import lambda_figure

    for panel in report.lambda_panels:
        yield Plot(
            ("lambda", panel.dataset),
            f"Accuracy against lambda: {panel.dataset}",
            "The loss is lambda times the first task's plus (1 - lambda) times the second's."
            " Bars are 95% intervals over seeds.",
            lambda panel=panel: lambda_figure(panel),  # type: ignore[misc]
        )


def _tradeoff_plots(report: Report) -> Iterator[Plot]:
    from mtlab.report.plot_accuracy import tradeoff_figure

    for problem in dict.fromkeys(tradeoff.problem for tradeoff in report.tradeoffs):
        panels = [tradeoff for tradeoff in report.tradeoffs if tradeoff.problem == problem]
        yield Plot(
            ("cost", problem),
            f"Accuracy against parameters and time: {problem}",
            "Filled points lie on the Pareto front: no other is cheaper and as accurate, or as"
            " cheap and more accurate. Bars are 95% intervals over seeds.",
            lambda panels=panels: tradeoff_figure(panels),  # type: ignore[misc]
        )


def _by_topic(curves: Sequence[Curve], are_perceptrons: bool) -> dict[str, list[Curve]]:
    topics: dict[str, list[Curve]] = {}
    for curve in curves:
        if curve.is_perceptron is are_perceptrons:
            topics.setdefault(curve.topic, []).append(curve)
    return topics


def _curve_plots(report: Report) -> Iterator[Plot]:
    from mtlab.report.plot_curves import learning_curves_figure

    for topic, curves in _by_topic(report.curves, are_perceptrons=False).items():
        yield Plot(
            ("curves", topic),
            f"Learning curves: {topic}",
            "One line per run, one colour per configuration. Solid: training, while the weights"
            " moved; dashed and hollow: validation, at the end of the epoch.",
            lambda topic=topic, curves=curves: learning_curves_figure(  # type: ignore[misc]
                topic, curves, report.labels_of(curves)
            ),
        )


def _perceptron_plots(report: Report) -> Iterator[Plot]:
    from mtlab.report.plot_curves import perceptron_figure

    for topic, curves in _by_topic(report.curves, are_perceptrons=True).items():
        yield Plot(
            ("perceptron", topic),
            f"Error curves of perceptrons: {topic}",
            "Mean of |sign(w·x + b) - y| over the training images after each iteration, with"
            " labels -1 and +1: 2 is all wrong, 0 is all right.",
            lambda topic=topic, curves=curves: perceptron_figure(  # type: ignore[misc]
                topic, curves, report.labels_of(curves)
            ),
        )


def _confusion_plots(report: Report) -> Iterator[Plot]:
    from mtlab.report.figures import confusion_figure

    best = _best_on_validation(report, report.confusions, "accuracy", higher_is_better=True)
    for problem, confusion in best.items():
        run = report.runs[confusion.run - 1]
        yield Plot(
            ("confusion", problem),
            f"Confusion matrix: {problem}",
            f"Test split, run {run.number} ({run.name}), the one with the highest validation"
            " accuracy.",
            lambda confusion=confusion, run=run, problem=problem: confusion_figure(  # type: ignore[misc]
                confusion.counts, confusion.class_names,
                f"{problem}, test split, run {run.number}",
            ),
        )  # fmt: skip


def _scatter_plots(report: Report) -> Iterator[Plot]:
    from mtlab.report.scatter import scatter_figure

    best = _best_on_validation(report, report.scatters, "mae", higher_is_better=False)
    for problem, scatter in best.items():
        run = report.runs[scatter.run - 1]
        yield Plot(
            ("scatter", problem),
            f"Predicted against true: {problem}",
            f"Test split, run {run.number} ({run.name}), the one with the lowest mean absolute"
            " error on validation. A perfect answer lies on the dashed line.",
            lambda scatter=scatter, run=run, problem=problem: scatter_figure(  # type: ignore[misc]
                scatter.true, scatter.predicted, f"{problem}, test split, run {run.number}"
            ),
        )


def _best_on_validation(
    report: Report, answers: Sequence[Answers], figure: str, *, higher_is_better: bool
) -> dict[str, Answers]:
    """Of each problem the run to show. A choice on the test split would flatter the figure."""
    best: dict[str, tuple[float, Answers]] = {}
    for answer in answers:
        run = report.runs[answer.run - 1]
        value = run.number_at(f"val.{answer.task}.{figure}")
        # An ensemble has no validation figure, and is shown only where nothing else is.
        rank = -math.inf if value is None else value if higher_is_better else -value
        if answer.problem not in best or rank > best[answer.problem][0]:
            best[answer.problem] = (rank, answer)
    return {problem: answer for problem, (_, answer) in best.items()}


_KINDS: dict[str, Callable[[Report], Iterator[Plot]]] = {
    "charts over lambda": _lambda_plots,
    "charts over costs": _tradeoff_plots,
    "learning curves": _curve_plots,
    "error curves of perceptrons": _perceptron_plots,
    "confusion matrices": _confusion_plots,
    "scatters of predicted against true values": _scatter_plots,
}
