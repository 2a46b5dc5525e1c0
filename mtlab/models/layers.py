"""Layers as a head lists them or a trunk plans them: checked against the shapes, and built."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

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


TO_VECTOR = ("flatten", "global_average_pooling")


@dataclass(frozen=True)
class LayerSpec:
    """One layer with its activation.

    Attributes:
        where: The key to mend where it does not fit, as in `model.heads.b.layers[3]`.
        kind: `conv`, `pool`, `dense`, `dropout` or one of `TO_VECTOR`.
        number: Filters, the side of a pooling window, units, or the probability of dropping.
        kernel_size, stride, padding: Of a convolution, in pixels; None pads by half the kernel.
        batch_norm: Between a convolution or a dense layer and its activation.
        name: What messages call a convolution.
    """

    where: str
    kind: str
    number: float = 0
    kernel_size: int = 3
    stride: int = 1
    padding: int | None = None
    batch_norm: bool = False
    name: str = "conv"

    @property
    def needs_map(self) -> bool:
        """Whether it reads a map of channels x height x width, and no vector."""
        return self.kind in ("conv", "pool", *TO_VECTOR)


def dense_specs(
    widths: Sequence[int], dropout: float = 0.0, *, batch_norm: bool = False
) -> list[LayerSpec]:
    """Dense layers of these units, each with dropout behind it (if any)."""
    specs = []
    for width in widths:
        specs.append(LayerSpec("model", "dense", width, batch_norm=batch_norm))
        if dropout > 0:
            specs.append(LayerSpec("model", "dropout", dropout))
    return specs


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
        shape = shapes[-1]
        if layer.needs_map and len(shape) == 1:
            raise ModelError(
                layer.where,
                rule=f"{layer.kind} needs a map of channels x height x width",
                found=f"a vector of {shape[0]} features",
                remedy="put it before the layer that flattens",
            )
        if layer.kind == "dense" and len(shape) == 3:
            raise ModelError(
                layer.where,
                rule="dense needs a vector",
                found=f"a map of {in_pixels(shape)}",
                remedy="put flatten or global_average_pooling before it",
            )
        built, shape = _build(layer, shapes)
        modules += built
        if layer.kind in ("conv", "dense"):
            modules.append(ACTIVATIONS[activation]())
        shapes.append(shape)
    return modules, shapes


def _build(layer: LayerSpec, shapes: Sequence[Shape]) -> tuple[list[nn.Module], Shape]:
    """A layer without its activation, and the shape behind it."""
    shape, number = shapes[-1], int(layer.number)
    match layer.kind:
        case "conv":
            kernel_size, stride = layer.kernel_size, layer.stride
            padding = kernel_size // 2 if layer.padding is None else layer.padding
            sides = [(side + 2 * padding - kernel_size) // stride + 1 for side in shape[1:]]
            if min(sides) < 1:
                window = f"{layer.name}'s kernel of {kernel_size}"
                padded = f" (padding {padding})" if padding else ""
                raise _does_not_fit(layer, f"{window} must fit the map{padded}", shapes)
            convolution = nn.Conv2d(shape[0], number, kernel_size, stride, padding)
            norm = [nn.BatchNorm2d(number)] if layer.batch_norm else []
            return [convolution, *norm], (number, *sides)
        case "pool":
            if min(shape[1:]) < number:
                raise _does_not_fit(layer, f"the pooling of {number} must fit the map", shapes)
            return [nn.MaxPool2d(number)], (shape[0], *(side // number for side in shape[1:]))
        case "flatten":
            return [nn.Flatten()], (math.prod(shape),)
        case "global_average_pooling":
            return [GlobalAveragePooling()], (shape[0],)
        case "dense":
            norm_1d = [nn.BatchNorm1d(number)] if layer.batch_norm else []
            return [nn.Linear(shape[0], number), *norm_1d], (number,)
        case _:
            return [nn.Dropout(layer.number)], shape


def in_pixels(shape: Shape) -> str:
    """As messages show it, `64x14x14`."""
    return "x".join(map(str, shape))


def _does_not_fit(layer: LayerSpec, rule: str, shapes: Sequence[Shape]) -> ModelError:
    return ModelError(
        layer.where,
        rule=rule,
        found=f"channels x height x width {' -> '.join(map(in_pixels, shapes))}",
        remedy="use smaller kernels, smaller strides, padding, or fewer layers",
    )


def padded_convolution(
    num_inputs: int,
    num_filters: int,
    kernel_size: int,
    activation: str | None,
    *,
    stride: int = 1,
    batch_norm: bool,
) -> list[nn.Module]:
    """A convolution that only its stride makes the map smaller by, for the blocks of deep trunks.

    With batch norm it has no bias, which the norm would subtract again.

    Args:
        kernel_size: Odd.
        activation: None for none.
    """
    padding = kernel_size // 2
    layers: list[nn.Module] = [
        nn.Conv2d(num_inputs, num_filters, kernel_size, stride, padding, bias=not batch_norm)
    ]
    if batch_norm:
        layers.append(nn.BatchNorm2d(num_filters))
    if activation is not None:
        layers.append(ACTIVATIONS[activation]())
    return layers


def check_halvings(
    key: str, entries: Sequence[int], image_shape: Shape, called: str, *, first_halves: bool = False
) -> None:
    """Raise ModelError where the image cannot be halved, rounded down, as often as a list says.

    Args:
        entries: One per block or stage, as `called` says, each of which halves the map.
        image_shape: `(channels, height, width)`.
        first_halves: Whether also the first one does.
    """
    most = min(image_shape[1:]).bit_length() - first_halves
    if len(entries) > most:
        which = "each" if first_halves else "each but the first"
        raise ModelError(
            key,
            rule=f"must hold at most {most} {called}, {which} of which halves the"
            f" image of {image_shape[1]}x{image_shape[2]} pixels",
            found=list(entries),
            remedy="leave the last ones out",
        )


class GlobalAveragePooling(nn.Module):
    """`(batch, channels, height, width)` to each channel's mean, `(batch, channels)`.

    A plain mean, because the gradient of torch's adaptive pooling is not deterministic on CUDA.
    """

    def forward(self, maps_bchw: torch.Tensor) -> torch.Tensor:
        return maps_bchw.mean(dim=(2, 3))


class Trunk(nn.Module):
    """The layers that all tasks share.

    Attributes:
        output_shape: What heads receive for one image: `(features,)`, or
            `(channels, height, width)` where the heads have layers of their own for maps.
    """

    output_shape: tuple[int, ...]
    _is_frozen = False

    def freeze(self) -> None:
        """Keep parameters and batch norm's statistics as they are from here on.

        Its dropout stays, which the heads train against.
        """
        self.requires_grad_(False)
        self._is_frozen = True
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        for layer in self.modules():
            if self._is_frozen and isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                layer.eval()
        return self

    def forward(self, images_bchw: torch.Tensor) -> torch.Tensor:
        """`(batch, channels, height, width)` to `(batch, *output_shape)`."""
        raise NotImplementedError
