"""The layers that belong to one task."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from mtlab.data.tasks import RegressionTask, Task
from mtlab.models.dense import dense_layers


class DenseHead(nn.Module):
    """A branch of dense layers (which may be empty), then the task's output layer.

    Args:
        num_features: Length of the trunk's feature vector.
        branch_widths: Units of the branch's dense layers.
    """

    def __init__(
        self,
        num_features: int,
        branch_widths: Sequence[int],
        task: Task,
        *,
        activation: str = "relu",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.branch = dense_layers(
            num_features, branch_widths, activation=activation, dropout=dropout
        )
        self.output = output_layer(task, branch_widths[-1] if branch_widths else num_features)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """`(batch, num_features)` to logits `(batch, num_classes)` or values `(batch,)`."""
        outputs: torch.Tensor = self.output(self.branch(features))
        return outputs


def output_layer(task: Task, num_features: int) -> nn.Module:
    """`(batch, num_features)` to logits `(batch, num_classes)` or values `(batch,)`."""
    if isinstance(task, RegressionTask):
        return ValueOutput(num_features, task.range, task.activation)
    return nn.Linear(num_features, task.num_classes)


class ValueOutput(nn.Linear):
    """One number per sample: a linear unit and its activation.

    Args:
        range: What a sigmoid reaches over; None for [0, 1].
        activation: `identity`, `sigmoid` or `softplus`.
    """

    def __init__(
        self, num_features: int, range: tuple[float, float] | None, activation: str
    ) -> None:
        super().__init__(num_features, 1)
        self.low, self.high = range or (0.0, 1.0)
        self.activation = activation

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """`(batch, num_features)` to `(batch,)`, float32 whatever the network's precision."""
        values = super().forward(features).squeeze(1).float()
        if self.activation == "sigmoid":
            return self.low + (self.high - self.low) * torch.sigmoid(values)
        if self.activation == "softplus":
            return torch.nn.functional.softplus(values)
        return values
