"""Any layers on maps, then what all convolutional trunks have behind them."""

import math
from collections.abc import Sequence
from typing import TypedDict, Unpack

import torch
from torch import nn

from mtlab.models.layers import GlobalAveragePooling, Shape, Trunk, build_layers, dense_specs


class BehindMaps(TypedDict, total=False):
    """What follows the layers on maps; what is left out is false, 0 or empty.

    Attributes:
        global_average_pooling: In place of flattening.
        shared_widths: Units of the dense layers behind them.
        has_branches: Whether the heads have dense layers of their own, which then carry the
            dropout.
        gives_maps: Whether heads receive the maps as they are, for layers of their own; only
            without pooling and shared layers.
        dropout: Probability of dropping a unit after each dense layer, or after the convolutions
            where there is no dense layer at all.
    """

    global_average_pooling: bool
    shared_widths: Sequence[int]
    has_branches: bool
    gives_maps: bool
    dropout: float


class ConvolutionalTrunk(Trunk):
    """Layers on maps, flatten or global average pooling, shared dense layers.

    Args:
        convolutions: The layers on maps in order; together they make `map_shape` of an image.
        map_shape: `(channels, height, width)`.
    """

    def __init__(
        self,
        convolutions: Sequence[nn.Module],
        map_shape: Shape,
        activation: str,
        **behind: Unpack[BehindMaps],
    ) -> None:
        super().__init__()
        shared_widths, dropout = behind.get("shared_widths", ()), behind.get("dropout", 0.0)
        gives_maps = behind.get("gives_maps", False)
        self.convolutions = nn.Sequential(*convolutions)
        self.to_features: nn.Module = nn.Flatten()
        shape: Shape = (math.prod(map_shape),)
        if gives_maps:
            self.to_features, shape = nn.Identity(), map_shape
        elif behind.get("global_average_pooling", False):
            self.to_features, shape = GlobalAveragePooling(), map_shape[:1]
        dropout_is_later = bool(shared_widths) or behind.get("has_branches", False) or gives_maps
        self.dropout = nn.Dropout(0.0 if dropout_is_later else dropout)
        dense, shapes = build_layers(dense_specs(shared_widths, dropout), shape, activation)
        self.shared = nn.Sequential(*dense)
        self.output_shape = shapes[-1]

    def forward(self, images_bchw: torch.Tensor) -> torch.Tensor:
        features = self.to_features(self.convolutions(images_bchw))
        shared: torch.Tensor = self.shared(self.dropout(features))
        return shared
