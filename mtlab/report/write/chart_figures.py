"""Charts as Matplotlib figures: the one drawing of each, for the page and for files."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mtlab.drawing.axes import (
    limit_percent,
    short_number,
    show_costs,
    show_epochs,
    show_grid,
    show_logarithmic,
    within_percent,
)
from mtlab.drawing.colours import LINE_COLOURS, LINE_MARKERS
from mtlab.drawing.lettering import shortened
from mtlab.report.analyse.charts import Chart, Line, Panel
from mtlab.report.analyse.groups import Estimate
from mtlab.report.write.prediction_figures import confusion_figure, scatter_figure
from mtlab.report.write.svg import ChartFigure

MOST_NAMED = 14
LONGEST_LABEL = 60
LONGEST_LABEL_IN_THREE_COLUMNS = 36
LONGEST_LABEL_BESIDE = 30
ROW_INCHES = 0.18
LONGEST_TITLE = 90
MOST_MARKERS = 600
LOGARITHMIC_FROM_ITERATIONS = 100
# Of the page; what a marker that is not filled shows.
WHITE = "#ffffff"
SPLIT_STYLES = {"training": "-", "validation": "--"}


class Look(NamedTuple):
    """How lines of one label look; `key` is what the legend switches them by."""

    key: str
    colour: str
    marker: str


OTHERS = Look("others", "#b5b5b5", "o")
"""Of lines that the legend has no room to name."""
FRONT = Look("front", "#888888", "")


def chart_figure(chart: Chart) -> ChartFigure:
    if chart.predictions is None:
        return lines_figure(chart.panels, chart.topic)
    run, names, values = chart.predictions
    if names is not None:
        return confusion_figure(values[run], names, chart.topic, run)
    every_value = [value for pairs in values.values() for pair in pairs for value in pair]
    limits = (min(every_value), max(every_value))
    return scatter_figure(values[run], chart.topic, run, limits)


def lines_figure(panels: Sequence[Panel], title: str) -> ChartFigure:
    """Panels side by side with one legend."""
    figure = ChartFigure(10.5, 4.3)
    lines = [line for panel in panels for line in panel.lines]
    looks = _looks(lines)
    row = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, panel in zip(row, panels, strict=True):
        is_crowded = sum(len(line.x) for line in panel.lines) > MOST_MARKERS
        for line in panel.lines:
            if line.split:
                _draw_curve(figure, axes, line, panel.over, looks[line.label], is_crowded)
            else:
                _draw_accuracies(figure, axes, line, panel.over, looks[line.label])
        axes.update_datalim(
            [place for line in panel.lines for place in zip(line.x, line.y, strict=True)]
        )
        axes.autoscale_view()
        _finish(axes, panel)
    _add_legend(figure, looks, lines)
    figure.suptitle(shortened(title, LONGEST_TITLE), fontsize=11)
    return figure


def _looks(lines: Sequence[Line]) -> dict[str, Look]:
    """By label, a colour and a marker for each of the first; the rest are drawn grey."""
    looks = {line.label: FRONT for line in lines if line.style == "front"}
    others = dict.fromkeys(line.label for line in lines if line.label not in looks)
    for position, label in enumerate(others):
        turn, place = divmod(position, len(LINE_COLOURS))
        marker = LINE_MARKERS[turn % len(LINE_MARKERS)]
        named = Look(f"g{position}", LINE_COLOURS[place], marker)
        looks[label] = named if position < MOST_NAMED else OTHERS
    return looks


def _draw_accuracies(figure: ChartFigure, axes: Axes, line: Line, over: str, look: Look) -> None:
    """Points with their 95% intervals as far as percents go."""
    if line.style == "front":
        drawn = axes.plot(line.x, line.y, ":", color=look.colour, linewidth=1, zorder=1)
        figure.mark(drawn, keys=[look.key])
        return
    is_published, is_joined = line.style == "published", line.style == "joined"
    reaches = [within_percent(one.mean, one.half_width) for one in line.estimates]
    points, caps, bars = axes.errorbar(
        line.x,
        line.y,
        yerr=list(zip(*reaches, strict=True)) if any(map(any, reaches)) else None,
        capsize=3,
        color=look.colour,
        linewidth=1.5,
        linestyle="-" if is_joined else "",
        marker="x" if is_published else look.marker,
        markersize={"joined": 5, "published": 6, "points": 7}[line.style],
        markerfacecolor=look.colour if line.on_front else WHITE,
        clip_on=False,
    ).lines
    told = list(map(_told, line.estimates)) or [f"{value:.2f} %" for value in line.y]
    figure.mark([*caps, *bars], keys=[look.key], runs=line.runs)
    figure.mark(
        [points],
        keys=[look.key],
        runs=line.runs,
        label=f"{line.label}, published" if is_published else line.label,
        over=over,
        x=[short_number(value).replace(" ", "\N{NO-BREAK SPACE}") for value in line.x],
        y="|".join(told),
    )


def _told(estimate: Estimate) -> str:
    reach = "" if estimate.half_width is None else f" ± {estimate.half_width:.2f}"
    return f"{estimate.mean:.2f}{reach} %" + (f", n = {estimate.n}" if estimate.n > 1 else "")


def _draw_curve(
    figure: ChartFigure, axes: Axes, line: Line, over: str, look: Look, is_crowded: bool
) -> None:
    is_named = look is not OTHERS
    drawn = Line2D(line.x, line.y, color=look.colour, clip_on=False)
    drawn.set(linestyle=SPLIT_STYLES[line.split], zorder=2 if is_named else 1)
    drawn.set_linewidth(1.4 if is_named and not is_crowded else 0.8)
    # After a single epoch there is no line whose dashes tell the splits apart.
    if not is_crowded or len(line.x) == 1:
        fill = WHITE if line.split == "validation" else look.colour
        drawn.set(marker=look.marker, markersize=4, markerfacecolor=fill)
    # Asking each line where it reaches takes most of the time: the axes know it of all together.
    drawn.set_in_layout(False)
    axes.add_artist(drawn)
    figure.mark(
        [drawn],
        keys=[look.key, line.split],
        runs=line.runs,
        over="" if over == "epoch" else over,
        x=[] if line.x == tuple(range(1, len(line.x) + 1)) else [f"{value:g}" for value in line.x],
        y="|".join(f"{value:.4g}" for value in line.y),
    )


def _finish(axes: Axes, panel: Panel) -> None:
    axes.set_xlabel(panel.x_title)
    axes.set_ylabel(panel.y_title)
    show_grid(axes)
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
    if panel.over != "lambda":
        show_costs(axes, places)
    limit_percent(axes)


def _add_legend(figure: ChartFigure, looks: Mapping[str, Look], lines: Sequence[Line]) -> None:
    """Beside the axes at half their height, where the title does not reach; below them, in a
    figure made higher, where long labels would take the axes' room.
    """
    handles = []
    splits = dict.fromkeys(line.split for line in lines if line.split)
    for split in splits if len(splits) > 1 else ():
        handles.append(_handle(Look(split, "#777777", "o"), split, SPLIT_STYLES[split]))
        handles[-1].set_markerfacecolor(WHITE if split == "validation" else "#777777")
    joined = "-" if any(line.style == "joined" for line in lines) else ""
    named = {label: look for label, look in looks.items() if label and look is not OTHERS}
    for label, look in named.items():
        line_style = ":" if look is FRONT else joined
        handles.append(_handle(look, shortened(label, LONGEST_LABEL), line_style))
    num_others = sum(look is OTHERS for look in looks.values())
    if num_others:
        handles.append(_handle(OTHERS, f"{num_others} more configurations", joined))
    longest = max((len(str(handle.get_label())) for handle in handles), default=0)
    style: dict[str, Any] = {"handlelength": 2.8, "frameon": False, "fontsize": 8}
    if longest <= LONGEST_LABEL_BESIDE:
        legend = figure.legend(handles=handles, loc="outside right center", **style)
    else:
        style["ncols"] = 3 if longest <= LONGEST_LABEL_IN_THREE_COLUMNS else 2
        num_rows = math.ceil(len(handles) / style["ncols"])
        figure.set_figheight(figure.get_figheight() + ROW_INCHES * num_rows)
        legend = figure.legend(handles=handles, loc="outside lower center", **style)
    parts = zip(handles, legend.legend_handles, legend.get_texts(), strict=True)
    for handle, drawn, text in parts:
        figure.mark([drawn, text], switch=handle.get_gid())


def _handle(look: Look, label: str, line_style: str) -> Line2D:
    """A line for the legend; its gid is what it switches."""
    handle = Line2D([], [], color=look.colour, marker=look.marker, markersize=4)
    handle.set(linestyle=line_style, gid=look.key, label=label)
    return handle
