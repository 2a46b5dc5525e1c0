"""How large a network is: parameters, and operations for one image."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch

# torch loads its compiler, for seconds, at the first use of a counter or an optimizer. Loaded with
# the other imports it does not count as time of a run.
import torch._dynamo
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mtlab.models.multitask import MultiTaskNetwork


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
    total = _size(model.parameters())
    trainable = _size(parameter for parameter in model.parameters() if parameter.requires_grad)
    if not isinstance(model, MultiTaskNetwork):
        return ParameterCounts(total, trainable, total, {})
    heads = {task: _size(head.parameters()) for task, head in model.heads.items()}
    return ParameterCounts(total, trainable, _size(model.trunk.parameters()), heads)


def flops_per_sample(model: nn.Module, image_shape: tuple[int, int, int]) -> int:
    """Floating-point operations of one image's forward pass.

    Counted by torch's FlopCounterMode: matrix products and convolutions, a multiplication and an
    addition being two operations; activations and pooling are not counted.
    """
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    counter = FlopCounterMode(display=False)
    # Two images, halved: a single one can turn a matrix product into another, uncounted operation.
    with torch.no_grad(), counter:
        model(torch.zeros(2, *image_shape, device=device))
    model.train(was_training)
    return int(counter.get_total_flops()) // 2


def _size(parameters: Iterable[nn.Parameter]) -> int:
    return sum(parameter.numel() for parameter in parameters)
