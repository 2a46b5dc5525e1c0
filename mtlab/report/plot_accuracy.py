"""Accuracy against lambda and against costs, drawn with Matplotlib."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mtlab.report.palette import FRONT_COLOUR, MARKERS, OKABE_ITO
from mtlab.report.plot_curves import Look, looks
from mtlab.report.series import LambdaPanel, Point, Tradeoff

UNNAMED = Look("0.7", "o")
# A cost that spans more than this is read better on a logarithmic axis.
LOGARITHMIC_FROM_RATIO = 8


def lambda_figure(panel: LambdaPanel) -> Figure:
    """One line per task."""
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    axes = figure.subplots()
    for position, line in enumerate(panel.lines):
        axes.errorbar(
            [point.x for point in line.points],
            [point.accuracy.mean for point in line.points],
            yerr=_bars(line.points),
            color=OKABE_ITO[position % len(OKABE_ITO)],
            marker=MARKERS[position % len(MARKERS)],
            markersize=5,
            linewidth=1.5,
            capsize=3,
            label=line.label,
        )
    axes.set_xlabel("lambda (weight of the first task's loss)")
    axes.set_ylabel("test accuracy [%]")
    _finish(axes)
    figure.legend(loc="outside right upper", frameon=False, fontsize=9)
    figure.suptitle(panel.dataset, fontsize=11)
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
        Line2D([], [], color=look.colour, marker=look.marker, linestyle="", label=labels[group])
        for group, look in shown.items()
    ]
    if len(labels) > len(shown):
        more = len(labels) - len(shown)
        handles.append(
            Line2D([], [], color=UNNAMED.colour, marker="o", linestyle="", label=f"{more} more")
        )
    figure.legend(handles=handles, loc="outside right upper", frameon=False, fontsize=8)
    figure.suptitle(panels[0].problem, fontsize=11)
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
        )
    costs = [point.x for point in panel.points]
    if min(costs) > 0 and max(costs) / min(costs) > LOGARITHMIC_FROM_RATIO:
        axes.set_xscale("log")
    axes.set_xlabel(panel.cost.header)
    axes.set_ylabel("test accuracy [%]")
    if panel.cost.unit == "" and axes.get_xscale() == "linear":
        axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:,.0f} k")
    _finish(axes)


def _bars(points: Sequence[Point]) -> list[float] | None:
    """Half widths of the 95% intervals; None where no point has one."""
    widths = [point.accuracy.half_width for point in points]
    return [width or 0.0 for width in widths] if any(widths) else None


def _finish(axes: Axes) -> None:
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
