"""Many small images in rows and columns, with titles and one colour bar for all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

FloatArray = npt.NDArray[np.floating]

GAP = 0.12
"""Space between tiles as a share of a tile's width."""
LABEL_POINTS = 7
LABEL_INCHES = LABEL_POINTS / 72
"""Height of a label in inches."""
TITLE_INCHES = 0.3
BAR_INCHES = 0.9
MARGIN_INCHES = 0.12
MOST_BAR_INCHES = 3.6


@dataclass(frozen=True)
class Panel:
    """Tiles under a title.

    Attributes:
        tiles: `(num_tiles, height, width)`, or `(num_tiles, height, width, 3)` of colours in
            [0, 1].
        labels: One per tile, written above it; none for tiles without text.
        num_columns: Tiles in a row.
    """

    title: str
    tiles: FloatArray
    labels: Sequence[str] = ()
    num_columns: int = 8

    @property
    def label_inches(self) -> float:
        """Room for a label above each tile."""
        lines = max((label.count("\n") + 1 for label in self.labels), default=0)
        return lines * 1.3 * LABEL_INCHES

    def tile_size(self, tile_inches: float) -> tuple[float, float]:
        """Width and height of a tile with its label and the gap behind it."""
        aspect = self.tiles.shape[1] / self.tiles.shape[2]
        return tile_inches * (1 + GAP), tile_inches * (aspect + GAP) + self.label_inches

    def size(self, tile_inches: float) -> tuple[float, float]:
        """Width and height of the panel."""
        width, height = self.tile_size(tile_inches)
        num_columns = min(self.num_columns, len(self.tiles))
        num_rows = math.ceil(len(self.tiles) / num_columns)
        title = TITLE_INCHES if self.title else 0.0
        return num_columns * width - GAP * tile_inches, num_rows * height + title


@dataclass(frozen=True)
class ColourScale:
    """How numbers become colours, the same for every tile.

    Attributes:
        label: What the numbers are, written at the colour bar; None for no bar.
    """

    colour_map: str
    low: float
    high: float
    label: str | None

    @property
    def norm(self) -> Normalize:
        return Normalize(self.low, self.high)

    @staticmethod
    def centred(values: FloatArray, label: str) -> ColourScale:
        """Diverging around zero: white is 0, blue negative, red positive; no value is clipped."""
        largest = float(np.abs(values).max()) or 1.0
        return ColourScale("RdBu_r", -largest, largest, label)

    @staticmethod
    def from_zero(values: FloatArray, label: str) -> ColourScale:
        """From black at 0 to the largest value."""
        return ColourScale("magma", 0.0, float(values.max()) or 1.0, label)

    @staticmethod
    def grey() -> ColourScale:
        """Brightness in [0, 1]; needs no bar."""
        return ColourScale("gray", 0.0, 1.0, None)


def draw_panels(
    panels: Sequence[Panel],
    scale: ColourScale,
    title: str,
    *,
    tile_inches: float,
    num_panel_columns: int = 1,
) -> Figure:
    """Draw panels in rows; each tile is `tile_inches` wide.

    Everything is placed by hand: hundreds of tiles as axes of their own would take a minute.
    """
    sizes = [panel.size(tile_inches) for panel in panels]
    num_columns = min(num_panel_columns, len(panels))
    widths = [
        max(width for width, _ in sizes[column::num_columns]) for column in range(num_columns)
    ]
    heights = [
        max(height for _, height in sizes[first : first + num_columns])
        for first in range(0, len(sizes), num_columns)
    ]
    has_bar = scale.label is not None
    needed = sum(widths) + MARGIN_INCHES * (len(widths) + 1) + (BAR_INCHES if has_bar else 0)
    width = max(needed, len(title) * 0.095 + 2 * MARGIN_INCHES)
    height = sum(heights) + MARGIN_INCHES * (len(heights) + 1) + TITLE_INCHES
    figure = Figure(figsize=(width, max(height, 2.2 if has_bar else 0)))
    write_title(figure, title)
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    first_top = TITLE_INCHES + MARGIN_INCHES
    for index, panel in enumerate(panels):
        row, column = divmod(index, num_columns)
        left = MARGIN_INCHES * (column + 1) + sum(widths[:column])
        top = first_top + MARGIN_INCHES * row + sum(heights[:row])
        _draw_panel(axes, panel, scale, tile_inches, left, top)
    # Last, since imshow moves the limits to its own image. One unit is an inch.
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    if has_bar:
        room = height - first_top - 0.4
        draw_colour_bar(figure, scale, needed - BAR_INCHES + 0.08, first_top + 0.15, room)
    return figure


