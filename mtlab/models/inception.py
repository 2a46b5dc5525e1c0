"""Inception modules: kernels of several sizes side by side."""

from collections.abc import Sequence

import torch
from torch import nn

from mtlab.models.layers import Shape, check_halvings, padded_convolution


class InceptionModule(nn.Module):
    """Four branches whose channels are joined: 1x1, 3x3 and 5x5 convolutions and 3x3 max pooling.

    A 1x1 convolution makes fewer channels for the 3x3 and 5x5 ones, and of those behind the
    pooling. Of `num_filters` channels the branches give 1/4, 1/2, 1/8 and 1/8 and reduce to 3/8 and
    1/16, the proportions of GoogLeNet's first module (3a).

    Args:
        num_filters: A multiple of 16.
    """

    def __init__(
        self, num_inputs: int, num_filters: int, activation: str, *, batch_norm: bool
    ) -> None:
        super().__init__()

        def convolve(num_inputs: int, num_filters: int, kernel_size: int) -> list[nn.Module]:
            return padded_convolution(
                num_inputs, num_filters, kernel_size, activation, batch_norm=batch_norm
            )

        sixteenth = num_filters // 16
        branches = [
            convolve(num_inputs, 4 * sixteenth, 1),
            convolve(num_inputs, 6 * sixteenth, 1) + convolve(6 * sixteenth, 8 * sixteenth, 3),
            convolve(num_inputs, sixteenth, 1) + convolve(sixteenth, 2 * sixteenth, 5),
            [nn.MaxPool2d(3, stride=1, padding=1), *convolve(num_inputs, 2 * sixteenth, 1)],
        ]
        self.branches = nn.ModuleList(nn.Sequential(*branch) for branch in branches)

    def forward(self, maps_bchw: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(maps_bchw) for branch in self.branches], dim=1)


def inception_stages(
    filters: Sequence[int],
    modules_per_stage: int,
    stem_filters: int,
    image_shape: tuple[int, int, int],
    activation: str,
    *,
    batch_norm: bool,
) -> tuple[list[nn.Module], Shape]:
    """The layers on maps, for a `ConvolutionalTrunk`, and the shape that they end with.

    Szegedy et al. (2015), "Going deeper with convolutions", arXiv:1409.4842: modules of parallel
    branches, with max pooling between stages. Deviations: one 3x3 convolution with stride 1 before
    them, since images are small here; pooling over 2x2 and not 3x3; batch norm, where it is asked
    for, as in the later versions; no auxiliary outputs.

    Args:
        filters: One number per stage, the channels that each of its modules gives; multiples of 16.
        stem_filters: Of the first convolution.
        image_shape: `(channels, height, width)`.

    Raises:
        ModelError: More stages than the image can be halved.
    """
    check_halvings("model.filters", filters, image_shape, "stages")
    num_inputs, *sides = image_shape
    layers = padded_convolution(num_inputs, stem_filters, 3, activation, batch_norm=batch_norm)
    num_inputs = stem_filters
    for stage, num_filters in enumerate(filters):
        if stage > 0:
            layers.append(nn.MaxPool2d(2))
            sides = [side // 2 for side in sides]
        for _ in range(modules_per_stage):
            layers.append(
                InceptionModule(num_inputs, num_filters, activation, batch_norm=batch_norm)
            )
            num_inputs = num_filters
    return layers, (num_inputs, *sides)
