"""The keys of one head, `model.heads.<task>`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class HeadConfig:
    """The layers of one task's head; `mtlab.models.layers` reads and checks them.

    Attributes:
        layers: A list, from the shared features on, without the output layer: mappings such as
            `{conv: 64}` or the bare words `flatten` and `global_average_pooling`.
        features_from: A task, or a list of them, whose heads' features join this one's where it
            becomes a vector; None: nobody's.
        detach_features: Whether no gradient flows back into the heads that lend features.
        stop_gradient: Whether no gradient flows from this head into the shared layers.
    """

    layers: Any = field(default_factory=list)
    features_from: Any = None
    detach_features: bool = False
    stop_gradient: bool = False
