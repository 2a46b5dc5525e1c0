"""Weights as images: the filters of convolutions, and dense layers that read pixels."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from torch import nn

from mtlab.config.base import Count
from mtlab.drawing.mosaic import (
    ColourScale,
    Panel,
    add_axes_in_inches,
    as_displayable,
    draw_bar_in_inches,
    draw_panels,
    write_title,
)
from mtlab.drawing.saving import DOTS_PER_INCH, Numbers
from mtlab.visualize.layers import Layer
from mtlab.visualize.subject import DoesNotApplyError, Picture, Subject

Float32Array = npt.NDArray[np.float32]

KERNEL_INCHES = 0.42
IMAGE_INCHES = 0.6
SINGLE_IMAGE_INCHES = 3.6

MOST_PIXELS = 1000
"""Of a sheet of kernels in each direction, as far as a pixel per weight allows."""
GOOD_PIXELS_PER_WEIGHT, MOST_PIXELS_PER_WEIGHT = 3, 6
"""Rather than shrink weights further, filters go on to another sheet."""
FILTER_LABEL_PIXELS, CHANNEL_LABEL_PIXELS = 14, 26
LEFT_INCHES, RIGHT_INCHES, TOP_INCHES, BOTTOM_INCHES = 0.6, 0.95, 0.7, 0.15
LEAST_SIDE_INCHES = (3.6, 1.6)


class Filters(Picture):
    """A picture per layer, with its weights in colours around white for 0."""

    heeds = frozenset({"layer"})

    all_channels: bool
    most_units: Count

    def draw(self, subject: Subject) -> None:
        def is_image(layer: Layer) -> bool:
            shape = subject.run.image_shape
            return layer.is_convolution or reads_pixels(layer, subject.layers, shape)

        left_out = []
        for layer in subject.chosen_layers(is_image):
            if not is_image(layer):
                raise DoesNotApplyError(
                    "layer",
                    rule="must read pixels for its weights to be images",
                    found=f"{layer.name}, a dense layer behind others",
                    remedy="leave layer= out",
                )
            # One weight per channel is no image; together they are a table.
            is_point = layer.is_convolution and layer.weights.shape[2:] == (1, 1)
            if not layer.is_convolution:
                self._draw_units(subject, layer)
            elif is_point and not self.all_channels and subject.keys.layer is None:
                left_out.append(layer.name)
            elif (is_point or self.all_channels) and layer.weights.shape[1] > 1:
                _draw_every_kernel(subject, layer)
            else:
                _draw_filters(subject, layer)
        if left_out:
            names = ", ".join(left_out)
            told = "kernels of 1x1 are shown by filters.all_channels=true, or one by one by layer="
            subject.terminal.say(f"filters of {names} left out: {told}")

    def _draw_units(self, subject: Subject, layer: Layer) -> None:
        images = layer.weights.reshape(-1, *subject.run.image_shape)
        num_units, shown = len(images), images[: self.most_units]
        class_names = {task.name: task.class_names for task in subject.run.classification_tasks}
        names = class_names.get(layer.task or "", ())
        labels = names if len(names) == num_units else list(map(str, range(num_units)))
        title = f"{layer.name}: weights of {len(shown)} of {num_units} units"
        tile_inches = IMAGE_INCHES if shown.shape[1] == 1 else KERNEL_INCHES
        if num_units == 1:
            labels, tile_inches = [], SINGLE_IMAGE_INCHES
            title = f"{layer.name}: weights"
            if names:
                title = f"{names[0]} (blue) against {names[1]} (red)"
        figure = _draw_weights(shown, labels[: len(shown)], 10, title, tile_inches)
        numbers: Numbers = {"weights": images} | ({"class_names": names} if names else {})
        subject.save(figure, f"filters/{layer.name}", numbers)


def reads_pixels(layer: Layer, layers: Sequence[Layer], image_shape: tuple[int, int, int]) -> bool:
    """Whether a dense layer's inputs are the pixels themselves, so that its weights are images."""
    if not isinstance(layer.module, nn.Linear):
        return False
    # The shared layers come first; without any, each head begins at the pixels.
    path = [other for other in layers if other.task in (None, layer.task)]
    return layer is path[0] and layer.module.in_features == math.prod(image_shape)


def _draw_filters(subject: Subject, layer: Layer) -> None:
    """Of the first layer every channel, of deeper ones the first input channel."""
    num_filters, num_inputs = layer.weights.shape[:2]
    reads_image = layer is subject.layers[0]
    shown = layer.weights if reads_image else layer.weights[:, :1]
    of_inputs = "" if reads_image else f", the first of {num_inputs} input channels"
    labels = [str(number) for number in range(num_filters)]
    num_columns = 16 if num_filters > 32 and shown.shape[1] == 1 else 8
    title = f"{layer.name}: {num_filters} filters{of_inputs}"
    figure = _draw_weights(shown, labels, num_columns, title, KERNEL_INCHES)
    subject.save(figure, f"filters/{layer.name}", {"weights": layer.weights})


