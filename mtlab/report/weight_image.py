"""A perceptron's weights as an image, read straight from its run's file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

from mtlab.drawing.mosaic import ColourScale, Panel, as_displayable, draw_panels
from mtlab.drawing.saving import save_picture

SIDE_INCHES = 3.6
WEIGHT_TENSOR = "unit.weight"


def draw_perceptron_weights(weights: Path, summary: Mapping[str, Any], target: Path) -> None:
    """Weights with a diverging map centred at zero: red pixels speak for the second class.

    Args:
        weights: The run's model.safetensors.
        target: The PNG to write; an .npz with the weights lies beside it.
    """
    image = load_file(weights)[WEIGHT_TENSOR].reshape(1, *summary["image_shape"])
    tiles = as_displayable(image if image.shape[1] == 1 else image.mean(axis=1, keepdims=True))
    (task,) = summary["tasks"]
    first, second = summary["classes"][task]
    figure = draw_panels(
        [Panel("", tiles, num_columns=1)],
        ColourScale.centred(tiles, "weight"),
        f"{first} (blue) against {second} (red)",
        tile_inches=SIDE_INCHES,
    )
    save_picture(figure, target, {"weights": image}, command=str(summary.get("command", "")))
