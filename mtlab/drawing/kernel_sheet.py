"""Every kernel of a convolution on one sheet, filters and input channels numbered."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from mtlab.drawing.mosaic import ColourScale
from mtlab.drawing.saving import DOTS_PER_INCH

MOST_PIXELS = 1000
"""Of a sheet in each direction, as far as a pixel per weight allows."""
MOST_PIXELS_PER_WEIGHT = 6
GOOD_PIXELS_PER_WEIGHT = 3
"""Rather than shrink weights further, filters go on to another sheet."""
GAP_COLOUR = "0.8"
LABEL_PIXELS = (14, 26)
"""Room for the number of a filter and of a channel."""
LEFT_INCHES, RIGHT_INCHES, TOP_INCHES, BOTTOM_INCHES = 0.6, 0.95, 0.7, 0.15
LEAST_SIDE_INCHES = (3.6, 1.6)

KernelShape = tuple[int, ...]
"""`(filters, input channels, height, width)`."""


def pixels_per_weight(shape: KernelShape) -> int:
    """How many pixels wide to draw each weight of a layer, on whatever sheet it stands."""
    num_filters, num_inputs, height, width = shape
    for_width = MOST_PIXELS // (num_inputs * (width + 1))
    for_height = MOST_PIXELS // (num_filters * (height + 1))
    fitting = min(for_width, max(for_height, GOOD_PIXELS_PER_WEIGHT), MOST_PIXELS_PER_WEIGHT)
    return max(fitting, 1)


def filters_per_sheet(shape: KernelShape) -> int:
    """How many filters fit on a sheet, a multiple of 8."""
    fitting = MOST_PIXELS // (pixels_per_weight(shape) * (shape[2] + 1))
    return max(fitting // 8, 1) * 8


def draw_kernel_sheet(
    sheet: npt.NDArray[np.floating],
    shape: KernelShape,
    first_filter: int,
    pixels: int,
    scale: ColourScale,
    title: str,
) -> Figure:
    """Draw rows of filters and columns of input channels, each weight several pixels wide.

    Args:
        sheet: `(filters * (height + 1), input channels * (width + 1))` with NaN between kernels.
        shape: Of the kernels on it.
        first_filter: The number of the first row.
        pixels: Width of a weight, from `pixels_per_weight` of the whole layer.
    """
    num_filters, num_inputs, height, width = shape
    weights = sheet[:-1, :-1]
    rows, columns = (side * pixels / DOTS_PER_INCH for side in weights.shape)
    inner_width, inner_height = (
        max(columns, LEAST_SIDE_INCHES[0]), max(rows, LEAST_SIDE_INCHES[1])
    )  # fmt: skip
    total_width = LEFT_INCHES + inner_width + RIGHT_INCHES
    total_height = TOP_INCHES + inner_height + BOTTOM_INCHES
    figure = Figure(figsize=(total_width, total_height))
    figure.text(0.12 / total_width, 1 - 0.1 / total_height, title, va="top", fontsize=11)
    top = 1 - TOP_INCHES / total_height
    axes = figure.add_axes((
        LEFT_INCHES / total_width, top - rows / total_height,
        columns / total_width, rows / total_height,
    ))  # fmt: skip
    norm = Normalize(scale.low, scale.high)
    axes.set_facecolor(GAP_COLOUR)
    axes.imshow(weights, cmap=scale.colour_map, norm=norm, interpolation="nearest", aspect="auto")
    _number(axes, "y", range(first_filter, first_filter + num_filters), height, pixels)
    _number(axes, "x", range(num_inputs), width, pixels)
    axes.set_ylabel("filter", fontsize=8)
    axes.set_xlabel("input channel", fontsize=8)
    axes.xaxis.set_label_position("top")
    axes.xaxis.tick_top()
    bar_height = min(inner_height, 3.6)
    bar_axes = figure.add_axes((
        (LEFT_INCHES + inner_width + 0.12) / total_width, top - bar_height / total_height,
        0.14 / total_width, bar_height / total_height,
    ))  # fmt: skip
    bar = figure.colorbar(ScalarMappable(norm, scale.colour_map), cax=bar_axes)
    bar.set_label(scale.label or "", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure


def _number(axes: Axes, side: str, numbers: Sequence[int], kernel: int, pixels: int) -> None:
    """Ticks at the middle of kernels, as many as have room for their numbers."""
    distance = pixels * (kernel + 1)
    room = LABEL_PIXELS[side == "x"]
    step = 2 ** max(math.ceil(math.log2(room / distance)), 0)
    places = [(kernel + 1) * index + (kernel - 1) / 2 for index in range(len(numbers))]
    axes.tick_params(axis="both", labelsize=7, length=2)
    set_ticks = axes.set_xticks if side == "x" else axes.set_yticks
    set_ticks(places[::step], [str(number) for number in numbers[::step]])
