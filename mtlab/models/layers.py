"""A head's layers as YAML lists them: read, checked against the shapes, built."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from mtlab.errors import ModelError
from mtlab.models.cnn import GlobalAveragePooling
from mtlab.models.dense import activation_layer

Shape = tuple[int, ...]
"""Of one sample: `(channels, height, width)` of a map, or `(features,)` of a vector."""

KEYS = {
    "conv": ("kernel_size", "stride", "padding", "batch_norm"),
    "pool": (),
    "flatten": (),
    "global_average_pooling": (),
    "dense": (),
    "dropout": (),
}
"""Per layer, what may stand beside it."""
WITHOUT_NUMBER = ("flatten", "global_average_pooling")
FOR_MAPS = ("conv", "pool", "flatten", "global_average_pooling")
EXAMPLES = {"conv": "{conv: 64}", "pool": "{pool: 2}", "dense": "{dense: 64}",
            "dropout": "{dropout: 0.5}"}  # fmt: skip


@dataclass(frozen=True)
class LayerSpec:
    """One entry of the list.

    Attributes:
        where: The head and the layer's number, for messages, as in `model.heads.b.layers[3]`.
        kind: A key of `KEYS`.
        number: Filters, units, the side of a pooling window, or the probability of dropping; 0
            where the layer takes no number.
        options: What stands beside it.
    """

    where: str
    kind: str
    number: float
    options: Mapping[str, int]

    @property
    def needs_map(self) -> bool:
        """Whether it reads a map of channels x height x width, and no vector."""
        return self.kind in FOR_MAPS


def read_layers(entries: Sequence[object], key: str) -> list[LayerSpec]:
    """Read a list of layers.

    Args:
        key: The configuration key of the list, for messages.

    Raises:
        ModelError: No such layer, an option that it does not have, or a number out of range.
    """
    return [_read(entry, f"{key}[{number}]") for number, entry in enumerate(entries)]


def _read(entry: object, where: str) -> LayerSpec:
    values = {entry: None} if isinstance(entry, str) else entry
    kinds = [key for key in values if key in KEYS] if isinstance(values, Mapping) else []
    if not isinstance(values, Mapping) or len(kinds) != 1:
        raise ModelError(
            where,
            rule=f"must be one of the layers {', '.join(KEYS)}",
            found=entry,
            remedy=f"for example {', '.join(EXAMPLES.values())} or flatten",
        )
    kind = kinds[0]
    options = {str(key): value for key, value in values.items() if key != kind}
    for key, value in options.items():
        if key not in KEYS[kind]:
            raise ModelError(
                where,
                rule=f"{kind} takes {', '.join(KEYS[kind]) or 'no further key'}",
                found=key,
                remedy="leave it out",
            )
        _check_option(key, value, where)
    return LayerSpec(where, kind, _number(kind, values[kind], where), options)


def _check_option(key: str, value: object, where: str) -> None:
    if key == "batch_norm":
        fits, rule, example = isinstance(value, bool), "true or false", "true"
    else:
        low = 0 if key == "padding" else 1
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= low
        rule, example = f"a whole number of at least {low}", "1"
    if not fits:
        raise ModelError(
            where, rule=f"{key} must be {rule}", found=value, remedy=f"for example {key}: {example}"
        )


def _number(kind: str, value: object, where: str) -> float:
    if kind in WITHOUT_NUMBER:
        if value is not None and value is not True:
            raise ModelError(
                where, rule=f"{kind} takes no number", found=value, remedy=f"write {kind} alone"
            )
        return 0
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "dropout":
        fits, rule = is_number and 0 <= value < 1, "a probability of at least 0 and below 1"  # type: ignore[operator]
    else:
        low = 2 if kind == "pool" else 1
        fits = isinstance(value, int) and is_number and value >= low
        rule = f"a whole number of at least {low}"
    if not fits:
        raise ModelError(
            where,
            rule=f"{kind} must have {rule}",
            found=value,
            remedy=f"for example {EXAMPLES[kind]}",
        )
    assert isinstance(value, int | float)
    return value


def build_layer(layer: LayerSpec, shape: Shape, activation: str) -> tuple[list[nn.Module], Shape]:
    """The modules of a layer with its activation, and the shape behind it.

    Raises:
        ModelError: The layer does not fit what comes before it.
    """
    is_map = len(shape) == 3
    if layer.needs_map and not is_map:
        raise ModelError(
            layer.where,
            rule=f"{layer.kind} needs a map of channels x height x width",
            found=f"a vector of {shape[0]} features",
            remedy="put it before the layer that flattens",
        )
    if layer.kind == "dense" and is_map:
        raise ModelError(
            layer.where,
            rule="dense needs a vector",
            found=f"a map of {_product(shape)}",
            remedy="put flatten or global_average_pooling before it",
        )
    match layer.kind:
        case "conv":
            return _convolution(layer, shape, activation)
        case "pool":
            return _pooling(layer, shape)
        case "flatten":
            return [nn.Flatten()], (math.prod(shape),)
        case "global_average_pooling":
            return [GlobalAveragePooling()], (shape[0],)
        case "dense":
            units = int(layer.number)
            return [nn.Linear(shape[0], units), activation_layer(activation)], (units,)
        case _:
            return [nn.Dropout(layer.number)], shape


def _convolution(layer: LayerSpec, shape: Shape, activation: str) -> tuple[list[nn.Module], Shape]:
    filters = int(layer.number)
    kernel_size, stride = layer.options.get("kernel_size", 3), layer.options.get("stride", 1)
    padding = layer.options.get("padding", kernel_size // 2)
    sides = [(side + 2 * padding - kernel_size) // stride + 1 for side in shape[1:]]
    if min(sides) < 1:
        raise ModelError(
            layer.where,
            rule=f"conv's kernel of {kernel_size} must fit the map (padding {padding})",
            found=_product(shape),
            remedy="use a smaller kernel, padding, or fewer poolings",
        )
    modules: list[nn.Module] = [nn.Conv2d(shape[0], filters, kernel_size, stride, padding)]
    if layer.options.get("batch_norm"):
        modules.append(nn.BatchNorm2d(filters))
    return [*modules, activation_layer(activation)], (filters, *sides)


def _pooling(layer: LayerSpec, shape: Shape) -> tuple[list[nn.Module], Shape]:
    size = int(layer.number)
    if min(shape[1:]) < size:
        raise ModelError(
            layer.where,
            rule=f"the pooling of {size} must fit the map",
            found=_product(shape),
            remedy="leave it out, or pool less before it",
        )
    return [nn.MaxPool2d(size)], (shape[0], *(side // size for side in shape[1:]))


def _product(shape: Shape) -> str:
    return "x".join(str(side) for side in shape)
