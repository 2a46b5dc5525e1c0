"""DeepDream: images changed until a layer answers more strongly to what it sees in them."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import interpolate

from mtlab.config.base import Count, NotNegative
from mtlab.drawing.mosaic import BRIGHTNESS, Panel, as_displayable, draw_panels
from mtlab.visualize.ascent import Ascent
from mtlab.visualize.chosen_images import choose_images
from mtlab.visualize.layers import Layer, layer_output
from mtlab.visualize.subject import ClimbingPicture, Subject

SMALLEST_SQUARE = 1e-12
"""Keeps the root differentiable where nothing answers."""


class Dream(ClimbingPicture):
    """A row per image, a column per layer."""

    heeds = frozenset({"digits", "layer", "task"})

    octaves: Count
    octave_scale: Annotated[float, Field(gt=1)]
    contrast: Annotated[float, Field(gt=0, le=1)]
    anchor: NotNegative

    def draw(self, subject: Subject) -> None:
        names, model = subject.keys.layer, subject.run.model
        layers = subject.hidden_layers(lambda one: one.task is None or one.activation is not None)
        if names is None:
            layers = [layer for layer in layers if layer.is_convolution] or layers
        chosen = choose_images(subject, several=False)
        columns, labels = {"image": chosen.images}, ["image"]
        for layer in layers:
            # Dense layers, and whatever may lie behind one, take images of one size only.
            grows = layer.is_convolution and layer.task is None
            num_sizes = self.octaves if grows else 1
            sizes = [self.octave_scale**number for number in range(num_sizes)]
            with subject.ascent(f"dream {layer.name}", self, num_sizes) as ascent:
                images = dream(model, layer, chosen.images, ascent, sizes, self.contrast)
            columns[layer.name] = images
            labels.append(f"{layer.name}, {'one size' if num_sizes == 1 else f'{num_sizes} sizes'}")
        largest = max((images.shape[2:] for images in columns.values()), key=lambda size: size[0])
        shown = np.stack(
            [as_displayable(subject.shown(interpolate(one, largest))) for one in columns.values()],
            axis=1,
        )
        panels = [
            Panel(title, tiles, labels, len(labels))
            for title, tiles in zip(chosen.titles, shown, strict=True)
        ]
        inches = 2.0 if len(labels) <= 5 else 1.4
        title = f"DeepDream, {self.steps} steps at each size"
        figure = draw_panels(panels, BRIGHTNESS, title, tile_inches=inches)
        numbers = {name: subject.shown(images) for name, images in columns.items()}
        name = "dreams" if names is None else "_".join(layer.name for layer in layers)
        subject.save(figure, f"dream/{name}", numbers | chosen.numbers())


def dream(
    model: nn.Module,
    layer: Layer,
    images: torch.Tensor,
    ascent: Ascent,
    sizes: Sequence[float],
    contrast: float,
) -> torch.Tensor:
    """Dream on images, all of them in one batch.

    Mordvintsev, Olah, Tyka (2015), "Inceptionism": ascent on the mean square of the layer's
    activations, at growing sizes. Deviations: they begin below the image's size; the images here
    are so small that the first octave has their own size and the next ones are larger. Theirs are
    photographs in mid-tones; ours are black and white already, so they are faded first, and keep
    that contrast (`Ascent.anchor`), without which they end in white silhouettes. And the
    score is the mean over the map of the activations' length (root mean square over channels),
    each channel's mean over the map taken off: the mean square is won by one strong spot.

    Args:
        sizes: Of each octave as shares of the images', 1 alone for layers behind dense layers.
        contrast: What is left of the image's contrast at the start, above 0 and at most 1.
    """

    def score(batch: torch.Tensor) -> torch.Tensor:
        activations = layer_output(model, layer, batch, activated=True)
        if activations.dim() > 2:
            activations = activations - activations.mean(dim=(2, 3), keepdim=True)
        lengths = (activations.square().mean(dim=1) + SMALLEST_SQUARE).sqrt()
        return lengths.flatten(1).mean(dim=1) if activations.dim() > 2 else lengths

    faded = ascent.pixels.as_input(0.5 + contrast * (ascent.pixels.as_shares(images) - 0.5))
    dreamt = faded
    for share in sizes:
        size = [round(side * share) for side in images.shape[2:]]
        dreamt = ascent.climb(score, _resize(dreamt, size), _resize(faded, size))
    return dreamt


def _resize(images: torch.Tensor, size: list[int]) -> torch.Tensor:
    if list(images.shape[2:]) == size:
        return images
    return interpolate(images, size=size, mode="bicubic", align_corners=False)
