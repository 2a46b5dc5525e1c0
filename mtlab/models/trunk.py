"""What every trunk has: the layers that all tasks share, and the number of features they give."""

from __future__ import annotations

import torch
from torch import nn


class Trunk(nn.Module):
    """Shared layers.

    Attributes:
        num_features: Length of the feature vector that heads receive.
    """

    num_features: int

    def forward(self, images_bchw: torch.Tensor) -> torch.Tensor:
        """`(batch, channels, height, width)` to `(batch, num_features)`."""
        raise NotImplementedError
