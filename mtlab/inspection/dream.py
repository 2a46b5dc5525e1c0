"""DeepDream: images changed until a layer answers more strongly to what it sees in them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from mtlab.inspection.ascent import AscentSettings, PixelRange, ascend
from mtlab.inspection.layers import Layer, layer_output

SMALLEST_SQUARE = 1e-12
"""Keeps the root differentiable where nothing answers."""


def dream(
    model: nn.Module,
    layer: Layer,
    images: torch.Tensor,
    pixels: PixelRange,
    settings: AscentSettings,
    num_octaves: int,
    octave_scale: float,
    contrast: float,
    generator: torch.Generator,
    on_step: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """Dream on images, all of them in one batch.

    Mordvintsev, Olah, Tyka (2015), "Inceptionism": ascent on the mean square of the layer's
    activations, at growing sizes. Deviations: they begin below the image's size; the images here
    are so small that the first octave has their own size and the next ones are larger. Theirs are
    photographs in mid-tones; ours are black and white already, so they are faded first, and keep
    that contrast (`AscentSettings.anchor`), without which they end in white silhouettes. And the
    score is the mean over the map of the activations' length (root mean square over channels),
    each channel's mean over the map taken off: the mean square is won by one strong spot.

    Args:
        images: Network input `(batch, channels, height, width)`.
        num_octaves: 1 for layers behind dense layers, which take one size only.
        contrast: What is left of the image's contrast at the start, above 0 and at most 1.

    Returns:
        `(batch, channels, height, width)` of the last octave.
    """

    def score(batch: torch.Tensor) -> torch.Tensor:
        activations = layer_output(model, layer, batch, activated=True)
        if activations.dim() > 2:
            activations = activations - activations.mean(dim=(2, 3), keepdim=True)
        lengths = (activations.square().mean(dim=1) + SMALLEST_SQUARE).sqrt()
        return lengths.flatten(1).mean(dim=1) if activations.dim() > 2 else lengths

    height, width = images.shape[2:]
    faded = pixels.as_input(0.5 + contrast * (pixels.as_shares(images) - 0.5))
    dreamt = faded
    for octave in range(num_octaves):
        size = [round(side * octave_scale**octave) for side in (height, width)]
        dreamt, anchor = _resize(dreamt, size), _resize(faded, size)
        dreamt = ascend(score, dreamt, pixels, settings, generator, on_step, anchor)
    return dreamt


def _resize(images: torch.Tensor, size: list[int]) -> torch.Tensor:
    if list(images.shape[2:]) == size:
        return images
    return torch.nn.functional.interpolate(images, size=size, mode="bicubic", align_corners=False)
