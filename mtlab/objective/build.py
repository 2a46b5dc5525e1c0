"""From `mtl.*` keys to an Objective."""

from collections.abc import Sequence

import torch

from mtlab.config.model import ModelConfig
from mtlab.config.mtl import LambdaConfig, MtlConfig, PCGradConfig, UncertaintyConfig, WeightsConfig
from mtlab.data.tasks import RegressionTask, Task
from mtlab.errors import ConfigError
from mtlab.objective.aggregation.pcgrad import PCGrad
from mtlab.objective.losses import CLASSIFICATION_LOSSES, Loss, regression_loss
from mtlab.objective.objective import Aggregator, Objective, Weighting
from mtlab.objective.weighting.fixed import FixedWeights
from mtlab.objective.weighting.uncertainty import UncertaintyWeights


def build_objective(
    method: MtlConfig | None,
    model: ModelConfig,
    tasks: Sequence[Task],
    available_tasks: Sequence[str] | None = None,
    generator: torch.Generator | None = None,
) -> Objective:
    """The tasks' losses, the model's own for classification, and how they go together.

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
    for name in method.weights if isinstance(method, WeightsConfig) else ():
        if available_tasks is not None and name not in available_tasks:
            raise ConfigError(
                f"mtl.weights.{name}",
                rule=f"must name a task of the dataset: {', '.join(available_tasks)}",
                found=name,
                remedy=f"mend the name, or leave it out by ~mtl.weights.{name}",
            )
    generator = generator or torch.Generator()
    weighting: Weighting = FixedWeights([1.0] * len(tasks))
    aggregator: Aggregator | None = None
    if len(tasks) > 1:
        match method:
            case LambdaConfig() | WeightsConfig():
                weighting = FixedWeights(_fixed_weights(method, tasks))
            case UncertaintyConfig():
                weighting = UncertaintyWeights(
                    [isinstance(task, RegressionTask) and task.loss == "mse" for task in tasks]
                )
            case PCGradConfig():
                aggregator = PCGrad(generator)
            case _:
                raise ConfigError(
                    "mtl",
                    rule="must say how to weigh several tasks",
                    found=method,
                    remedy="use mtl=lambda or mtl=weights",
                )
    return Objective(tasks, losses, weighting, aggregator, generator)


def _fixed_weights(config: LambdaConfig | WeightsConfig, tasks: Sequence[Task]) -> list[float]:
    if isinstance(config, LambdaConfig):
        if len(tasks) != 2:
            raise ConfigError(
                "mtl",
                rule="lambda weighs exactly two tasks",
                found=f"{len(tasks)}: {', '.join(task.name for task in tasks)}",
                remedy="use mtl=weights without lambda, or choose two by 'tasks=[...]'",
            )
        return [config.lambda_, 1 - config.lambda_]
    weights = [config.weights.get(task.name, 1.0) for task in tasks]
    if not any(weights):
        raise ConfigError(
            "mtl.weights",
            rule="must leave at least one task a weight above 0",
            found=weights,
            remedy="raise one of them",
        )
    return weights