def write_title(figure: Figure, title: str) -> None:
    """In the upper left corner of a figure whose parts are placed by hand."""
    width, height = figure.get_size_inches()
    figure.text(MARGIN_INCHES / width, 1 - MARGIN_INCHES / height, title, va="top", fontsize=11)


def add_axes_in_inches(
    figure: Figure, left: float, top: float, width: float, height: float
) -> Axes:
    """Axes at so many inches from the left and from the top."""
    whole_width, whole_height = figure.get_size_inches()
    bottom = 1 - (top + height) / whole_height
    return figure.add_axes((left / whole_width, bottom, width / whole_width, height / whole_height))


def draw_colour_bar(
    figure: Figure, scale: ColourScale, left: float, top: float, room: float
) -> None:
    """A bar with its numbers, in inches, at most as high as there is room."""
    axes = add_axes_in_inches(figure, left, top, 0.14, min(room, MOST_BAR_INCHES))
    bar = figure.colorbar(ScalarMappable(scale.norm, scale.colour_map), cax=axes)
    bar.set_label(scale.label or "", fontsize=8)
    bar.ax.tick_params(labelsize=7)


def _draw_panel(
    axes: Axes, panel: Panel, scale: ColourScale, tile_inches: float, left: float, top: float
) -> None:
    """Draw at so many inches from the left and from the top."""
    step_right, step_down = panel.tile_size(tile_inches)
    height = tile_inches * panel.tiles.shape[1] / panel.tiles.shape[2]
    if panel.title:
        axes.text(left, top + TITLE_INCHES / 4, panel.title, va="top", fontsize=9, color="0.25")
        top += TITLE_INCHES
    for index, tile in enumerate(panel.tiles):
        row, column = divmod(index, panel.num_columns)
        x, y = left + column * step_right, top + row * step_down + panel.label_inches
        axes.imshow(
            tile,
            cmap=scale.colour_map,
            norm=scale.norm if tile.ndim == 2 else None,
            interpolation="nearest",
            extent=(x, x + tile_inches, y + height, y),
            aspect="auto",
        )
        axes.add_patch(
            Rectangle((x, y), tile_inches, height, fill=False, color="0.75", linewidth=0.4)
        )
        if panel.labels:
            place: dict[str, Any] = {"ha": "center", "va": "bottom", "linespacing": 1}
            middle, above = x + tile_inches / 2, y - LABEL_INCHES / 4
            axes.text(middle, above, panel.labels[index], fontsize=LABEL_POINTS, **place)


def as_displayable(images_bchw: FloatArray) -> FloatArray:
    """Images `(n, channels, height, width)` to tiles: grey for one channel, colour for three.

    Other numbers of channels are averaged, since no screen shows them.
    """
    num_channels = images_bchw.shape[1]
    if num_channels == 1:
        return images_bchw[:, 0]
    if num_channels == 3:
        return images_bchw.transpose(0, 2, 3, 1)
    averaged: FloatArray = images_bchw.mean(axis=1)
    return averaged


def draw_images(
    images_bchw: FloatArray, labels: Sequence[str], title: str, tile_inches: float, num_columns: int
) -> Figure:
    """One panel of images, brightness in [0, 1]."""
    panel = Panel("", as_displayable(images_bchw), labels, num_columns)
    return draw_panels([panel], ColourScale.grey(), title, tile_inches=tile_inches)
