"""The report's figures, as PNG for looking at and as SVG for printing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mtlab.report.answers import Confusion, Scatter
from mtlab.report.content import Report
from mtlab.report.series import Curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Answers = TypeVar("Answers", Confusion, Scatter)

DOTS_PER_INCH = 150
MOST_OF_A_KIND = 4
"""Figures of one kind in one report; the page shows all of them."""


@dataclass(frozen=True)
class Plot:
    """A figure to draw.

    Attributes:
        name: Of its files, without the ending.
    """

    name: str
    title: str
    caption: str
    draw: Callable[[], Figure]


def draw_plots(report: Report, folder: Path) -> list[Plot]:
    """Write every figure of the report as PNG and SVG; returns what was drawn, in order."""
    import matplotlib as mpl

    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    # A fixed salt and no date: the same runs give the same bytes.
    with mpl.rc_context({"svg.hashsalt": "mtlab"}):
        for plot in planned_plots(report):
            figure = plot.draw()
            fast = {"compress_level": 3}
            figure.savefig(folder / f"{plot.name}.png", dpi=DOTS_PER_INCH, pil_kwargs=fast)
            # The layout is found; finding it again for the SVG would take most of its time.
            figure.set_layout_engine("none")
            figure.savefig(folder / f"{plot.name}.svg", metadata={"Date": None})
            drawn.append(plot)
    return drawn


def planned_plots(report: Report) -> list[Plot]:
    """Accuracy charts first, then curves, then what was answered; at most so many of a kind."""
    plots: list[Plot] = []
    for kind in (
        _lambda_plots, _tradeoff_plots, _curve_plots, _perceptron_plots, _confusion_plots,
        _scatter_plots,
    ):  # fmt: skip
        found = list(kind(report))
        plots += found[:MOST_OF_A_KIND]
    return plots


def file_name(*parts: str) -> str:
    """Words joined by underscores, nothing but letters, digits and dashes."""
    return "_".join(re.sub(r"[^\w-]+", "-", part).strip("-") for part in parts)


def _lambda_plots(report: Report) -> Iterator[Plot]:
    from mtlab.report.plot_accuracy import lambda_figure

    for panel in report.lambda_panels:
        yield Plot(
            file_name("lambda", panel.dataset),
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
            file_name("cost", problem),
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
            file_name("curves", topic),
            f"Learning curves: {topic}",
            "One line per run, one colour per configuration. Solid: training, while the weights"
            " moved; dashed: validation, at the end of the epoch.",
            lambda topic=topic, curves=curves: learning_curves_figure(  # type: ignore[misc]
                topic, curves, report.labels_of(curves)
            ),
        )


def _perceptron_plots(report: Report) -> Iterator[Plot]:
    from mtlab.report.plot_curves import perceptron_figure

    for topic, curves in _by_topic(report.curves, are_perceptrons=True).items():
        yield Plot(
            file_name("perceptron", topic),
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
            file_name("confusion", problem),
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
            file_name("scatter", problem),
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
