"""Convolutions one after another, with pooling where it is asked for."""

from collections.abc import Sequence

from mtlab.errors import ModelError
from mtlab.models.layers import LayerSpec


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
