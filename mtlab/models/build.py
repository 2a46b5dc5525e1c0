"""From `model.*` keys to a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from mtlab.config.schema import CnnConfig, MlpConfig, ModelConfig, PerceptronConfig, VggConfig
from mtlab.data.tasks import RegressionTask, Task
from mtlab.errors import ConfigError
from mtlab.models.cnn import CnnTrunk, plan_convolutions
from mtlab.models.heads import DenseHead
from mtlab.models.mlp import MlpTrunk
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.models.perceptron import Perceptron
from mtlab.models.trunk import Trunk
from mtlab.models.vgg import plan_blocks


def build_model(
    config: ModelConfig, image_shape: tuple[int, int, int], tasks: Sequence[Task]
) -> nn.Module:
    """Build the network with fresh weights from torch's global generator.

    Args:
        image_shape: `(channels, height, width)`.

    Raises:
        ModelError: Layers that do not fit.
        ConfigError: Tasks that the model cannot learn.
    """
    if isinstance(config, PerceptronConfig):
        return _perceptron(config, image_shape, tasks)
    assert isinstance(config, MlpConfig | CnnConfig | VggConfig)
    trunk = _trunk(config, image_shape)
    heads = {
        task.name: DenseHead(
            trunk.num_features,
            config.branch_widths,
            task,
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
    task = tasks[0]
    if isinstance(task, RegressionTask) or task.num_classes != 2:
        raise ConfigError(
            "model", "perceptron separates two classes",
            f"the regression task {task.name}" if isinstance(task, RegressionTask)
            else f"{task.num_classes} classes of the task {task.name}",
            "keep two labels, for example 'dataset.classes=[0,1]', or take a task of two classes",
        )  # fmt: skip
    return Perceptron(image_shape, task.name, config.initial_scale)