def _draw_weights(
    weights: Float32Array, labels: Sequence[str], num_columns: int, title: str, tile_inches: float
) -> Figure:
    """A panel of diverging colours per input channel; for red, green and blue also their mixture.

    Weights are `(num_tiles, channels, height, width)`.
    """
    num_channels = weights.shape[1]
    scale = ColourScale.centred(weights, "weight")
    names = [f"weights on channel {channel}" for channel in range(num_channels)]
    panels = []
    if num_channels == 1:
        names = [""]
    elif num_channels == 3:
        names = [f"weights on {colour}" for colour in ("red", "green", "blue")]
        mixed = as_displayable(0.5 + weights / (2 * scale.high))
        told = f"as colours: mid-grey is 0, full light {scale.high:.2g}, none -{scale.high:.2g}"
        panels.append(Panel(told, mixed, labels, num_columns))
    for channel, name in enumerate(names):
        panels.append(Panel(name, weights[:, channel], labels, num_columns))
    return draw_panels(panels, scale, title, tile_inches=tile_inches, num_panel_columns=2)


def _draw_every_kernel(subject: Subject, layer: Layer) -> None:
    num_filters, num_inputs = layer.weights.shape[:2]
    title = f"{layer.name}: {num_filters} filters by {num_inputs} input channels"
    draw_kernels(subject, layer, range(num_filters), f"filters/{layer.name}_all_channels", title)


def draw_kernels(
    subject: Subject, layer: Layer, filters: Sequence[int], name: str, title: str
) -> None:
    """A row per filter, a column per input channel, on as many sheets as that takes.

    The colours are those of the whole layer's weights.
    """
    scale = ColourScale.centred(layer.weights, "weight")
    pixels, at_once = sheet_sizes((len(filters), *layer.weights.shape[1:]))
    subject.remove(name, pages=True)
    for first in range(0, len(filters), at_once):
        numbers = list(filters[first : first + at_once])
        part = layer.weights[numbers]
        is_whole = len(part) == len(filters)
        told = title if is_whole else f"{title}, {numbers[0]} to {numbers[-1]}"
        figure = draw_kernel_sheet(part, numbers, pixels, scale, told)
        page = name if is_whole else f"{name}_{numbers[0]}"
        subject.save(figure, page, {"weights": part, "filters": numbers})


def sheet_sizes(shape: Sequence[int]) -> tuple[int, int]:
    """How many pixels wide to draw each weight, and how many filters fit on a sheet."""
    num_filters, num_inputs, height, width = shape
    for_width = MOST_PIXELS // (num_inputs * (width + 1))
    for_height = MOST_PIXELS // (num_filters * (height + 1))
    for_both = min(for_width, max(for_height, GOOD_PIXELS_PER_WEIGHT))
    pixels = int(np.clip(for_both, 1, MOST_PIXELS_PER_WEIGHT))
    num_rows = MOST_PIXELS // (pixels * (height + 1))
    return pixels, max(num_rows // 8, 1) * 8


def kernels_in_rows(weights: Float32Array) -> npt.NDArray[np.float64]:
    """`(filters, input channels, height, width)` as one image, with lines of NaN between kernels.

    A row per filter, a column per input channel.
    """
    num_filters, num_inputs, height, width = weights.shape
    sheet = np.full((num_filters, height + 1, num_inputs, width + 1), np.nan)
    sheet[:, :height, :, :width] = weights.transpose(0, 2, 1, 3)
    return sheet.reshape(num_filters * (height + 1), num_inputs * (width + 1))[:-1, :-1]


def draw_kernel_sheet(
    weights: Float32Array, filters: Sequence[int], pixels: int, scale: ColourScale, title: str
) -> Figure:
    """Rows of filters with their numbers, and columns of input channels.

    Each weight is so many pixels wide.
    """
    _, num_inputs, kernel_height, kernel_width = weights.shape
    sheet = kernels_in_rows(weights)
    height, width = (side * pixels / DOTS_PER_INCH for side in sheet.shape)
    room_across, room_down = max(width, LEAST_SIDE_INCHES[0]), max(height, LEAST_SIDE_INCHES[1])
    total_width = LEFT_INCHES + room_across + RIGHT_INCHES
    figure = Figure(figsize=(total_width, TOP_INCHES + room_down + BOTTOM_INCHES))
    write_title(figure, title)
    axes = add_axes_in_inches(figure, LEFT_INCHES, TOP_INCHES, width, height)
    axes.set_facecolor("0.8")
    look: dict[str, Any] = {"cmap": scale.colour_map, "norm": scale.norm}
    axes.imshow(sheet, aspect="auto", interpolation="nearest", **look)
    _number(axes.yaxis, filters, kernel_height, FILTER_LABEL_PIXELS / pixels)
    _number(axes.xaxis, range(num_inputs), kernel_width, CHANNEL_LABEL_PIXELS / pixels)
    axes.tick_params(labelsize=7, length=2)
    axes.set_ylabel("filter", fontsize=8)
    axes.set_xlabel("input channel", fontsize=8)
    axes.xaxis.set_label_position("top")
    axes.xaxis.tick_top()
    draw_bar_in_inches(figure, scale, LEFT_INCHES + width + 0.2, TOP_INCHES, room_down)
    return figure


def _number(axis: Axis, numbers: Sequence[int], kernel: int, room: float) -> None:
    """Ticks at the middle of kernels, as many as have room (in weights) for their numbers."""
    step = 2 ** max(math.ceil(math.log2(room / (kernel + 1))), 0)
    middles = [(kernel + 1) * index + (kernel - 1) / 2 for index in range(len(numbers))]
    axis.set_ticks(middles[::step], [str(number) for number in numbers[::step]])
