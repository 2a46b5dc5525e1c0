"""The look of every figure: title, grid, legend, colour bar, and few ticks written in full."""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

# A cost that spans more than this is read better on a logarithmic axis.
LOGARITHMIC_FROM_RATIO = 8
MOST_TICKS = 4
MOST_EPOCH_TICKS = 6
MOST_LEGEND_ROWS = 16
# What each power of ten is multiplied by on a logarithmic axis, while the highest value is at most
# so many times the lowest.
STEPS_BY_SPAN = ((40.0, (1.0, 2.0, 5.0)), (500.0, (1.0, 3.0)), (math.inf, (1.0,)))


def new_figure(title: str, width: float, height: float) -> Figure:
    """A figure of so many inches under a title."""
    figure = Figure(figsize=(width, height), layout="constrained")
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def add_colour_bar(
    figure: Figure,
    norm: Normalize,
    colour_map: str,
    label: str,
    **place: Any,  # noqa: ANN401 - as matplotlib takes it
) -> None:
    """A bar that says which number has which colour."""
    bar = figure.colorbar(ScalarMappable(norm, colour_map), **place)
    bar.set_label(label, fontsize=8)
    bar.ax.tick_params(labelsize=7)


def short_number(value: float) -> str:
    """`950`, `1.5 k`, `2 M`: at most four digits, no power of ten."""
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{value / unit:.4g} {name}"
    return f"{value:.4g}"


def show_costs(axes: Axes, costs: Sequence[float]) -> None:
    """Ticks that do not touch each other; logarithmic where the costs span much."""
    low, high = min(costs), max(costs)
    if low > 0 and high / low > LOGARITHMIC_FROM_RATIO:
        show_logarithmic(axes, high / low)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(MOST_TICKS))
        axes.xaxis.set_major_formatter(lambda value, _: short_number(value))


def show_logarithmic(axes: Axes, span: float) -> None:
    """A logarithmic x axis with numbers written in full: powers of ten would need formulas.

    `span` is the highest value divided by the lowest.
    """
    axes.set_xscale("log")
    steps = next(steps for most, steps in STEPS_BY_SPAN if span <= most)
    axes.xaxis.set_major_locator(LogLocator(subs=steps, numticks=2 * MOST_TICKS))
    axes.xaxis.set_major_formatter(lambda value, _: short_number(value))
    axes.xaxis.set_minor_formatter(NullFormatter())


def show_grid(axes: Axes) -> None:
    """A faint grid behind what is drawn, and no frame above and to the right."""
    axes.set_axisbelow(True)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def add_legend_beside(
    axes: Axes, handles: Sequence[Artist], title: str, left: float, *, is_high: bool = False
) -> None:
    """A legend in columns, to the right of the axes; it begins at `left` widths of them.

    Its middle is that of the axes, or if it `is_high` its upper end.
    """
    place: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (left, 0.5), "frameon": False}
    if is_high:
        place |= {"loc": "upper left", "bbox_to_anchor": (left, 1.0), "borderaxespad": 0.0}
    num_columns = -(-len(handles) // MOST_LEGEND_ROWS)
    axes.legend(handles=handles, title=title, fontsize=8, ncols=num_columns, **place)


def show_epochs(axes: Axes, last: int) -> None:
    """Whole numbers, with room beside the first and the last."""
    axes.xaxis.set_major_locator(MaxNLocator(MOST_EPOCH_TICKS, integer=True, min_n_ticks=1))
    axes.set_xlim(0.5, max(last, 1) + 0.5)


def limit_percent(axes: Axes) -> None:
    """No part of the y axis below 0% or above 100%."""
    low, high = axes.get_ylim()
    if math.isfinite(low) and math.isfinite(high):
        axes.set_ylim(max(low, 0.0), min(high, 100.0))
