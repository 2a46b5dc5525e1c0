"""Pictures of what layers answer to chosen test images."""

from __future__ import annotations

import numpy as np
import torch

from mtlab.commands.sitting import DoesNotApplyError, Sitting
from mtlab.config.options import What
from mtlab.drawing.mosaic import (
    ColourScale,
    Panel,
    as_displayable,
    draw_panels,
    rectangle_of_units,
)
from mtlab.inspection.layers import choose_layers, layer_output

MAP_INCHES = 0.48
UNITS_INCHES = 2.4
IMAGES_SIDE_BY_SIDE = 4


def draw_activations(sitting: Sitting) -> None:
    """What layers answer to chosen images: one file per layer, the images side by side."""
    layers = choose_layers(
        sitting.layers, sitting.options.layer_names, lambda layer: layer.activation is not None
    )
    if not layers:
        raise DoesNotApplyError(
            "what", rule="activations need hidden layers", found=sitting.run.config.model.name
        )
    chosen = sitting.choose_images(several=False)
    inputs = as_displayable(sitting.shown(chosen.images))
    colours = inputs if inputs.ndim == 4 else np.repeat(inputs[..., np.newaxis], 3, axis=3)
    for layer in layers:
        with torch.inference_mode():
            answers = layer_output(sitting.run.model, layer, chosen.images, activated=True).numpy()
        most = sitting.options.activations.most_channels
        is_map = answers.ndim == 4
        tiles = answers[:, :most] if is_map else rectangle_of_units(answers)[:, np.newaxis]
        scale = (
            ColourScale.from_zero(tiles[np.isfinite(tiles)], "activation")
            if answers.min() >= 0
            else ColourScale.centred(tiles[np.isfinite(tiles)], "activation")
        )
        what = f"{tiles.shape[1]} of {answers.shape[1]} channels" if is_map else "every unit"
        sitting.remove(What.activations, layer.name, pages=True)
        for start in range(0, len(tiles), IMAGES_SIDE_BY_SIDE):
            part = slice(start, start + IMAGES_SIDE_BY_SIDE)
            shown = tiles[part]
            panels = [
                Panel(title, colour[np.newaxis], num_columns=1)
                for title, colour in zip(chosen.titles[part], colours[part], strict=True)
            ]
            labels = [str(number) for number in range(tiles.shape[1])] if is_map else []
            panels += [Panel("", tile, labels, 8) for tile in shown]
            figure = draw_panels(
                panels, scale, f"activations of {layer.name}, {what}",
                tile_inches=MAP_INCHES if is_map else UNITS_INCHES, num_panel_columns=len(shown),
            )  # fmt: skip
            name = layer.name if len(tiles) <= IMAGES_SIDE_BY_SIDE else f"{layer.name}_{start}"
            numbers = {
                "activations": answers[part],
                "inputs": inputs[part],
                "positions": np.asarray(chosen.positions[part]),
                "titles": np.asarray(chosen.titles[part]),
            }
            sitting.save(figure, What.activations, name, numbers)
