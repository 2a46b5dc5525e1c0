"""Layers as YAML lists them or a trunk plans them: read, checked against the shapes, built."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from mtlab.errors import ModelError

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}

Shape = tuple[int, ...]
"""Of one sample: `(channels, height, width)` of a map, or `(features,)` of a vector."""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class Rule:
    """What a number in the list must be, in words and with an example."""

    words: str
    holds: Callable[[Any], bool]
    example: str = ""

    @staticmethod
    def whole(low: int, example: str) -> Rule:
        return Rule(
            f"a whole number of at least {low}",
            lambda value: _is_number(value) and isinstance(value, int) and value >= low,
            example,
        )


KINDS = {
    "conv": Rule.whole(1, "{conv: 64}"),
    "pool": Rule.whole(2, "{pool: 2}"),
    "flatten": None,
    "global_average_pooling": None,
    "dense": Rule.whole(1, "{dense: 64}"),
    "dropout": Rule(
        "a probability of at least 0 and below 1",
        lambda value: _is_number(value) and 0 <= value < 1,
        "{dropout: 0.5}",
    ),
}
"""What a layer's own number must be: filters, the side of a window, units, a probability; None for
layers without a number."""
CONVOLUTION_OPTIONS = {
    "kernel_size": Rule.whole(1, "kernel_size: 1"),
    "stride": Rule.whole(1, "stride: 1"),
    "padding": Rule.whole(0, "padding: 1"),
    "batch_norm": Rule("true or false", lambda value: isinstance(value, bool), "batch_norm: true"),
}
"""What may stand beside `conv`; beside the others nothing may."""
TO_VECTOR = ("flatten", "global_average_pooling")
FOR_MAPS = ("conv", "pool", *TO_VECTOR)


@dataclass(frozen=True)
class LayerSpec:
    """One layer with its activation.

    Attributes:
        where: The key to mend where it does not fit, as in `model.heads.b.layers[3]`.
        kind: A key of `KINDS`.
        number: Filters, units, the side of a pooling window, or the probability of dropping; 0
            where the layer takes no number.
        options: Of `CONVOLUTION_OPTIONS`; `batch_norm` also of a trunk's dense layers.
        name: What messages call a convolution.
    """

    where: str
    kind: str
    number: float = 0
    options: Mapping[str, int] = field(default_factory=dict)
    name: str = "conv"

    @property
    def needs_map(self) -> bool:
        """Whether it reads a map of channels x height x width, and no vector."""
        return self.kind in FOR_MAPS


def dense_specs(
    widths: Sequence[int], dropout: float = 0.0, *, batch_norm: bool = False
) -> list[LayerSpec]:
    """Dense layers of these units, each with dropout behind it (if any)."""
    specs = []
    for width in widths:
        specs.append(LayerSpec("model", "dense", width, {"batch_norm": batch_norm}))
        if dropout > 0:
            specs.append(LayerSpec("model", "dropout", dropout))
    return specs


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
    kinds = [key for key in values if key in KINDS] if isinstance(values, Mapping) else []
    if not isinstance(values, Mapping) or len(kinds) != 1:
        examples = [rule.example for rule in KINDS.values() if rule]
        raise ModelError(
            where,
            rule=f"must be one of the layers {', '.join(KINDS)}",
            found=entry,
            remedy=f"for example {', '.join(examples)} or flatten",
        )
    kind = kinds[0]
    number, rule = values[kind], KINDS[kind]
    known = CONVOLUTION_OPTIONS if kind == "conv" else {}
    options = {str(key): value for key, value in values.items() if key != kind}
    for key, value in options.items():
        if key not in known:
            takes = f"{kind} takes {', '.join(known) or 'no further key'}"
            raise ModelError(where, rule=takes, found=key, remedy="leave it out")
        _check(known[key], f"{key} must be", value, where)
    if rule is not None:
        _check(rule, f"{kind} must have", number, where)
        return LayerSpec(where, kind, number, options)
    if number is not None and number is not True:
        raise ModelError(
            where, rule=f"{kind} takes no number", found=number, remedy=f"write {kind} alone"
        )
    return LayerSpec(where, kind)


def _check(rule: Rule, subject: str, value: object, where: str) -> None:
    if not rule.holds(value):
        raise ModelError(
            where,
            rule=f"{subject} {rule.words}",
            found=value,
            remedy=f"for example {rule.example}",
        )


def build_layers(
    layers: Sequence[LayerSpec], shape: Shape, activation: str
) -> tuple[list[nn.Module], list[Shape]]:
    """The modules in order, and the shapes: the given one, then that behind each layer.

    Raises:
        ModelError: A layer that does not fit what comes before it.
    """
    modules: list[nn.Module] = []
    shapes = [shape]
    for layer in layers:
        _check_shape(layer, shapes[-1])
        built, shape = _build(layer, shapes, activation)
        modules += built
        shapes.append(shape)
    return modules, shapes


def _check_shape(layer: LayerSpec, shape: Shape) -> None:
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
            found=f"a map of {'x'.join(map(str, shape))}",
            remedy="put flatten or global_average_pooling before it",
        )


def _build(
    layer: LayerSpec, shapes: Sequence[Shape], activation: str
) -> tuple[list[nn.Module], Shape]:
    shape, number = shapes[-1], int(layer.number)
    nonlinearity = ACTIVATIONS[activation]
    built: list[nn.Module]
    match layer.kind:
        case "conv":
            kernel_size = layer.options.get("kernel_size", 3)
            stride = layer.options.get("stride", 1)
            padding = layer.options.get("padding", kernel_size // 2)
            sides = [(side + 2 * padding - kernel_size) // stride + 1 for side in shape[1:]]
            if min(sides) < 1:
                window = f"{layer.name}'s kernel of {kernel_size}"
                padded = f" (padding {padding})" if padding else ""
                raise _does_not_fit(layer, f"{window} must fit the map{padded}", shapes)
            built = [nn.Conv2d(shape[0], number, kernel_size, stride, padding)]
            if layer.options.get("batch_norm"):
                built.append(nn.BatchNorm2d(number))
            return [*built, nonlinearity()], (number, *sides)
        case "pool":
            if min(shape[1:]) < number:
                raise _does_not_fit(layer, f"the pooling of {number} must fit the map", shapes)
            return [nn.MaxPool2d(number)], (shape[0], *(side // number for side in shape[1:]))
        case "flatten":
            return [nn.Flatten()], (math.prod(shape),)
        case "global_average_pooling":
            return [GlobalAveragePooling()], (shape[0],)
        case "dense":
            built = [nn.Linear(shape[0], number)]
            if layer.options.get("batch_norm"):
                built.append(nn.BatchNorm1d(number))
            return [*built, nonlinearity()], (number,)
        case _:
            return [nn.Dropout(layer.number)], shape


def _does_not_fit(layer: LayerSpec, rule: str, shapes: Sequence[Shape]) -> ModelError:
    trail = " -> ".join("x".join(str(side) for side in shape) for shape in shapes)
    return ModelError(
        layer.where,
        rule=rule,
        found=f"channels x height x width {trail}",
        remedy="use smaller kernels, smaller strides, padding, or fewer layers",
    )


class GlobalAveragePooling(nn.Module):
    """`(batch, channels, height, width)` to each channel's mean, `(batch, channels)`.

    A plain mean, because the gradient of torch's adaptive pooling is not deterministic on CUDA.
    """

    def forward(self, maps_bchw: torch.Tensor) -> torch.Tensor:
        return maps_bchw.mean(dim=(2, 3))
