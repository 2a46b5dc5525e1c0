"""Dense layers with their activation: what MLPs, shared layers and branches are made of."""

from __future__ import annotations

from collections.abc import Sequence

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


def activation_layer(name: str) -> nn.Module:
    """A new activation layer.

    Raises:
        ModelError: No activation has this name.
    """
    if name not in ACTIVATIONS:
        raise ModelError(
            "model.activation", rule=f"must be one of {', '.join(ACTIVATIONS)}", found=name
        )
    return ACTIVATIONS[name]()


def dense_layers(
    in_features: int,
    widths: Sequence[int],
    *,
    activation: str,
    batch_norm: bool = False,
    dropout: float = 0.0,
) -> nn.Sequential:
    """Linear layers, each followed by batch norm (on request), activation and dropout (if any).

    `(batch, in_features)` becomes `(batch, widths[-1])`, or stays as it is where widths is empty.
    """
    layers: list[nn.Module] = []
    for width in widths:
        layers.append(nn.Linear(in_features, width))
        if batch_norm:
            layers.append(nn.BatchNorm1d(width))
        layers.append(activation_layer(activation))
        if dropout > 0:
            layers.append(nn.Dropout(dropout))
        in_features = width
    return nn.Sequential(*layers)
