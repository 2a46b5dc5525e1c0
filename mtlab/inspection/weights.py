"""Weights of layers as images."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from torch import nn

from mtlab.inspection.layers import Layer

Float32Array = npt.NDArray[np.float32]


def reads_pixels(layer: Layer, layers: Sequence[Layer], image_shape: tuple[int, int, int]) -> bool:
    """Whether a dense layer's inputs are the pixels themselves, so that its weights are images."""
    if not isinstance(layer.module, nn.Linear):
        return False
    # The shared layers come first; without any, each head begins at the pixels.
    path = [other for other in layers if other.task in (None, layer.task)]
    return layer is path[0] and layer.module.in_features == math.prod(image_shape)


def weight_images(layer: Layer, image_shape: tuple[int, int, int]) -> Float32Array:
    """A dense layer's weights on pixels, `(units, channels, height, width)`."""
    weights: Float32Array = layer.module.weight.detach().cpu().numpy()
    return weights.reshape(-1, *image_shape)


def kernels_in_rows(weights: Float32Array) -> npt.NDArray[np.float64]:
    """Every kernel of a convolution on one sheet: a row per filter, a column per input channel.

    Args:
        weights: `(filters, input channels, height, width)`.

    Returns:
        `(filters * (height + 1), input channels * (width + 1))` with NaN between kernels.
    """
    num_filters, num_inputs, height, width = weights.shape
    sheet = np.full((num_filters, height + 1, num_inputs, width + 1), np.nan)
    sheet[:, :height, :, :width] = weights.transpose(0, 2, 1, 3)
    return sheet.reshape(num_filters * (height + 1), num_inputs * (width + 1))
