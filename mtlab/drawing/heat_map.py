"""One number for each pair of classes, as triangles of a grid side by side."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import Normalize, PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mtlab.drawing.axes import add_colour_bar, new_figure
from mtlab.drawing.colours import LINE_COLOURS

MOST_CLASSES_WITH_NUMBERS = 12
GREY = 0.78
FRAME_COLOUR = LINE_COLOURS[1]
COLOUR_MAP = "viridis_r"


class PairGrid(NamedTuple):
    """Numbers of pairs, `(classes, classes)`, NaN where there is none, and how they are written.

    `marked` cells have a frame, `greyed` ones stand outside the colour scale.
    """

    title: str
    values: npt.NDArray[np.floating]
    write: Callable[[float], str]
    marked: npt.NDArray[np.bool_] | None = None
    greyed: npt.NDArray[np.bool_] | None = None


def draw_pair_grids(
    grids: Sequence[PairGrid],
    class_names: Sequence[str],
    title: str,
    bar_label: str,
    *,
    highest: float,
) -> Figure:
    """Draw the grids with one colour bar from 0 to `highest`; small numbers get more of it."""
    side = min(1.4 + 0.37 * len(class_names), 11)
    figure = new_figure(title, side * len(grids) + 1.2, side + 0.6)
    norm = PowerNorm(0.5, 0, highest)
    axes_row = figure.subplots(1, len(grids), squeeze=False)[0]
    for axes, grid in zip(axes_row, grids, strict=True):
        _draw_grid(axes, grid, class_names, norm)
    add_colour_bar(figure, norm, COLOUR_MAP, bar_label, ax=list(axes_row), shrink=0.75)
    return figure


def _draw_grid(axes: Axes, grid: PairGrid, class_names: Sequence[str], norm: Normalize) -> None:
    axes.imshow(grid.values, cmap=COLOUR_MAP, norm=norm)
    none = np.zeros(grid.values.shape, dtype=bool)
    marked = none if grid.marked is None else grid.marked
    greyed = none if grid.greyed is None else grid.greyed
    axes.imshow(np.where(greyed, GREY, np.nan), cmap="gray", vmin=0, vmax=1)
    for row, column in np.argwhere(np.isfinite(grid.values)):
        value = float(grid.values[row, column])
        if len(class_names) <= MOST_CLASSES_WITH_NUMBERS:
            red, green, blue, _ = matplotlib.colormaps[COLOUR_MAP](norm(value))
            is_dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5 and not greyed[row, column]
            text = axes.text(column, row, grid.write(value), ha="center", va="center", fontsize=8)
            text.set_color("white" if is_dark else "black")
        if marked[row, column]:
            # Half of a frame at the edge lies outside the axes.
            frame = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, clip_on=False, zorder=3)
            axes.add_patch(frame).set(edgecolor=FRAME_COLOUR, linewidth=2.2)
    are_long = max(len(name) for name in class_names) > 3
    axes.set_xticks(range(len(class_names)), class_names, fontsize=8)
    if are_long:
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(class_names)), class_names, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(xlabel="first class", ylabel="second class")
    axes.set_title(grid.title, fontsize=10)
