"""Images side by side, and below each what was found about it: a row per finding."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke
from scipy.ndimage import gaussian_filter

from mtlab.drawing.axes import add_legend_beside
from mtlab.drawing.colours import WRONG_COLOUR, Colour
from mtlab.drawing.mosaic import (
    BRIGHTNESS,
    ColourScale,
    add_axes_in_inches,
    as_displayable,
    draw_bar_in_inches,
    write_title,
)
from mtlab.drawing.saving import Array

TILE_INCHES, GAP_INCHES = 1.0, 0.1
CAPTION_INCHES, TITLE_INCHES = 0.155, 0.34
NAME_INCHES, LEGEND_INCHES, LEAST_INCHES = 0.5, 1.45, 5.0
OUTLINE_BLUR = 0.7
"""Standard deviation in pixels: without it, noise has outlines too."""
WRONG_MARK = "✗"
"""Beside the colour, which a grey print loses."""


class Box(NamedTuple):
    """Pixels of an image: the first row and column, and how many of each."""

    top: int
    left: int
    height: int
    width: int


class Word(NamedTuple):
    """A word on an image, at this pixel."""

    text: str
    row: float
    column: float


@dataclass(frozen=True)
class ImageRow:
    """One tile per image, `(num_images, height, width)` or with a last axis of 3 for colours.

    Attributes:
        captions: Above each tile; those with WRONG_MARK are coloured.
        outlines: Brightness `(num_images, height, width)` whose edges are drawn over the tiles.
        boxes: A frame on a tile, or None.
        words: On each tile.
        legend: Names of colours, beside the row.
    """

    name: str
    tiles: Array
    captions: Sequence[str]
    scale: ColourScale = BRIGHTNESS
    outlines: Array | None = None
    boxes: Sequence[Box | None] = ()
    words: Sequence[Sequence[Word]] = ()
    legend: Sequence[tuple[str, Colour]] = ()

    @property
    def caption_inches(self) -> float:
        return CAPTION_INCHES * max(caption.count("\n") + 1.6 for caption in self.captions)


def draw_image_rows(rows: Sequence[ImageRow], title: str) -> Figure:
    """A column per image. Rows with the same labelled scale share a colour bar.

    Everything is placed by hand: tiles stay in their columns whatever stands beside them.
    """
    num_images = len(rows[0].tiles)
    right = NAME_INCHES + num_images * (TILE_INCHES + GAP_INCHES)
    heights = [TILE_INCHES * row.tiles.shape[1] / row.tiles.shape[2] for row in rows]
    steps = [row.caption_inches + height for row, height in zip(rows, heights, strict=True)]
    ends = TITLE_INCHES + np.cumsum(steps)
    beside = LEGEND_INCHES if any(row.legend or row.scale.label for row in rows) else 0
    figure = Figure(figsize=(max(right + beside, LEAST_INCHES), ends[-1] + GAP_INCHES))
    write_title(figure, title)
    bars: dict[ColourScale, list[float]] = {}
    for row, height, end in zip(rows, heights, ends, strict=True):
        for index in range(num_images):
            left = NAME_INCHES + index * (TILE_INCHES + GAP_INCHES)
            axes = add_axes_in_inches(figure, left, end - height, TILE_INCHES, height)
            _draw_tile(axes, row, index)
            if index == 0:
                axes.set_ylabel(row.name, fontsize=8)
        if row.legend:
            handles = [Patch(color=colour, label=name) for name, colour in row.legend]
            # A bar may stand above it, and end there.
            add_legend_beside(axes, handles, "", 1.05, is_high=True)
        if row.scale.label:
            bars.setdefault(row.scale, []).extend((end - height, end))
    for scale, (top, *_, bottom) in bars.items():
        draw_bar_in_inches(figure, scale, right + 0.05, top, bottom - top)
    return figure


def _draw_tile(axes: Axes, row: ImageRow, index: int) -> None:
    tile, caption = row.tiles[index], row.captions[index]
    look: dict[str, Any] = {}
    if tile.ndim == 2:
        look = {"cmap": row.scale.colour_map, "norm": row.scale.norm}
    axes.imshow(tile, interpolation="nearest", **look)
    axes.set(xticks=[], yticks=[])
    is_wrong = WRONG_MARK in caption
    axes.set_title(caption, fontsize=7.5, pad=3, color=WRONG_COLOUR if is_wrong else "black")
    if row.outlines is not None:
        _draw_outline(axes, gaussian_filter(row.outlines[index], OUTLINE_BLUR))
    if row.boxes and (box := row.boxes[index]):
        corner = (box.left - 0.5, box.top - 0.5)
        frame = Rectangle(corner, box.width, box.height, fill=False, clip_on=False)
        axes.add_patch(frame).set(edgecolor=WRONG_COLOUR, linewidth=1.4)
    for word in row.words[index] if row.words else ():
        text = axes.text(word.column, word.row, word.text, ha="center", va="center", fontsize=8)
        text.set(fontweight="bold", path_effects=[withStroke(linewidth=2, foreground="white")])


def _draw_outline(axes: Axes, brightness: Array) -> None:
    low, high = float(brightness.min()), float(brightness.max())
    if low == high:
        return
    for colour, thickness in (("black", 1.8), ("white", 0.9)):
        look: dict[str, Any] = {"levels": [(low + high) / 2], "colors": colour}
        axes.contour(brightness, linewidths=thickness, **look)


def as_grey(images_bchw: Array) -> Array:
    """The brightness of each image, `(num_images, height, width)`."""
    displayable = as_displayable(images_bchw)
    grey: Array = displayable.mean(axis=3) if displayable.ndim == 4 else displayable
    return grey
