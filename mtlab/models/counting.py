"""How large a network is: layer by layer, parameters and operations for one image."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

import torch
from torch import nn

from mtlab.models.layers import ACTIVATIONS, GlobalAveragePooling, Shape
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.models.perceptron import Perceptron


@dataclass(frozen=True)
class ParameterCounts:
    """Numbers of parameters.

    Attributes:
        shared: In the trunk.
        heads: Per task, in its head alone.
    """

    total: int
    trainable: int
    shared: int
    heads: dict[str, int]


def count_parameters(model: nn.Module) -> ParameterCounts:
    """Count every parameter once; buffers such as batch norm's statistics do not count."""

    def size(parameters: Iterable[nn.Parameter]) -> int:
        return sum(parameter.numel() for parameter in parameters)

    total = size(model.parameters())
    trainable = size(parameter for parameter in model.parameters() if parameter.requires_grad)
    if not isinstance(model, MultiTaskNetwork):
        return ParameterCounts(total, trainable, total, {})
    heads = {task: size(head.parameters()) for task, head in model.heads.items()}
    return ParameterCounts(total, trainable, size(model.trunk.parameters()), heads)


@dataclass(frozen=True)
class LayerSize:
    """A layer with what it gives for one image.

    Attributes:
        name: `conv1`, `pool1`, ...; in a head with the task in front, `digit.output`.
        kind: What it does, `conv 3x3, stride 2, relu`: the activation behind it is part of it.
        shape: `(channels, height, width)` or `(features,)`.
        trainable: How many of its parameters are trained.
        operations: A product's multiplications and additions; 0 for what has no products.
        task: Whose head it stands in; None for the trunk, which all tasks share.
    """

    name: str
    kind: str
    shape: Shape
    parameters: int
    trainable: int
    operations: int
    task: str | None


def layer_sizes(model: nn.Module, image_shape: tuple[int, int, int]) -> list[LayerSize]:
    """Every layer in the order in which an image passes it: the trunk's, then each head's.

    Operations are counted as torch's FlopCounterMode does, which would load torch's compiler for
    seconds: products of dense layers and convolutions, a multiplication and an addition being two
    operations; biases, activations and pooling are not counted. Where maps become a vector
    without a layer of their own, where blocks add or concatenate what their branches gave, and
    where a head joins features of others to its own, there is a row for it.
    """
    listing = _Listing(model, image_shape)
    hooks = [module.register_forward_hook(listing.add) for module in listing.names]
    was_training = model.training
    model.eval()
    with torch.no_grad():
        model(torch.zeros(1, *image_shape, device=next(model.parameters()).device))
    model.train(was_training)
    for hook in hooks:
        hook.remove()
    tasks = list(model.heads) if isinstance(model, MultiTaskNetwork) else []
    return sorted(
        listing.rows, key=lambda row: 0 if row.task is None else 1 + tasks.index(row.task)
    )


