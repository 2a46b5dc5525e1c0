"""Accuracy against lambda and against costs, drawn with Matplotlib."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mtlab.drawing.axes import limit_percent, show_costs, within_percent
from mtlab.drawing.lettering import shortened
from mtlab.report.palette import FRONT_COLOUR, MARKERS, OKABE_ITO
from mtlab.report.plot_curves import LONGEST_LABEL, Look, add_legend, add_title, looks
from mtlab.report.series import LambdaPanel, Point, Tradeoff

UNNAMED = Look("0.7", "o")


def lambda_figure(panel: LambdaPanel) -> Figure:
    """One line per task."""
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    axes = figure.subplots()
    lines = [
        axes.errorbar(
            [point.x for point in line.points],
            [point.accuracy.mean for point in line.points],
            yerr=_bars(line.points),
            color=OKABE_ITO[position % len(OKABE_ITO)],
            marker=MARKERS[position % len(MARKERS)],
            markersize=5,
            linewidth=1.5,
            capsize=3,
            label=shortened(line.label, LONGEST_LABEL),
            clip_on=False,
        )
        for position, line in enumerate(panel.lines)
    ]
    axes.set_xlabel("lambda (weight of the first task's loss)")
    axes.set_ylabel("test accuracy [%]")
    _finish(axes)
    add_legend(figure, lines)
    add_title(figure, panel.dataset)
    return figure


def tradeoff_figure(panels: Sequence[Tradeoff]) -> Figure:
    """One panel per cost; points on the Pareto front are filled and joined."""
    figure = Figure(figsize=(10.5, 4.4), layout="constrained")
    labels = {point.group: point.label for panel in panels for point in panel.points}
    shown = looks(list(labels))
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _draw_tradeoff(axes, panel, shown)
    handles = [Line2D([], [], color=FRONT_COLOUR, linewidth=1, linestyle=":", label="Pareto front")]
    handles += [
        Line2D(
            [],
            [],
            color=look.colour,
            marker=look.marker,
            linestyle="",
            label=shortened(labels[group], LONGEST_LABEL),
        )
        for group, look in shown.items()
    ]
    if len(labels) > len(shown):
        more = len(labels) - len(shown)
        handles.append(
            Line2D([], [], color=UNNAMED.colour, marker="o", linestyle="", label=f"{more} more")
        )
    add_legend(figure, handles)
    add_title(figure, panels[0].problem)
    return figure


def _draw_tradeoff(axes: Axes, panel: Tradeoff, shown: dict[int, Look]) -> None:
    front = sorted((p.x, p.accuracy.mean) for p in panel.points if p.on_front)
    axes.plot(*zip(*front, strict=True), color=FRONT_COLOUR, linewidth=1, linestyle=":", zorder=1)
    alike: dict[tuple[Look, bool], list[Point]] = {}
    for point in panel.points:
        look = shown.get(point.group, UNNAMED)
        alike.setdefault((look, point.on_front), []).append(point)
    for (look, on_front), points in alike.items():
        axes.errorbar(
            [point.x for point in points],
            [point.accuracy.mean for point in points],
            yerr=_bars(points),
            color=look.colour,
            marker=look.marker,
            markersize=7,
            markerfacecolor=look.colour if on_front else "white",
            capsize=3,
            linestyle="",
            clip_on=False,
        )
    show_costs(axes, [point.x for point in panel.points])
    axes.set_xlabel(panel.cost.header)
    axes.set_ylabel("test accuracy [%]")
    _finish(axes)


def _bars(points: Sequence[Point]) -> list[list[float]] | None:
    """How far the 95% intervals reach below and above; None where no point has one."""
    accuracies = [point.accuracy for point in points]
    if not any(accuracy.half_width for accuracy in accuracies):
        return None
    reaches = [within_percent(accuracy.mean, accuracy.half_width) for accuracy in accuracies]
    return [[below for below, _ in reaches], [above for _, above in reaches]]


def _finish(axes: Axes) -> None:
    limit_percent(axes)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
