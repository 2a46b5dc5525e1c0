"""What a trainer's state is made of: nested dicts of tensors and plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

State = dict[str, Any]
"""Nested dicts, lists and tuples of tensors, numbers, strings and None; keys are str or int.
`mtlab.artifacts.training_state` writes and reads it."""


@dataclass
class BestEpoch:
    """The best epoch so far by `trainer.monitor`.

    Attributes:
        weights: A copy of the model's state, on the model's device.
    """

    epoch: int
    value: float
    weights: dict[str, torch.Tensor]


def copy_weights(model: nn.Module) -> dict[str, torch.Tensor]:
    """The model's state as it is now, unaffected by later steps."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def read_best(state: State | None, device: torch.device) -> BestEpoch | None:
    """The best epoch from its fields, its weights on the device."""
    if state is None:
        return None
    weights = {name: tensor.to(device) for name, tensor in state["weights"].items()}
    return BestEpoch(state["epoch"], state["value"], weights)


def generator_states(
    generators: Mapping[str, torch.Generator], device: torch.device
) -> dict[str, torch.Tensor]:
    """Where each generator stands, torch's global ones (which dropout draws from) included."""
    states = {name: generator.get_state() for name, generator in generators.items()}
    states["global"] = torch.get_rng_state()
    if device.type == "cuda":
        states["global on the device"] = torch.cuda.get_rng_state(device)
    return states


def set_generators(
    states: Mapping[str, torch.Tensor],
    generators: Mapping[str, torch.Generator],
    device: torch.device,
) -> None:
    """Put each generator where `generator_states` found it."""
    for name, generator in generators.items():
        generator.set_state(states[name])
    torch.set_rng_state(states["global"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states["global on the device"], device)


def load_optimizer(optimizer: Optimizer, state: State) -> None:
    """Load an optimizer's state, its tensors in the layout of their parameters.

    Files keep row-major order; torch's fused optimizers go through a parameter and its state side
    by side in memory, and would pair the wrong numbers.
    """
    optimizer.load_state_dict(state)
    for parameter, values in optimizer.state.items():
        for name, value in values.items():
            if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                values[name] = torch.empty_like(parameter).copy_(value)