class _Listing:
    """The rows of one forward pass, filled by the hook `add`.

    Attributes:
        names: Of every layer that has a row, or adds a word to that of the layer before it.
    """

    def __init__(self, model: nn.Module, image_shape: Shape) -> None:
        parts: list[tuple[str | None, nn.Module]] = [(None, model)]
        if isinstance(model, MultiTaskNetwork):
            parts = [(None, model.trunk), *model.heads.items()]
            self._borrowing = {task: head.features_from for task, head in model.heads.items()}
        self._tasks = {module: task for task, part in parts for module in part.modules()}
        self.names = {module: name for task, part in parts for module, name in _names(part, task)}
        if isinstance(model, Perceptron):
            self.names = {model.unit: "unit"}
        self._counted: set[nn.Parameter] = set()
        self._shapes: dict[str | None, Shape] = {None: image_shape}
        self._last_output: torch.Tensor | None = None
        # By address what is there so far; kept, so that no address is given away again.
        self._there: dict[int, torch.Tensor] = {}
        self._num_unnamed: Counter[str] = Counter()
        self.rows: list[LayerSize] = []

    def add(self, module: nn.Module, inputs: Sequence[torch.Tensor], output: torch.Tensor) -> None:
        task, follows = self._tasks[module], inputs[0] is self._last_output
        if not follows:
            self._reach(task, inputs[0])
        self._last_output = self._there[output.data_ptr()] = output
        is_sum = bool(self.rows) and self.rows[-1].kind == "sum"
        if (follows or is_sum) and type(module) in ACTIVATIONS.values():
            last = self.rows[-1]
            self.rows[-1] = replace(last, kind=f"{last.kind}, {_kind(module)}")
            return
        own = set(module.parameters()) - self._counted
        self._counted |= own
        operations = 0
        if isinstance(module, nn.Linear | nn.Conv2d):
            # Each weight is used once for every place of the output's map.
            operations = 2 * module.weight.numel() * (output.numel() // module.weight.shape[0])
        parameters = sum(one.numel() for one in own)
        trainable = sum(one.numel() for one in own if one.requires_grad)
        shape = tuple(output.shape[1:]) or (1,)
        name = self.names[module]
        kind = "dense, sign" if name == "unit" else _kind(module)
        self._append(LayerSize(name, kind, shape, parameters, trainable, operations, task))

    def _reach(self, task: str | None, given: torch.Tensor) -> None:
        """Rows for what happens between the layers, before one that is given this."""
        shape, before = tuple(given.shape[1:]), self._shapes.get(task, self._shapes[None])
        is_new = bool(self.rows) and given.data_ptr() not in self._there
        self._there[given.data_ptr()] = given
        prefix = "" if task is None else f"{task}."
        if len(shape) == 1 < len(before) and prod(before) <= shape[0]:
            before = (prod(before),)
            self._append(LayerSize(f"{prefix}flatten", "flatten", before, 0, 0, 0, task))
        if task is not None and len(before) == 1 and before[0] < shape[0]:
            lenders = " and ".join(self._borrowing[task])
            kind = f"join features of {lenders}"
            self._append(LayerSize(f"{prefix}join", kind, shape, 0, 0, 0, task))
        elif is_new and len(shape) == 3:
            # No module stands for it: blocks add or concatenate what their branches gave.
            kind = "sum" if shape == before else "concatenation"
            self._num_unnamed[kind] += 1
            name = f"{prefix}{kind[:6]}{self._num_unnamed[kind]}"
            self._append(LayerSize(name, kind, shape, 0, 0, 0, task))

    def _append(self, row: LayerSize) -> None:
        self.rows.append(row)
        self._shapes[row.task] = row.shape


def _names(part: nn.Module, task: str | None) -> Iterator[tuple[nn.Module, str]]:
    """The layers of a trunk or a head, numbered by their kind as they were registered."""
    counts: Counter[str] = Counter()
    prefix = "" if task is None else f"{task}."
    layers = [module for module in part.modules() if _is_layer(module)]
    dense = [module for module in layers if isinstance(module, nn.Linear)]
    for module in layers:
        word = next((name for kinds, name in NAMES if isinstance(module, kinds)), _words(module))
        counts[word] += 1
        name = word if word == "flatten" else f"{word}{counts[word]}"
        yield module, prefix + ("output" if task is not None and module is dense[-1] else name)


NAMES: list[tuple[tuple[type[nn.Module], ...], str]] = [
    ((nn.Conv2d,), "conv"),
    ((nn.Linear,), "dense"),
    ((nn.BatchNorm1d, nn.BatchNorm2d), "norm"),
    ((nn.MaxPool2d, nn.AvgPool2d, GlobalAveragePooling), "pool"),
    (tuple(ACTIVATIONS.values()), "activation"),
]
"""Layers by the names that commands call them; others go by that of their class."""


def _is_layer(module: nn.Module) -> bool:
    """Whether it computes something of its own, rather than passing on what its parts do."""
    if isinstance(module, nn.Sequential | nn.Identity) or getattr(module, "p", None) == 0:
        return False
    return not any(module.children()) or any(module.parameters(recurse=False))


def _kind(module: nn.Module) -> str:
    """What a layer does, in a few words."""
    match module:
        case nn.Conv2d():
            side, stride, padding = (
                value if isinstance(value, str) else value[0]
                for value in (module.kernel_size, module.stride, module.padding)
            )
            told = [f"stride {stride}"] if stride != 1 else []
            told += [f"padding {padding}"] if padding else []
            return ", ".join([f"conv {side}x{side}", *told])
        case nn.MaxPool2d() | nn.AvgPool2d():
            which, window = type(module).__name__[:3].lower(), module.kernel_size
            further = "" if module.stride == window else f", stride {module.stride}"
            return f"{which} pooling {window}x{window}{further}"
        case nn.Linear():
            activation = getattr(module, "activation", "identity")
            return "dense" if activation == "identity" else f"dense, {activation}"
        case nn.Dropout():
            return f"dropout {module.p:g}"
    names = {kind: name for name, kind in ACTIVATIONS.items()}
    names |= {nn.BatchNorm1d: "batch norm", nn.BatchNorm2d: "batch norm"}
    return names.get(type(module)) or _words(module)


def _words(module: nn.Module) -> str:
    """`GlobalAveragePooling` as `global average pooling`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(module).__name__).lower()
