"""What layers answer to chosen test images."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure

from mtlab.config.base import Count
from mtlab.drawing.mosaic import ColourScale, Panel, as_displayable, draw_panels
from mtlab.drawing.saving import Array
from mtlab.visualize.chosen_images import choose_images
from mtlab.visualize.layers import layer_output
from mtlab.visualize.subject import Picture, Subject

MAP_INCHES = 0.48
UNITS_INCHES = 2.4
IMAGES_SIDE_BY_SIDE = 4


class Activations(Picture):
    """A picture per layer with the images side by side; many images take several."""

    heeds = frozenset({"digits", "layer", "task"})

    most_channels: Count

    def draw(self, subject: Subject) -> None:
        layers = subject.hidden_layers(lambda layer: layer.activation is not None)
        chosen = choose_images(subject, several=False)
        inputs = as_displayable(subject.shown(chosen.images))
        for layer in layers:
            with torch.inference_mode():
                found = layer_output(subject.run.model, layer, chosen.images, activated=True)
            answers = found.numpy()
            if answers.ndim == 4:
                tiles = answers[:, : self.most_channels]
                told = f"{tiles.shape[1]} of {answers.shape[1]} channels"
            else:
                tiles, told = rectangle_of_units(answers)[:, np.newaxis], "every unit"
            spread = ColourScale.from_zero if answers.min() >= 0 else ColourScale.centred
            scale = spread(tiles[np.isfinite(tiles)], "activation")
            title = f"activations of {layer.name}, {told}"
            subject.remove(f"activations/{layer.name}", pages=True)
            for first in range(0, len(tiles), IMAGES_SIDE_BY_SIDE):
                part = slice(first, first + IMAGES_SIDE_BY_SIDE)
                figure = _draw_answers(tiles[part], inputs[part], chosen.titles[part], scale, title)
                page = f"_{first}" if len(tiles) > IMAGES_SIDE_BY_SIDE else ""
                numbers = {"activations": answers[part], "inputs": inputs[part]}
                numbers |= chosen.numbers(part)
                subject.save(figure, f"activations/{layer.name}{page}", numbers)


def _draw_answers(
    tiles: Array, inputs: Array, titles: Sequence[str], scale: ColourScale, title: str
) -> Figure:
    """The images above what the layer answers to them, `(num_images, channels, height, width)`."""
    # As colours, since the scale is that of the answers.
    colours = inputs if inputs.ndim == 4 else np.repeat(inputs[..., np.newaxis], 3, axis=3)
    panels = [Panel(of, one[np.newaxis]) for of, one in zip(titles, colours, strict=True)]
    is_map = tiles.shape[1] > 1
    labels = [str(number) for number in range(tiles.shape[1])] if is_map else []
    panels += [Panel("", tile, labels) for tile in tiles]
    inches = MAP_INCHES if is_map else UNITS_INCHES
    return draw_panels(panels, scale, title, tile_inches=inches, num_panel_columns=len(tiles))


def rectangle_of_units(values: Array) -> Array:
    """Units `(num_images, units)` as nearly square images; places left over are NaN, so blank."""
    num_units = values.shape[1]
    num_columns = math.ceil(math.sqrt(num_units))
    num_rows = math.ceil(num_units / num_columns)
    missing = num_rows * num_columns - num_units
    padded = np.pad(values.astype(np.float64), ((0, 0), (0, missing)), constant_values=np.nan)
    return padded.reshape(len(values), num_rows, num_columns)
