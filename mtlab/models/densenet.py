"""Dense blocks: each convolution reads the maps of all those before it."""

from collections.abc import Sequence

import torch
from torch import nn

from mtlab.models.layers import Shape, check_halvings, padded_convolution


class DenseBlock(nn.Module):
    """3x3 convolutions, each of which adds `growth_rate` channels to what it reads.

    `(batch, channels, height, width)` to the same with `num_layers * growth_rate` more channels.
    """

    def __init__(
        self,
        num_inputs: int,
        num_layers: int,
        growth_rate: int,
        activation: str,
        *,
        batch_norm: bool,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(
                *padded_convolution(
                    num_inputs + layer * growth_rate,
                    growth_rate,
                    3,
                    activation,
                    batch_norm=batch_norm,
                )
            )
            for layer in range(num_layers)
        )

    def forward(self, maps_bchw: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            maps_bchw = torch.cat((maps_bchw, layer(maps_bchw)), dim=1)
        return maps_bchw


def dense_blocks(
    layers_per_block: Sequence[int],
    growth_rate: int,
    compression: float,
    image_shape: tuple[int, int, int],
    activation: str,
    *,
    batch_norm: bool,
) -> tuple[list[nn.Module], Shape]:
    """The layers on maps, for a `ConvolutionalTrunk`, and the shape that they end with.

    Huang, Liu, van der Maaten, Weinberger (2017), "Densely connected convolutional networks",
    arXiv:1608.06993, as DenseNet-C for CIFAR-10: a 3x3 convolution of twice the growth rate, then
    dense blocks; between two of them a 1x1 convolution keeps `compression` of the channels, rounded
    down, and 2x2 average pooling halves the map. Deviations: batch norm and activation follow each
    convolution, as in the other networks here, and do not precede it; no bottlenecks of 1x1.

    Args:
        layers_per_block: Convolutions of each block.
        growth_rate: Channels that each of them adds.
        compression: Above 0, at most 1.
        image_shape: `(channels, height, width)`.

    Raises:
        ModelError: More blocks than the image can be halved.
    """
    check_halvings("model.layers_per_block", layers_per_block, image_shape, "blocks")
    num_inputs, *sides = image_shape
    num_channels = 2 * growth_rate
    layers = padded_convolution(num_inputs, num_channels, 3, activation, batch_norm=batch_norm)
    for block, num_layers in enumerate(layers_per_block):
        if block > 0:
            num_kept = max(int(num_channels * compression), 1)
            layers += padded_convolution(
                num_channels, num_kept, 1, activation, batch_norm=batch_norm
            )
            layers.append(nn.AvgPool2d(2))
            num_channels, sides = num_kept, [side // 2 for side in sides]
        layers.append(
            DenseBlock(num_channels, num_layers, growth_rate, activation, batch_norm=batch_norm)
        )
        num_channels += num_layers * growth_rate
    return layers, (num_channels, *sides)
