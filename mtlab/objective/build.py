"""From `mtl.*` keys to an Objective."""

from __future__ import annotations

from collections.abc import Sequence

from mtlab.config.model import ModelConfig, PerceptronConfig
from mtlab.config.training import LambdaConfig, WeightingConfig, WeightsConfig
from mtlab.data.tasks import RegressionTask, Task
from mtlab.errors import ConfigError
from mtlab.objective.losses import Loss, cross_entropy, regression_loss, sign_error
from mtlab.objective.objective import Objective
from mtlab.objective.weighting.fixed import FixedWeights, lambda_weights


def build_objective(
    weighting: WeightingConfig | None,
    model: ModelConfig,
    tasks: Sequence[Task],
    available_tasks: Sequence[str] | None = None,
) -> Objective:
    """Each task's loss, weighted: cross-entropy for classification (the perceptron's own loss for a
    perceptron), the chosen one for regression.

    Args:
        available_tasks: Names of all tasks of the dataset: a preset may have weights for those that
            this run does not learn. None where they are not known.

    Raises:
        ConfigError: A weighting that does not fit the number or the names of the tasks.
    """
    losses = {task.name: _loss(task, isinstance(model, PerceptronConfig)) for task in tasks}
    if isinstance(weighting, WeightsConfig) and available_tasks is not None:
        _check_names(weighting, available_tasks)
    return Objective(tasks, losses, _weighting(weighting, tasks))


def _loss(task: Task, is_perceptron: bool) -> Loss:
    if isinstance(task, RegressionTask):
        return regression_loss(task.loss, task.huber_delta)
    return sign_error if is_perceptron else cross_entropy


def _check_names(config: WeightsConfig, available_tasks: Sequence[str]) -> None:
    for name in config.weights:
        if name not in available_tasks:
            raise ConfigError(
                f"mtl.weights.{name}",
                rule=f"must name a task of the dataset: {', '.join(available_tasks)}",
                found=name,
                remedy=f"mend the name, or leave it out by ~mtl.weights.{name}",
            )


def _weighting(config: WeightingConfig | None, tasks: Sequence[Task]) -> FixedWeights:
    names = [task.name for task in tasks]
    if len(tasks) == 1:
        return FixedWeights([1.0])
    if isinstance(config, LambdaConfig):
        if len(tasks) != 2:
            raise ConfigError(
                "mtl",
                rule="lambda weighs exactly two tasks",
                found=f"{len(tasks)}: {', '.join(names)}",
                remedy="use mtl=weights, or choose two by 'tasks=[...]'",
            )
        return lambda_weights(config.lambda_)
    if isinstance(config, WeightsConfig):
        weights = [config.weights.get(name, 1.0) for name in names]
        if not any(weights):
            raise ConfigError(
                "mtl.weights",
                rule="must leave at least one task a weight above 0",
                found=weights,
                remedy="raise one of them",
            )
        return FixedWeights(weights)
    raise ConfigError(
        "mtl",
        rule="must say how to weigh several tasks",
        found=config,
        remedy="use mtl=lambda or mtl=weights",
    )
