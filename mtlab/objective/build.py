"""From `mtl.*` keys to an Objective."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mtlab.config.model import ModelConfig
from mtlab.config.mtl import (
    LambdaConfig,
    MtlConfig,
    PCGradConfig,
    UncertaintyConfig,
    WeightsConfig,
)
from mtlab.data.tasks import RegressionTask, Task
from mtlab.errors import ConfigError
from mtlab.objective.aggregation.aggregator import Aggregator
from mtlab.objective.aggregation.pcgrad import PCGrad
from mtlab.objective.losses import CLASSIFICATION_LOSSES, Loss, regression_loss
from mtlab.objective.objective import Objective
from mtlab.objective.weighting.fixed import FixedWeights
from mtlab.objective.weighting.uncertainty import UncertaintyWeights
from mtlab.objective.weighting.weighting import Weighting

Method = tuple[Weighting, Aggregator | None]


def build_objective(
    method: MtlConfig | None,
    model: ModelConfig,
    tasks: Sequence[Task],
    available_tasks: Sequence[str] | None = None,
    generator: torch.Generator | None = None,
) -> Objective:
    """Each task's loss and how they go together: the model's own loss for classification, the
    task's for regression.

    Args:
        method: None for a single task.
        available_tasks: Names of all tasks of the dataset: a preset may have weights for those that
            this run does not learn. None where they are not known.
        generator: What methods draw from, on the run's device; left out where nothing is trained.

    Raises:
        ConfigError: A method that does not fit the number or the names of the tasks.
    """
    classification_loss = CLASSIFICATION_LOSSES[model.classification_loss]
    losses: dict[str, Loss] = {
        task.name: regression_loss(task.loss, task.huber_delta)
        if isinstance(task, RegressionTask)
        else classification_loss
        for task in tasks
    }
    generator = generator or torch.Generator()
    weighting, aggregator = _method(method, tasks, available_tasks, generator)
    return Objective(tasks, losses, weighting, aggregator, generator)


def _method(
    config: MtlConfig | None,
    tasks: Sequence[Task],
    available_tasks: Sequence[str] | None,
    generator: torch.Generator,
) -> Method:
    """The weighting and the aggregator that `mtl` names."""
    if isinstance(config, WeightsConfig) and available_tasks is not None:
        _check_names(config, available_tasks)
    equal = FixedWeights([1.0] * len(tasks))
    if len(tasks) == 1:
        return equal, None
    match config:
        case LambdaConfig():
            return _lambda_weights(config, tasks), None
        case WeightsConfig():
            return _named_weights(config, tasks), None
        case UncertaintyConfig():
            are_squared_errors = [
                isinstance(task, RegressionTask) and task.loss == "mse" for task in tasks
            ]
            return UncertaintyWeights(are_squared_errors), None
        case PCGradConfig():
            return equal, PCGrad(generator)
    raise ConfigError(
        "mtl",
        rule="must say how to weigh several tasks",
        found=config,
        remedy="use mtl=lambda or mtl=weights",
    )


def _check_names(config: WeightsConfig, available_tasks: Sequence[str]) -> None:
    for name in config.weights:
        if name not in available_tasks:
            raise ConfigError(
                f"mtl.weights.{name}",
                rule=f"must name a task of the dataset: {', '.join(available_tasks)}",
                found=name,
                remedy=f"mend the name, or leave it out by ~mtl.weights.{name}",
            )


def _lambda_weights(config: LambdaConfig, tasks: Sequence[Task]) -> FixedWeights:
    """`lambda * first + (1 - lambda) * second`, lambda in [0, 1]."""
    if len(tasks) != 2:
        raise ConfigError(
            "mtl",
            rule="lambda weighs exactly two tasks",
            found=f"{len(tasks)}: {', '.join(task.name for task in tasks)}",
            remedy="use mtl=weights, or choose two by 'tasks=[...]'",
        )
    return FixedWeights([config.lambda_, 1 - config.lambda_])


def _named_weights(config: WeightsConfig, tasks: Sequence[Task]) -> FixedWeights:
    weights = [config.weights.get(task.name, 1.0) for task in tasks]
    if not any(weights):
        raise ConfigError(
            "mtl.weights",
            rule="must leave at least one task a weight above 0",
            found=weights,
            remedy="raise one of them",
        )
    return FixedWeights(weights)
