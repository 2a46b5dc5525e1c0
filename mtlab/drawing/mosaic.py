"""Many small images in rows and columns, with titles and one colour bar for all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

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
POINTS_PER_INCH = 72
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
    sizes = [_panel_size(panel, tile_inches) for panel in panels]
    num_rows = math.ceil(len(panels) / num_panel_columns)
    widths = [
        max(width for width, _ in sizes[column::num_panel_columns])
        for column in range(min(num_panel_columns, len(panels)))
    ]
    heights = [
        max(height for _, height in sizes[row * num_panel_columns :][:num_panel_columns])
        for row in range(num_rows)
    ]
    has_bar = scale.label is not None
    needed = sum(widths) + MARGIN_INCHES * (len(widths) + 1) + (BAR_INCHES if has_bar else 0)
    title_width = len(title) * 0.095 + 2 * MARGIN_INCHES
    width = max(needed, title_width)
    height = sum(heights) + MARGIN_INCHES * (num_rows + 1) + TITLE_INCHES
    if has_bar:
        height = max(height, 2.2)
    figure = Figure(figsize=(width, height))
    write_title(figure, title)
    for index, (panel, (panel_width, panel_height)) in enumerate(zip(panels, sizes, strict=True)):
        row, column = divmod(index, num_panel_columns)
        left = MARGIN_INCHES * (column + 1) + sum(widths[:column])
        top = TITLE_INCHES + MARGIN_INCHES * (row + 1) + sum(heights[:row])
        axes = add_axes_in_inches(figure, left, top, panel_width, panel_height)
        _draw_panel(axes, panel, scale, tile_inches)
    if has_bar:
        top = TITLE_INCHES + MARGIN_INCHES
        draw_colour_bar(figure, scale, needed - BAR_INCHES + 0.08, top + 0.15, height - top - 0.4)
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


def _label_share(panel: Panel, tile_inches: float) -> float:
    """Height of a label as a share of a tile's width."""
    lines = max((label.count("\n") + 1 for label in panel.labels), default=0)
    return lines * 1.3 * LABEL_POINTS / POINTS_PER_INCH / tile_inches


def _grid(panel: Panel, tile_inches: float) -> tuple[int, int, float, float]:
    """Columns, rows, and the distance between tiles to the right and down, in tile widths."""
    num_tiles = len(panel.tiles)
    num_columns = min(panel.num_columns, num_tiles)
    num_rows = math.ceil(num_tiles / num_columns)
    aspect = panel.tiles.shape[1] / panel.tiles.shape[2]
    return num_columns, num_rows, 1 + GAP, aspect + GAP + _label_share(panel, tile_inches)


def _panel_size(panel: Panel, tile_inches: float) -> tuple[float, float]:
    num_columns, num_rows, step_right, step_down = _grid(panel, tile_inches)
    title = TITLE_INCHES if panel.title else 0.0
    return (
        num_columns * step_right - GAP
    ) * tile_inches, num_rows * step_down * tile_inches + title


def _draw_panel(axes: Axes, panel: Panel, scale: ColourScale, tile_inches: float) -> None:
    num_columns, num_rows, step_right, step_down = _grid(panel, tile_inches)
    aspect = panel.tiles.shape[1] / panel.tiles.shape[2]
    label_share = _label_share(panel, tile_inches)
    title_share = TITLE_INCHES / tile_inches if panel.title else 0.0
    axes.axis("off")
    if panel.title:
        axes.text(0, title_share * 0.25, panel.title, va="top", fontsize=9, color="0.25")
    for index, tile in enumerate(panel.tiles):
        row, column = divmod(index, num_columns)
        left = column * step_right
        top = row * step_down + title_share + label_share
        axes.imshow(
            tile,
            cmap=scale.colour_map,
            norm=scale.norm if tile.ndim == 2 else None,
            interpolation="nearest",
            extent=(left, left + 1, top + aspect, top),
            aspect="auto",
        )
        axes.add_patch(
            Rectangle(
                (left, top), 1, aspect, fill=False, color="0.75", linewidth=0.4, clip_on=False
            )
        )
        if panel.labels:
            above = top - 0.25 * LABEL_POINTS / POINTS_PER_INCH / tile_inches
            axes.text(
                left + 0.5,
                above,
                panel.labels[index],
                ha="center",
                va="bottom",
                fontsize=LABEL_POINTS,
                linespacing=1,
            )
    # Last, since imshow moves the limits to its own image.
    axes.set_xlim(0, num_columns * step_right - GAP)
    axes.set_ylim(num_rows * step_down + title_share, 0)


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
