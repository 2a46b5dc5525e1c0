"""What every trunk has: the layers that all tasks share, and the number of features they give."""

from __future__ import annotations

import torch
from torch import nn


class Trunk(nn.Module):
    """Shared layers.

    Attributes:
        output_shape: What heads receive for one image: `(features,)`, or
            `(channels, height, width)` where the heads have layers of their own for maps.
    """

    output_shape: tuple[int, ...]

    def forward(self, images_bchw: torch.Tensor) -> torch.Tensor:
        """`(batch, channels, height, width)` to `(batch, *output_shape)`."""
        raise NotImplementedError
