"""Multi-layer perceptron on flattened pixels."""

import math
from collections.abc import Sequence

import torch
from torch import nn

from mtlab.models.layers import Trunk, build_layers, dense_specs


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
        activation: str = "relu",
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        layers = dense_specs(widths, dropout, batch_norm=batch_norm)
        modules, shapes = build_layers(layers, (math.prod(image_shape),), activation)
        self.hidden = nn.Sequential(*modules)
        self.output_shape = shapes[-1]

    def forward(self, images_bchw: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.hidden(images_bchw.flatten(1))
        return features
