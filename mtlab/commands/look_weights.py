"""Pictures of weights: the filters of convolutions, and dense layers that read pixels."""

from __future__ import annotations

import numpy as np

from mtlab.commands.sitting import DoesNotApplyError, Numbers, Sitting
from mtlab.config.options import What
from mtlab.drawing.kernel_sheet import draw_kernel_sheet, filters_per_sheet, pixels_per_weight
from mtlab.drawing.mosaic import ColourScale, Panel, as_displayable, draw_panels
from mtlab.inspection.layers import Layer, choose_layers
from mtlab.inspection.weights import (
    Float32Array,
    kernels_in_rows,
    reads_pixels,
    weight_images,
)

KERNEL_INCHES = 0.42
IMAGE_INCHES = 0.6
SINGLE_IMAGE_INCHES = 3.6
COLOUR_CHANNELS = ("red", "green", "blue")


def draw_filters(sitting: Sitting) -> None:
    """The weights of each convolution, and of a dense layer that reads pixels, as images."""
    shape = sitting.run.image_shape
    layers = choose_layers(
        sitting.layers, sitting.options.layer_names,
        lambda layer: layer.is_convolution or reads_pixels(layer, sitting.layers, shape),
    )  # fmt: skip
    for layer in layers:
        if layer.is_convolution and sitting.options.filters.all_channels:
            _draw_every_kernel(sitting, layer)
        elif layer.is_convolution:
            _draw_kernels(sitting, layer)
        elif reads_pixels(layer, sitting.layers, shape):
            _draw_dense_weights(sitting, layer)
        else:
            raise DoesNotApplyError(
                "layer",
                rule="must read pixels for its weights to be images",
                found=f"{layer.name}, a dense layer behind others",
                remedy="leave layer= out",
            )


def _draw_every_kernel(sitting: Sitting, layer: Layer) -> None:
    """A row per filter, a column per input channel, on as many sheets as that takes."""
    weights: Float32Array = layer.module.weight.numpy()
    num_filters, num_inputs = weights.shape[:2]
    if num_inputs == 1:
        _draw_kernels(sitting, layer)
        return
    scale = ColourScale.centred(weights, "weight")
    at_once = filters_per_sheet(weights.shape)
    name = f"{layer.name}_all_channels"
    sitting.remove(What.filters, name, pages=True)
    for first in range(0, num_filters, at_once):
        part = weights[first : first + at_once]
        last = first + len(part) - 1
        which = "" if len(part) == num_filters else f", {first} to {last}"
        title = f"{layer.name}: {num_filters} filters by {num_inputs} input channels{which}"
        figure = draw_kernel_sheet(
            kernels_in_rows(part), part.shape, first, pixels_per_weight(weights.shape), scale, title
        )
        numbers: Numbers = {"weights": part, "filters": np.arange(first, last + 1)}
        page = name if len(part) == num_filters else f"{name}_{first}"
        sitting.save(figure, What.filters, page, numbers)


def _draw_kernels(sitting: Sitting, layer: Layer) -> None:
    """Of the first layer every channel, of deeper ones the first input channel."""
    weights: Float32Array = layer.module.weight.numpy()
    num_filters, num_inputs = weights.shape[:2]
    reads_image = layer is sitting.layers[0]
    shown = weights if reads_image else weights[:, :1]
    of_inputs = "" if reads_image else f", the first of {num_inputs} input channels"
    panels = weight_panels(
        shown, [str(number) for number in range(num_filters)],
        16 if num_filters > 32 and shown.shape[1] == 1 else 8,
    )  # fmt: skip
    figure = draw_panels(
        panels, ColourScale.centred(shown, "weight"),
        f"{layer.name}: {num_filters} filters{of_inputs}",
        tile_inches=KERNEL_INCHES, num_panel_columns=min(len(panels), 2),
    )  # fmt: skip
    sitting.save(figure, What.filters, layer.name, {"weights": weights})


def _draw_dense_weights(sitting: Sitting, layer: Layer) -> None:
    images = weight_images(layer, sitting.run.image_shape)
    num_units = len(images)
    shown = images[: sitting.options.filters.most_units]
    class_names = {task.name: task.class_names for task in sitting.run.classification_tasks}
    names = class_names.get(layer.task or "")
    labels = [names[unit] if names and len(names) == num_units else str(unit)
              for unit in range(len(shown))]  # fmt: skip
    title = f"{layer.name}: weights of {len(shown)} of {num_units} units"
    tile_inches = IMAGE_INCHES if shown.shape[1] == 1 else KERNEL_INCHES
    if num_units == 1:
        labels, tile_inches = [], SINGLE_IMAGE_INCHES
        title = f"{names[0]} (blue) against {names[1]} (red)" if names else f"{layer.name}: weights"
    panels = weight_panels(shown, labels, 10)
    figure = draw_panels(
        panels, ColourScale.centred(shown, "weight"), title, tile_inches=tile_inches,
        num_panel_columns=min(len(panels), 2),
    )  # fmt: skip
    numbers: Numbers = {"weights": images}
    if names:
        numbers["class_names"] = np.asarray(names)
    sitting.save(figure, What.filters, layer.name, numbers)


def weight_panels(weights: Float32Array, labels: list[str], num_columns: int) -> list[Panel]:
    """A panel of diverging colours per input channel; for red, green and blue also their mixture.

    Args:
        weights: `(num_tiles, channels, height, width)`.
    """
    num_channels = weights.shape[1]
    if num_channels == 1:
        return [Panel("", weights[:, 0], labels, num_columns)]
    is_colour = num_channels == len(COLOUR_CHANNELS)
    panels = []
    if is_colour:
        largest = float(np.abs(weights).max()) or 1.0
        mixed = as_displayable(0.5 + weights / (2 * largest))
        title = f"as colours: mid-grey is 0, full light {largest:.2g}, none -{largest:.2g}"
        panels.append(Panel(title, mixed, labels, num_columns))
    for channel in range(num_channels):
        name = COLOUR_CHANNELS[channel] if is_colour else f"channel {channel}"
        panels.append(Panel(f"weights on {name}", weights[:, channel], labels, num_columns))
    return panels
