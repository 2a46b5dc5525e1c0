"""The layers that belong to one task."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from mtlab.data.tasks import RegressionTask, Task
from mtlab.errors import ModelError
from mtlab.models.layers import TO_VECTOR, LayerSpec, Shape, build_layers, in_pixels


class Head(nn.Module):
    """Layers on what the trunk gives, then the output; borrowed features join where the maps
    become a vector.

    Args:
        layers: Without the output layer; may be empty.
        shared_shape: Of what the trunk gives for one image.
        borrowed: Tasks whose heads' features join, and how many features each lends.
        detach_features: Whether no gradient flows back into those heads.
        stop_gradient: Whether it reads the trunk's features without sending a gradient back. What
            it borrows is not cut by this.
        key: The configuration key of the layers, for messages.

    Attributes:
        num_features: Length of the vector that it can lend to other heads: what its last hidden
            layer gives, before dropout.

    Raises:
        ModelError: A layer that does not fit, or maps that never become a vector.
    """

    def __init__(
        self,
        task: Task,
        layers: Sequence[LayerSpec],
        shared_shape: Shape,
        borrowed: Mapping[str, int] | None = None,
        *,
        detach_features: bool = False,
        stop_gradient: bool = False,
        activation: str = "relu",
        key: str = "model.heads",
    ) -> None:
        super().__init__()
        self.features_from = tuple(borrowed or ())
        self.detach_features = detach_features
        self.stop_gradient = stop_gradient
        # The layer that makes a vector of the map is the last one on maps.
        to_vector = [n for n, layer in enumerate(layers, start=1) if layer.kind in TO_VECTOR]
        num_on_maps = [*to_vector, len(layers)][0] if len(shared_shape) == 3 else 0
        # What is lent and what stays behind it: dropout at the end belongs to this head alone.
        end = len(layers)
        while end > num_on_maps and layers[end - 1].kind == "dropout":
            end -= 1
        on_maps, shapes = build_layers(layers[:num_on_maps], shared_shape, activation)
        if len(shapes[-1]) == 3:
            raise ModelError(
                key,
                rule="must turn the map into a vector",
                found=f"a map of {in_pixels(shapes[-1])}",
                remedy="add flatten or global_average_pooling",
            )
        joined = (shapes[-1][0] + sum((borrowed or {}).values()),)
        branch, shapes = build_layers(layers[num_on_maps:end], joined, activation)
        self.on_maps = nn.Sequential(*on_maps)
        self.branch = nn.Sequential(*branch)
        self.dropout = nn.Sequential(*(nn.Dropout(layer.number) for layer in layers[end:]))
        self.num_features = shapes[-1][0]
        self.output = output_layer(task, self.num_features)

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
        vector = self.on_maps(shared)
        if borrowed:
            vector = torch.cat((vector, *borrowed), dim=1)
        features = self.branch(vector)
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
