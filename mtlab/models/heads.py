"""The layers that belong to one task."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from mtlab.models.dense import dense_layers


class ClassificationHead(nn.Module):
    """A branch of dense layers (which may be empty), then one logit per class.

    Args:
        num_features: Length of the trunk's feature vector.
        branch_widths: Units of the branch's dense layers.
        num_classes: Classes of the task, at least 2.
    """

    def __init__(
        self,
        num_features: int,
        branch_widths: Sequence[int],
        num_classes: int,
        *,
        activation: str = "relu",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.branch = dense_layers(
            num_features, branch_widths, activation=activation, dropout=dropout
        )
        self.output = nn.Linear(branch_widths[-1] if branch_widths else num_features, num_classes)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """`(batch, num_features)` to logits `(batch, num_classes)`."""
        logits: torch.Tensor = self.output(self.branch(features))
        return logits
