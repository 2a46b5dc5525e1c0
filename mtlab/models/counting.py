"""How large a network is: parameters, and operations for one image."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn

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

    def size(parameters: Iterable[nn.Parameter]) -> int:
        return sum(parameter.numel() for parameter in parameters)

    total = size(model.parameters())
    trainable = size(parameter for parameter in model.parameters() if parameter.requires_grad)
    if not isinstance(model, MultiTaskNetwork):
        return ParameterCounts(total, trainable, total, {})
    heads = {task: size(head.parameters()) for task, head in model.heads.items()}
    return ParameterCounts(total, trainable, size(model.trunk.parameters()), heads)


def flops_per_sample(model: nn.Module, image_shape: tuple[int, int, int]) -> int:
    """Floating-point operations of one image's forward pass.

    As torch's FlopCounterMode counts, which would load torch's compiler for seconds: products of
    dense layers and convolutions, a multiplication and an addition being two operations; biases,
    activations and pooling are not counted.
    """
    total = 0

    def count(layer: nn.Module, _: object, output: torch.Tensor) -> None:
        nonlocal total
        assert isinstance(layer, nn.Linear | nn.Conv2d)
        # Each weight is used once for every place of the output's map.
        num_places = output.numel() // layer.weight.shape[0]
        total += 2 * layer.weight.numel() * num_places

    hooks = [
        layer.register_forward_hook(count)
        for layer in model.modules()
        if isinstance(layer, nn.Linear | nn.Conv2d)
    ]
    was_training = model.training
    model.eval()
    with torch.no_grad():
        model(torch.zeros(1, *image_shape, device=next(model.parameters()).device))
    model.train(was_training)
    for hook in hooks:
        hook.remove()
    return total
