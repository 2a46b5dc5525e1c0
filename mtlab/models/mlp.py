"""Multi-layer perceptron on flattened pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from mtlab.models.dense import dense_layers
from mtlab.models.trunk import Trunk


class MlpTrunk(Trunk):
    """Flatten, then dense hidden layers.

    Args:
        image_shape: `(channels, height, width)`.
        widths: Units of each hidden layer; empty gives the pixels themselves.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        widths: Sequence[int],
        *,
        activation: str = "relu",
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        num_pixels = math.prod(image_shape)
        self.hidden = dense_layers(
            num_pixels, widths, activation=activation, batch_norm=batch_norm, dropout=dropout
        )
        self.output_shape = (widths[-1] if widths else num_pixels,)

    def forward(self, images_bchw: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.hidden(images_bchw.flatten(1))
        return features
