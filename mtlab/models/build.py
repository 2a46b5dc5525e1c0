"""From `model.*` keys to a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from mtlab.config.schema import CnnConfig, MlpConfig, ModelConfig, PerceptronConfig, VggConfig
from mtlab.data.tasks import Task
from mtlab.errors import ConfigError, ModelError
from mtlab.models.cnn import CnnTrunk, plan_convolutions
from mtlab.models.heads import ClassificationHead
from mtlab.models.mlp import MlpTrunk
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.models.perceptron import Perceptron
from mtlab.models.trunk import Trunk
from mtlab.models.vgg import plan_blocks

LARGEST_NUM_PARAMETERS = 500_000_000
"""With Adam's two means and the gradient, 8 GB in single precision; the studies' largest network
has 20 million."""


def build_model(
    config: ModelConfig, image_shape: tuple[int, int, int], tasks: Sequence[Task]
) -> nn.Module:
    """Build the network with fresh weights from torch's global generator.

    It is built first without memory for its weights, so that one that is too large is refused
    rather than tried.

    Args:
        image_shape: `(channels, height, width)`.

    Raises:
        ModelError: Layers that do not fit, or more parameters than `LARGEST_NUM_PARAMETERS`.
        ConfigError: Tasks that the model cannot learn.
    """
    with torch.device("meta"):
        outline = _build(config, image_shape, tasks)
    num_parameters = sum(parameter.numel() for parameter in outline.parameters())
    if num_parameters > LARGEST_NUM_PARAMETERS:
        raise ModelError(
            "model", f"must have at most {LARGEST_NUM_PARAMETERS:,} parameters to fit the memory",
            f"{num_parameters:,}", "use fewer or narrower layers",
        )  # fmt: skip
    return _build(config, image_shape, tasks)


def _build(
    config: ModelConfig, image_shape: tuple[int, int, int], tasks: Sequence[Task]
) -> nn.Module:
    """Build the network on the current default device."""
    if isinstance(config, PerceptronConfig):
        return _perceptron(config, image_shape, tasks)
    assert isinstance(config, MlpConfig | CnnConfig | VggConfig)
    trunk = _trunk(config, image_shape)
    heads = {
        task.name: ClassificationHead(
            trunk.num_features,
            config.branch_widths,
            task.num_classes,
            activation=config.activation.value,
            dropout=config.dropout,
        )
        for task in tasks
    }
    return MultiTaskNetwork(trunk, heads)


def _trunk(config: MlpConfig | CnnConfig | VggConfig, image_shape: tuple[int, int, int]) -> Trunk:
    common: dict[str, Any] = {
        "activation": config.activation.value,
        "batch_norm": config.batch_norm,
        "dropout": config.dropout,
    }
    if isinstance(config, MlpConfig):
        return MlpTrunk(image_shape, config.widths, **common)
    common |= {
        "shared_widths": config.shared_widths,
        "has_branches": bool(config.branch_widths),
    }
    if isinstance(config, VggConfig):
        blocks = plan_blocks(config.filters, config.convolutions_per_block, image_shape)
        return CnnTrunk(image_shape, blocks, **common)
    convolutions = plan_convolutions(
        config.filters,
        config.kernel_size,
        config.strides,
        config.padding,
        config.pool_after,
        config.pool_size,
    )
    return CnnTrunk(
        image_shape,
        convolutions,
        global_average_pooling=config.global_average_pooling,
        **common,
    )


def _perceptron(
    config: PerceptronConfig, image_shape: tuple[int, int, int], tasks: Sequence[Task]
) -> Perceptron:
    if len(tasks) != 1:
        raise ConfigError(
            "tasks", "model=perceptron learns one task", [task.name for task in tasks],
            f"for example 'tasks=[{tasks[0].name}]', or choose model=mlp",
        )  # fmt: skip
    if tasks[0].num_classes != 2:
        raise ConfigError(
            "model", "perceptron separates two classes",
            f"{tasks[0].num_classes} classes of the task {tasks[0].name}",
            "keep two labels, for example 'dataset.classes=[0,1]', or take a task of two classes",
        )  # fmt: skip
    return Perceptron(image_shape, tasks[0].name, config.initial_scale)
