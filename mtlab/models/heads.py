"""The layers that belong to one task."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from mtlab.data.tasks import RegressionTask, Task
from mtlab.errors import ModelError
from mtlab.models.dense import dense_layers
from mtlab.models.layers import LayerSpec, Shape, build_layer


class Head(nn.Module):
    """From shared features to a task's outputs.

    Attributes:
        num_features: Length of the vector that it can lend to other heads: what its last hidden
            layer gives, before dropout.
    """

    num_features: int

    def forward(
        self, shared: torch.Tensor, borrowed: Sequence[torch.Tensor] = ()
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Outputs and features.

        Args:
            shared: What the trunk gives, `(batch, features)` or `(batch, channels, height, width)`.
            borrowed: Features of other heads, each `(batch, its num_features)`.

        Returns:
            Logits `(batch, num_classes)` or values `(batch,)`, and features
            `(batch, num_features)`.
        """
        raise NotImplementedError


class DenseHead(Head):
    """A branch of dense layers (which may be empty) on the flattened features, then the output.

    Args:
        num_shared_features: What the trunk gives for one image, flattened.
        branch_widths: Units of the branch's dense layers.
    """

    def __init__(
        self,
        num_shared_features: int,
        branch_widths: Sequence[int],
        task: Task,
        *,
        activation: str = "relu",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.branch = dense_layers(
            num_shared_features, branch_widths, activation=activation, dropout=dropout
        )
        self.num_features = branch_widths[-1] if branch_widths else num_shared_features
        self.output = output_layer(task, self.num_features)

    def forward(
        self, shared: torch.Tensor, borrowed: Sequence[torch.Tensor] = ()
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if borrowed:
            raise NotImplementedError("only heads with an entry under model.heads borrow features")
        features = self.branch(shared.flatten(1))
        return self.output(features), features


class LayeredHead(Head):
    """Layers of its own from a list; borrowed features join where the maps become a vector.

    Args:
        layers: From `read_layers`, without the output layer.
        shared_shape: Of what the trunk gives for one image.
        num_borrowed: Features of other heads that join.
        key: The configuration key of the layers, for messages.

    Raises:
        ModelError: A layer that does not fit, or maps that never become a vector.
    """

    def __init__(
        self,
        task: Task,
        layers: Sequence[LayerSpec],
        shared_shape: Shape,
        num_borrowed: int,
        *,
        activation: str,
        key: str,
    ) -> None:
        super().__init__()
        layers = list(layers)
        on_maps: list[nn.Module] = []
        shape = shared_shape
        while len(shape) == 3 and layers:
            modules, shape = build_layer(layers.pop(0), shape, activation)
            on_maps += modules
        if len(shape) == 3:
            raise ModelError(
                key,
                rule="must turn the map into a vector",
                found=f"a map of {'x'.join(map(str, shape))}",
                remedy="add flatten or global_average_pooling",
            )
        shape = (shape[0] + num_borrowed,)
        # What is lent and what stays behind it: dropout at the end belongs to this head alone.
        num_trailing = 0
        while num_trailing < len(layers) and layers[-1 - num_trailing].kind == "dropout":
            num_trailing += 1
        hidden = layers[: len(layers) - num_trailing]
        on_vectors: list[nn.Module] = []
        for layer in hidden:
            modules, shape = build_layer(layer, shape, activation)
            on_vectors += modules
        self.on_maps = nn.Sequential(*on_maps)
        self.on_vectors = nn.Sequential(*on_vectors)
        self.dropout = nn.Sequential(*(nn.Dropout(layer.number) for layer in layers[len(hidden) :]))
        self.num_features = shape[0]
        self.output = output_layer(task, self.num_features)

    def forward(
        self, shared: torch.Tensor, borrowed: Sequence[torch.Tensor] = ()
    ) -> tuple[torch.Tensor, torch.Tensor]:
        vector = self.on_maps(shared)
        if borrowed:
            vector = torch.cat((vector, *borrowed), dim=1)
        features = self.on_vectors(vector)
        return self.output(self.dropout(features)), features


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
