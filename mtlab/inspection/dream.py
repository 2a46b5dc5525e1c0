"""DeepDream: images changed until a layer answers more strongly to what it sees in them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from mtlab.inspection.ascent import AscentSettings, PixelRange, ascend
from mtlab.inspection.layers import Layer, layer_output


def dream(
    model: nn.Module,
    layer: Layer,
    images: torch.Tensor,
    pixels: PixelRange,
    settings: AscentSettings,
    num_octaves: int,
    octave_scale: float,
    generator: torch.Generator,
    on_step: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """Dream on images, all of them in one batch.

    Mordvintsev, Olah, Tyka (2015), "Inceptionism": ascent on the mean square of the layer's
    activations, at growing sizes. They begin below the image's size; the images here are so small
    that the first octave has their own size and the next ones are larger.

    Args:
        images: Network input `(batch, channels, height, width)`.
        num_octaves: 1 for layers behind dense layers, which take one size only.

    Returns:
        `(batch, channels, height, width)` of the last octave.
    """

    def score(batch: torch.Tensor) -> torch.Tensor:
        activations = layer_output(model, layer, batch, activated=True)
        return activations.flatten(1).square().mean(dim=1)

    height, width = images.shape[2:]
    dreamt = images
    for octave in range(num_octaves):
        if octave:
            size = [round(side * octave_scale**octave) for side in (height, width)]
            dreamt = torch.nn.functional.interpolate(
                dreamt, size=size, mode="bicubic", align_corners=False
            )
        dreamt = ascend(score, dreamt, pixels, settings, generator, on_step)
    return dreamt
