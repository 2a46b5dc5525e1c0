"""Any layers on maps, then what all convolutional trunks have behind them."""

import math
from collections.abc import Sequence

import torch
from torch import nn

from mtlab.models.layers import GlobalAveragePooling, Shape, Trunk, build_layers, dense_specs


class ConvolutionalTrunk(Trunk):
    """Layers on maps, flatten or global average pooling, shared dense layers.

    Args:
        convolutions: The layers on maps in order; together they make `map_shape` of an image.
        map_shape: `(channels, height, width)`.
        global_average_pooling: In place of flattening.
        shared_widths: Units of the dense layers behind them.
        has_branches: Whether the heads have dense layers of their own, which then carry the
            dropout.
        gives_maps: Whether heads receive the maps as they are, for layers of their own; only
            without pooling and shared layers.
        dropout: Probability of dropping a unit after each dense layer, or after the convolutions
            where there is no dense layer at all.
    """

    def __init__(
        self,
        convolutions: Sequence[nn.Module],
        map_shape: Shape,
        activation: str = "relu",
        *,
        global_average_pooling: bool = False,
        shared_widths: Sequence[int] = (),
        has_branches: bool = False,
        gives_maps: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(*convolutions)
        self.to_features: nn.Module = nn.Flatten()
        shape: Shape = (math.prod(map_shape),)
        if gives_maps:
            self.to_features, shape = nn.Identity(), map_shape
        elif global_average_pooling:
            self.to_features, shape = GlobalAveragePooling(), map_shape[:1]
        dropout_is_later = bool(shared_widths) or has_branches or gives_maps
        self.dropout = nn.Dropout(0.0 if dropout_is_later else dropout)
        dense, shapes = build_layers(dense_specs(shared_widths, dropout), shape, activation)
        self.shared = nn.Sequential(*dense)
        self.output_shape = shapes[-1]

    def forward(self, images_bchw: torch.Tensor) -> torch.Tensor:
        features = self.to_features(self.convolutions(images_bchw))
        shared: torch.Tensor = self.shared(self.dropout(features))
        return shared
