"""Many small images in rows and columns, with titles and one colour bar for all of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mtlab.drawing.axes import add_colour_bar
from mtlab.drawing.saving import Array

GAP = 0.12
"""Space between tiles as a share of a tile's width."""
LABEL_POINTS = 7
LABEL_INCHES = LABEL_POINTS / 72
TITLE_INCHES = 0.3
BAR_INCHES = 0.9
MARGIN_INCHES = 0.12
MOST_BAR_INCHES = 3.6


@dataclass(frozen=True)
class Panel:
    """Tiles under a title, `num_columns` in a row, each below its label if there are any.

    `tiles` is `(num_tiles, height, width)`, or with a last axis of 3 for colours in [0, 1].
    """

    title: str
    tiles: Array
    labels: Sequence[str] = ()
    num_columns: int = 8

    @property
    def label_inches(self) -> float:
        lines = max((label.count("\n") + 1 for label in self.labels), default=0)
        return lines * 1.3 * LABEL_INCHES

    @property
    def title_inches(self) -> float:
        return TITLE_INCHES if self.title else 0.0

    @property
    def aspect(self) -> float:
        """Height of a tile by its width."""
        return float(self.tiles.shape[1] / self.tiles.shape[2])

    def step(self, tile_inches: float) -> tuple[float, float]:
        """From one tile to the next on the right and to the one below."""
        return tile_inches * (1 + GAP), tile_inches * (self.aspect + GAP) + self.label_inches

    def size(self, tile_inches: float) -> tuple[float, float]:
        right, down = self.step(tile_inches)
        num_columns = min(self.num_columns, len(self.tiles))
        num_rows = math.ceil(len(self.tiles) / num_columns)
        return num_columns * right - GAP * tile_inches, num_rows * down + self.title_inches


@dataclass(frozen=True)
class ColourScale:
    """How numbers become colours, the same for every tile; without a `label` there is no bar."""

    colour_map: str
    low: float
    high: float
    label: str = ""

    @property
    def norm(self) -> Normalize:
        return Normalize(self.low, self.high)

    @staticmethod
    def centred(values: Array, label: str) -> "ColourScale":
        """Diverging around zero: white is 0, blue negative, red positive; no value is clipped."""
        largest = float(np.abs(values).max()) or 1.0
        return ColourScale("RdBu_r", -largest, largest, label)

    @staticmethod
    def from_zero(values: Array, label: str) -> "ColourScale":
        """From black at 0 to the largest value."""
        return ColourScale("magma", 0.0, float(values.max()) or 1.0, label)


BRIGHTNESS = ColourScale("gray", 0.0, 1.0)


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
    sizes = np.array([panel.size(tile_inches) for panel in panels])
    columns = min(num_panel_columns, len(panels))
    widths = [sizes[first::columns, 0].max() for first in range(columns)]
    heights = [sizes[first : first + columns, 1].max() for first in range(0, len(sizes), columns)]
    lefts = np.cumsum([MARGIN_INCHES, *(width + MARGIN_INCHES for width in widths)])
    tops = np.cumsum([TITLE_INCHES + MARGIN_INCHES, *(MARGIN_INCHES + high for high in heights)])
    needed = lefts[-1] + (BAR_INCHES if scale.label else 0)
    width = max(needed, len(title) * 0.095 + 2 * MARGIN_INCHES)
    height = max(tops[-1], 2.2 if scale.label else 0)
    figure = Figure(figsize=(width, height))
    write_title(figure, title)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    for index, panel in enumerate(panels):
        row, column = divmod(index, columns)
        _draw_panel(axes, panel, scale, tile_inches, lefts[column], tops[row])
    # Last, since imshow moves the limits to its own image. One unit is an inch.
    axes.set(xlim=(0, width), ylim=(height, 0))
    if scale.label:
        left, top = needed - BAR_INCHES + 0.08, tops[0] + 0.15
        draw_bar_in_inches(figure, scale, left, top, height - tops[0] - 0.4)
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


def draw_bar_in_inches(
    figure: Figure, scale: ColourScale, left: float, top: float, room: float
) -> None:
    """A colour bar, at most as high as there is room."""
    axes = add_axes_in_inches(figure, left, top, 0.14, min(room, MOST_BAR_INCHES))
    add_colour_bar(figure, scale.norm, scale.colour_map, scale.label, cax=axes)


def _draw_panel(
    axes: Axes, panel: Panel, scale: ColourScale, tile_inches: float, left: float, top: float
) -> None:
    right, down = panel.step(tile_inches)
    height = tile_inches * panel.aspect
    if panel.title:
        axes.text(left, top + TITLE_INCHES / 4, panel.title, va="top", fontsize=9, color="0.25")
    for index, tile in enumerate(panel.tiles):
        row, column = divmod(index, panel.num_columns)
        x = left + column * right
        y = top + panel.title_inches + row * down + panel.label_inches
        axes.imshow(
            tile,
            cmap=scale.colour_map,
            norm=scale.norm if tile.ndim == 2 else None,
            interpolation="nearest",
            extent=(x, x + tile_inches, y + height, y),
            aspect="auto",
        )
        frame = Rectangle((x, y), tile_inches, height, fill=False, color="0.75", linewidth=0.4)
        axes.add_patch(frame)
        if panel.labels:
            place: dict[str, Any] = {"ha": "center", "va": "bottom", "linespacing": 1}
            middle, above = x + tile_inches / 2, y - LABEL_INCHES / 4
            axes.text(middle, above, panel.labels[index], fontsize=LABEL_POINTS, **place)


def as_displayable(images_bchw: Array) -> Array:
    """Tiles in grey, or in colour for three channels; other numbers of channels are averaged."""
    if images_bchw.shape[1] == 3:
        return images_bchw.transpose(0, 2, 3, 1)
    averaged: Array = images_bchw.mean(axis=1)
    return averaged


def draw_images(
    images_bchw: Array, labels: Sequence[str], title: str, tile_inches: float, num_columns: int
) -> Figure:
    """One panel of images, brightness in [0, 1]."""
    panel = Panel("", as_displayable(images_bchw), labels, num_columns)
    return draw_panels([panel], BRIGHTNESS, title, tile_inches=tile_inches)
