"""Convolutions, then optional dense layers that all tasks share."""

from collections.abc import Sequence

import torch
from torch import nn

from mtlab.errors import ModelError
from mtlab.models.layers import GlobalAveragePooling, LayerSpec, Trunk, build_layers, dense_specs


def plan_convolutions(
    filters: Sequence[int],
    kernel_size: int | Sequence[int],
    strides: int | Sequence[int] | None,
    padding: int | Sequence[int],
    pool_after: Sequence[int],
    pool_size: int,
    *,
    batch_norm: bool = False,
) -> list[LayerSpec]:
    """Spread numbers over the layers and check that lists have one entry per layer.

    Args:
        kernel_size, strides, padding, pool_size: In pixels, the same in both directions.
        strides: None means 1 in the first layer and 2 in the others, the study's pattern.
        pool_after: Layers counted from 1.

    Raises:
        ModelError: A list of another length than `filters`, or pooling after a layer that is not
            there.
    """
    num_layers = len(filters)
    kernel_sizes = _per_layer(kernel_size, "model.kernel_size", filters)
    if strides is None:
        strides = [1] + [2] * (num_layers - 1)
    stride_list = _per_layer(strides, "model.strides", filters)
    paddings = _per_layer(padding, "model.padding", filters)
    if max(pool_after, default=0) > num_layers:
        raise ModelError(
            "model.pool_after",
            rule=f"must list layers from 1 to {num_layers}",
            found=list(pool_after),
            remedy="leave the others out",
        )
    specs = []
    for layer, sizes in enumerate(
        zip(filters, kernel_sizes, stride_list, paddings, strict=True), 1
    ):
        name = f"layer {layer}"
        specs.append(LayerSpec("model.kernel_size", "conv", *sizes, batch_norm, name))
        if layer in pool_after:
            specs.append(LayerSpec("model.pool_after", "pool", pool_size))
    return specs


def _per_layer(value: int | Sequence[int], key: str, filters: Sequence[int]) -> list[int]:
    if isinstance(value, int):
        return [value] * len(filters)
    if len(value) != len(filters):
        raise ModelError(
            key,
            rule=f"must be a number, or one per layer for the {len(filters)} layers of"
            f" model.filters={list(filters)}",
            found=f"{len(value)}: {list(value)}",
            remedy="make the lists equally long",
        )
    return list(value)


class CnnTrunk(Trunk):
    """Convolutions, flatten or global average pooling, shared dense layers.

    Args:
        image_shape: `(channels, height, width)`.
        convolutions: The layers in order, from `plan_convolutions`.
        shared_widths: Units of the dense layers behind them; may be empty.
        dropout: Probability of dropping a unit after each dense layer, or after the convolutions
            where there is no dense layer at all.
        has_branches: Whether the heads have dense layers of their own, which then carry the
            dropout.
        gives_maps: Whether heads receive the maps as they are, for layers of their own; only
            without pooling and shared layers.

    Raises:
        ModelError: A kernel or pooling window larger than its map; the message shows the shape
            behind each layer.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        convolutions: Sequence[LayerSpec],
        *,
        global_average_pooling: bool = False,
        shared_widths: Sequence[int] = (),
        has_branches: bool = False,
        gives_maps: bool = False,
        activation: str = "relu",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        on_maps, shapes = build_layers(convolutions, image_shape, activation)
        self.convolutions = nn.Sequential(*on_maps)
        channels, height, width = shapes[-1]
        self.to_features: nn.Module = nn.Flatten()
        shape: tuple[int, ...] = (channels * height * width,)
        if gives_maps:
            self.to_features, shape = nn.Identity(), shapes[-1]
        elif global_average_pooling:
            self.to_features, shape = GlobalAveragePooling(), (channels,)
        dropout_is_later = bool(shared_widths) or has_branches or gives_maps
        self.dropout = nn.Dropout(0.0 if dropout_is_later else dropout)
        dense, shapes = build_layers(dense_specs(shared_widths, dropout), shape, activation)
        self.shared = nn.Sequential(*dense)
        self.output_shape = shapes[-1]

    def forward(self, images_bchw: torch.Tensor) -> torch.Tensor:
        features = self.to_features(self.convolutions(images_bchw))
        shared: torch.Tensor = self.shared(self.dropout(features))
        return shared
