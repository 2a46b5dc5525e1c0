"""Charts as Matplotlib figures: the one drawing of each, for the page and for files."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from mtlab.drawing.axes import (
    limit_percent,
    show_costs,
    show_epochs,
    show_grid,
    show_logarithmic,
)
from mtlab.drawing.lettering import shortened
from mtlab.report.analyse.charts import Chart, Panel
from mtlab.report.write.lambda_axes import draw_over_lambda
from mtlab.report.write.legend import add_legend
from mtlab.report.write.lines import dodges, draw_accuracies, draw_curve, draw_guide
from mtlab.report.write.looks import Look, looks_of
from mtlab.report.write.prediction_figures import confusion_figure, scatter_figure
from mtlab.report.write.svg import ChartFigure

LONGEST_TITLE = 90
MOST_COLUMNS = 3
MARGIN = 0.08
LOGARITHMIC_FROM_ITERATIONS = 20


def chart_figure(chart: Chart, places: Mapping[int, int] | None = None) -> ChartFigure:
    """`places` are the configurations' places among the colours."""
    if chart.predictions is None:
        return lines_figure(chart.panels, chart.title, places)
    run, names, values = chart.predictions
    if names is not None:
        return confusion_figure(values[run], names, chart.topic, run)
    every_value = [value for pairs in values.values() for pair in pairs for value in pair]
    limits = (min(every_value), max(every_value))
    return scatter_figure(values[run], chart.topic, run, limits)


def lines_figure(
    panels: Sequence[Panel], title: str, places: Mapping[int, int] | None = None
) -> ChartFigure:
    """Panels side by side, in rows of three at most, with one legend."""
    num_columns = 2 if len(panels) == 4 else min(len(panels), MOST_COLUMNS)
    num_rows = math.ceil(len(panels) / num_columns)
    figure = ChartFigure(
        7.6 if num_columns == 1 else 10.5, 4.3 if num_rows == 1 else 3.2 * num_rows
    )
    lines = [line for panel in panels for line in panel.lines]
    looks = looks_of(lines, places or {})
    every_axes = list(figure.subplots(num_rows, num_columns, squeeze=False).flat)
    for axes, panel in zip(every_axes, panels, strict=False):
        axes.set(xlabel=panel.x_title, ylabel=panel.y_title)
        axes.set_title(panel.title, fontsize=10)
        show_grid(axes)
        if panel.over == "lambda":
            draw_over_lambda(figure, axes, panel, looks)
        else:
            _draw(figure, axes, panel, looks)
    for axes in every_axes[len(panels) :]:
        axes.remove()
    for axes in every_axes[: len(panels)] if num_rows > 1 else ():
        # Little axes have room for few numbers.
        axes.locator_params(axis="y", nbins=4)
    add_legend(figure, looks, lines)
    figure.suptitle(shortened(title, LONGEST_TITLE), fontsize=11)
    return figure


def _draw(figure: ChartFigure, axes: Axes, panel: Panel, looks: Mapping[str, Look]) -> None:
    num_bands = sum(bool(line.low) for line in panel.lines)
    for line, dodge in zip(panel.lines, dodges(figure, axes, panel.lines), strict=True):
        look = looks[line.label]
        if line.split:
            draw_curve(figure, axes, line, panel.over, look, num_bands)
        elif line.style == "front":
            draw_guide(figure, axes, line, look)
        else:
            draw_accuracies(figure, axes, line, panel.over, look, dodge)
    axes.update_datalim([place for line in panel.lines for place in line.ends()])
    axes.autoscale_view()
    places = [value for line in panel.lines for value in line.x]
    if panel.over in ("epoch", "iteration"):
        if panel.over == "iteration" and max(places) > LOGARITHMIC_FROM_ITERATIONS:
            show_logarithmic(axes, max(places))
        else:
            show_epochs(axes, math.ceil(max(places)))
        axes.autoscale_view(scalex=False)
        # No error is below zero.
        axes.set_ylim(bottom=0 if panel.over == "iteration" else None)
        return
    axes.margins(x=MARGIN)
    show_costs(axes, places)
    limit_percent(axes)
