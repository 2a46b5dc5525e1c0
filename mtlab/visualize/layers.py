"""The layers of a network by names that users can type, and what they answer to images."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mtlab.errors import ModelError
from mtlab.models.layers import ACTIVATIONS
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.models.perceptron import Perceptron


@dataclass(frozen=True)
class Layer:
    """A convolution or a dense layer, with the nonlinearity behind it unless it is an output.

    Between them there may be batch norm.

    Names are `conv1`, `dense1`, ...; in a head with the task in front and `<task>.output` for its
    last dense layer; `unit` for a perceptron's. Shared layers have no task.
    """

    name: str
    module: nn.Conv2d | nn.Linear
    activation: nn.Module | None
    task: str | None
    norm: nn.BatchNorm1d | nn.BatchNorm2d | None = None

    @property
    def is_convolution(self) -> bool:
        return isinstance(self.module, nn.Conv2d)

    @property
    def weights(self) -> npt.NDArray[np.float32]:
        """`(filters, input channels, height, width)` or `(units, inputs)`."""
        weights: npt.NDArray[np.float32] = self.module.weight.detach().numpy()
        return weights

    @property
    def num_channels(self) -> int:
        """Filters of a convolution, units of a dense layer."""
        return len(self.module.weight)


def find_layers(model: nn.Module) -> list[Layer]:
    """Every convolution and dense layer, the trunk's first, in the order of registration."""
    if isinstance(model, Perceptron):
        return [Layer("unit", model.unit, None, model.task)]
    assert isinstance(model, MultiTaskNetwork)
    parts = [(None, model.trunk), *model.heads.items()]
    return [layer for task, part in parts for layer in _layers_of(part, task)]


def _layers_of(part: nn.Module, task: str | None) -> list[Layer]:
    prefix = "" if task is None else f"{task}."
    counts: Counter[str] = Counter()
    layers: list[Layer] = []
    for module in part.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            kind = "conv" if isinstance(module, nn.Conv2d) else "dense"
            counts[kind] += 1
            layers.append(Layer(f"{prefix}{kind}{counts[kind]}", module, None, task))
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d) and layers:
            layers[-1] = replace(layers[-1], norm=module)
        elif type(module) in ACTIVATIONS.values() and layers and layers[-1].activation is None:
            layers[-1] = replace(layers[-1], activation=module)
    if task is not None:
        layers[-1] = replace(layers[-1], name=f"{prefix}output", activation=None)
    return layers


def choose_layers(
    layers: Sequence[Layer], names: Sequence[str] | None, suits: Callable[[Layer], bool]
) -> list[Layer]:
    """The layers with these names, which must exist; None means all that suit."""
    if names is None:
        return [layer for layer in layers if suits(layer)]
    by_name = {layer.name: layer for layer in layers}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        rule, remedy = f"must be one of {', '.join(by_name)}", "choose one of them"
        raise ModelError("layer", rule=rule, found=unknown[0], remedy=remedy)
    return [by_name[name] for name in names]


class _LayerReached(Exception):  # noqa: N818 - a signal, not an error
    """Ends a forward pass: what lies beyond costs time, and may not take other sizes of images."""


def layer_output(
    model: nn.Module, layer: Layer, images: torch.Tensor, *, activated: bool
) -> torch.Tensor:
    """What one layer answers to network input, differentiable with respect to it.

    Behind its nonlinearity, or the weighted sums before it: `(batch, filters, height, width)` or
    `(batch, units)`. The output layer of a regression task is one unit, and its nonlinearity
    belongs to it: `(batch, 1)` in the target's unit.
    """

    def stop(_module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        raise _LayerReached(output)

    behind = layer.activation if activated and layer.activation is not None else layer.module
    handle = behind.register_forward_hook(stop)
    try:
        with _uncut(model):
            model(images)
    except _LayerReached as reached:
        output: torch.Tensor = reached.args[0]
        return output.unsqueeze(1) if output.dim() == 1 else output
    finally:
        handle.remove()
    raise ModelError("layer", rule="must take part in the forward pass", found=layer.name)


def task_output(model: nn.Module, task: str, images: torch.Tensor) -> torch.Tensor:
    """Logits `(batch, classes)` of a task, or values `(batch,)`.

    Differentiable with respect to the images whatever the task's head cuts.
    """
    with _uncut(model):
        output: torch.Tensor = model(images)[task]
    return output


def _uncut(model: nn.Module) -> AbstractContextManager[None]:
    return model.uncut_gradients() if isinstance(model, MultiTaskNetwork) else nullcontext()
