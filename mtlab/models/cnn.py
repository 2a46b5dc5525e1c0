"""Convolutions, then optional dense layers that all tasks share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from mtlab.errors import ModelError
from mtlab.models.dense import activation_layer, dense_layers
from mtlab.models.trunk import Trunk


@dataclass(frozen=True)
class ConvolutionPlan:
    """One convolution with what follows it.

    Attributes:
        kernel_size, stride, padding: In pixels, the same in both directions.
        pool_size: Side and stride of the max pooling behind it; 0 for none.
    """

    filters: int
    kernel_size: int
    stride: int
    padding: int
    pool_size: int


def plan_convolutions(
    filters: Sequence[int],
    kernel_size: int | Sequence[int],
    strides: int | Sequence[int] | None,
    padding: int | Sequence[int],
    pool_after: Sequence[int],
    pool_size: int,
) -> list[ConvolutionPlan]:
    """Spread numbers over the layers and check that lists have one entry per layer.

    Args:
        strides: None means 1 in the first layer and 2 in the others, the study's pattern.
        pool_after: Layers counted from 1.

    Raises:
        ModelError: A list of another length than `filters`, or pooling after a layer that is not
            there.
    """
    num_layers = len(filters)
    if strides is None:
        strides = [1] + [2] * (num_layers - 1)
    kernel_sizes = _per_layer(kernel_size, "model.kernel_size", filters)
    stride_list = _per_layer(strides, "model.strides", filters)
    paddings = _per_layer(padding, "model.padding", filters)
    for layer in pool_after:
        if layer > num_layers:
            raise ModelError(
                "model.pool_after",
                rule=f"must list layers from 1 to {num_layers}",
                found=list(pool_after),
                remedy="leave the others out",
            )
    return [
        ConvolutionPlan(
            filters[layer],
            kernel_sizes[layer],
            stride_list[layer],
            paddings[layer],
            pool_size if layer + 1 in pool_after else 0,
        )
        for layer in range(num_layers)
    ]


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
        convolutions: Sequence[ConvolutionPlan],
        *,
        global_average_pooling: bool = False,
        shared_widths: Sequence[int] = (),
        has_branches: bool = False,
        gives_maps: bool = False,
        activation: str = "relu",
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        channels, height, width = map_shapes(image_shape, convolutions)[-1]
        blocks: list[nn.Module] = []
        in_channels = image_shape[0]
        for plan in convolutions:
            blocks += _convolution_block(in_channels, plan, activation, batch_norm)
            in_channels = plan.filters
        self.convolutions = nn.Sequential(*blocks)
        self.to_features: nn.Module = nn.Flatten()
        num_map_features = channels * height * width
        if gives_maps:
            self.to_features = nn.Identity()
        elif global_average_pooling:
            self.to_features, num_map_features = GlobalAveragePooling(), channels
        dropout_is_later = bool(shared_widths) or has_branches or gives_maps
        self.dropout = nn.Dropout(0.0 if dropout_is_later else dropout)
        self.shared = dense_layers(
            num_map_features, shared_widths, activation=activation, dropout=dropout
        )
        self.output_shape = (shared_widths[-1] if shared_widths else num_map_features,)
        if gives_maps:
            self.output_shape = (channels, height, width)

    def forward(self, images_bchw: torch.Tensor) -> torch.Tensor:
        maps_bchw = self.convolutions(images_bchw)
        features: torch.Tensor = self.shared(self.dropout(self.to_features(maps_bchw)))
        return features


class GlobalAveragePooling(nn.Module):
    """`(batch, channels, height, width)` to each channel's mean, `(batch, channels)`.

    A plain mean, because the gradient of torch's adaptive pooling is not deterministic on CUDA.
    """

    def forward(self, maps_bchw: torch.Tensor) -> torch.Tensor:
        return maps_bchw.mean(dim=(2, 3))


def map_shapes(
    image_shape: tuple[int, int, int], convolutions: Sequence[ConvolutionPlan]
) -> list[tuple[int, int, int]]:
    """`(channels, height, width)` of the image and behind each convolution with its pooling.

    Raises:
        ModelError: A window that does not fit its map.
    """
    shapes = [image_shape]
    for layer, plan in enumerate(convolutions, start=1):
        _, *sides = shapes[-1]
        for side in sides:
            if plan.kernel_size > side + 2 * plan.padding:
                raise _does_not_fit(
                    "model.kernel_size",
                    f"layer {layer}'s kernel of {plan.kernel_size}",
                    shapes,
                    plan,
                )
        sides = [(side + 2 * plan.padding - plan.kernel_size) // plan.stride + 1 for side in sides]
        if plan.pool_size:
            if min(sides) < plan.pool_size:
                shapes.append((plan.filters, sides[0], sides[1]))
                raise _does_not_fit(
                    "model.pool_after", f"the pooling of {plan.pool_size} after layer {layer}",
                    shapes, plan,
                )  # fmt: skip
            sides = [side // plan.pool_size for side in sides]
        shapes.append((plan.filters, sides[0], sides[1]))
    return shapes


def _does_not_fit(
    key: str, window: str, shapes: Sequence[tuple[int, int, int]], plan: ConvolutionPlan
) -> ModelError:
    trail = " -> ".join("x".join(str(side) for side in shape) for shape in shapes)
    padded = f" (padding {plan.padding})" if plan.padding else ""
    return ModelError(
        key,
        rule=f"{window} must fit the map{padded}",
        found=f"channels x height x width {trail}",
        remedy="use smaller kernels, smaller strides, padding, or fewer layers",
    )


def _convolution_block(
    in_channels: int, plan: ConvolutionPlan, activation: str, batch_norm: bool
) -> list[nn.Module]:
    block: list[nn.Module] = [
        nn.Conv2d(in_channels, plan.filters, plan.kernel_size, plan.stride, plan.padding)
    ]
    if batch_norm:
        block.append(nn.BatchNorm2d(plan.filters))
    block.append(activation_layer(activation))
    if plan.pool_size:
        block.append(nn.MaxPool2d(plan.pool_size))
    return block
