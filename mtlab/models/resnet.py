"""Residual blocks: each adds to what it reads, so that gradients pass by its layers."""

from collections.abc import Sequence

import torch
from torch import nn

from mtlab.models.layers import ACTIVATIONS, Shape, check_halvings, padded_convolution


class ResidualBlock(nn.Module):
    """`activation(shortcut(x) + F(x))`, F being two 3x3 convolutions.

    The shortcut is the identity, or a 1x1 convolution where the shape changes.

    Args:
        stride: Of the first convolution and of the shortcut, in pixels.
    """

    def __init__(
        self, num_inputs: int, num_filters: int, stride: int, activation: str, *, batch_norm: bool
    ) -> None:
        super().__init__()
        first = padded_convolution(
            num_inputs, num_filters, 3, activation, stride=stride, batch_norm=batch_norm
        )
        second = padded_convolution(num_filters, num_filters, 3, None, batch_norm=batch_norm)
        shortcut: list[nn.Module] = []
        if stride != 1 or num_inputs != num_filters:
            shortcut = padded_convolution(
                num_inputs, num_filters, 1, None, stride=stride, batch_norm=batch_norm
            )
        # Whoever looks for the nonlinearity behind a convolution takes the next one in this order:
        # the second one's is that of the sum, a shortcut has none. It is the order of forward too.
        self.first = nn.Sequential(*first)
        self.shortcut = nn.Sequential(*shortcut)
        self.second = nn.Sequential(*second)
        self.activation = ACTIVATIONS[activation]()

    def forward(self, maps_bchw: torch.Tensor) -> torch.Tensor:
        first, kept = self.first(maps_bchw), self.shortcut(maps_bchw)
        found: torch.Tensor = self.activation(kept + self.second(first))
        return found


def residual_stages(
    filters: Sequence[int],
    blocks_per_stage: int,
    image_shape: tuple[int, int, int],
    activation: str,
    *,
    batch_norm: bool,
) -> tuple[list[nn.Module], Shape]:
    """The layers on maps, for a `ConvolutionalTrunk`, and the shape that they end with.

    He, Zhang, Ren, Sun (2016), "Deep residual learning for image recognition", arXiv:1512.03385,
    section 4.2, as for CIFAR-10: a 3x3 convolution, then stages of blocks; the first block of each
    stage but the first has stride 2. Deviation: where the shape changes the shortcut is a 1x1
    convolution (option B of the paper) and not zeros (option A).

    Args:
        filters: One number per stage, for all of its convolutions.
        image_shape: `(channels, height, width)`.

    Raises:
        ModelError: More stages than the image can be halved.
    """
    check_halvings("model.filters", filters, image_shape, "stages")
    num_inputs, *sides = image_shape
    layers = padded_convolution(num_inputs, filters[0], 3, activation, batch_norm=batch_norm)
    num_inputs = filters[0]
    for stage, num_filters in enumerate(filters):
        for block in range(blocks_per_stage):
            stride = 2 if stage > 0 and block == 0 else 1
            layers.append(
                ResidualBlock(num_inputs, num_filters, stride, activation, batch_norm=batch_norm)
            )
            num_inputs = num_filters
        if stage > 0:
            sides = [(side + 1) // 2 for side in sides]
    return layers, (num_inputs, *sides)
