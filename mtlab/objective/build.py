"""From `mtl.*` keys to an Objective."""

from collections.abc import Mapping, Sequence

import torch

from mtlab.config.model import ModelConfig
from mtlab.config.mtl import (
    AlternatingConfig,
    LambdaConfig,
    LambdaScheduleConfig,
    MtlConfig,
    PCGradConfig,
    UncertaintyConfig,
    WeightsConfig,
)
from mtlab.config.training import TrainerConfig
from mtlab.data.tasks import ClassificationTask, RegressionTask, Task
from mtlab.errors import ConfigError
from mtlab.objective.aggregation.pcgrad import PCGrad
from mtlab.objective.losses import (
    CLASSIFICATION_LOSSES,
    Loss,
    TrainedCrossEntropy,
    balanced_class_weights,
    cross_entropy,
    regression_loss,
)
from mtlab.objective.objective import Aggregator, Objective, Weighting
from mtlab.objective.weighting.alternating import Alternating
from mtlab.objective.weighting.fixed import FixedWeights
from mtlab.objective.weighting.lambda_schedule import LambdaSchedule
from mtlab.objective.weighting.uncertainty import UncertaintyWeights


def build_objective(
    method: MtlConfig | None,
    model: ModelConfig,
    tasks: Sequence[Task],
    available_tasks: Sequence[str] | None = None,
    generator: torch.Generator | None = None,
    trainer: TrainerConfig | None = None,
    train_targets: Mapping[str, torch.Tensor] | None = None,
) -> Objective:
    """The tasks' losses, the model's own for classification, and how they go together.

    Args:
        method: None for a single task.
        available_tasks: Names of all tasks of the dataset: a preset may have weights for those that
            this run does not learn. None where they are not known.
        generator: What methods draw from, on the run's device; left out where nothing is trained.
        trainer, train_targets: How it is trained, and on what; left out where nothing is.

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
    trained: dict[str, TrainedCrossEntropy] = {}
    if trainer is not None and classification_loss is cross_entropy:
        trained = _trained_losses(trainer, tasks, train_targets or {})
    _check_names(method, available_tasks)
    generator = generator or torch.Generator()
    weighting: Weighting = FixedWeights([1.0] * len(tasks))
    aggregator: Aggregator | None = None
    if len(tasks) > 1:
        num_epochs = trainer.epochs if trainer is not None else 1
        weighting, aggregator = _method(method, tasks, weighting, generator, num_epochs)
    return Objective(tasks, losses, weighting, aggregator, generator, trained)


def _method(
    method: MtlConfig | None,
    tasks: Sequence[Task],
    equal: Weighting,
    generator: torch.Generator,
    num_epochs: int,
) -> tuple[Weighting, Aggregator | None]:
    """How several tasks go together."""
    match method:
        case LambdaConfig() | WeightsConfig():
            return FixedWeights(_fixed_weights(method, tasks)), None
        case LambdaScheduleConfig(start=start, end=end):
            _check_two(method.name, tasks)
            is_cosine = method.shape == "cosine"
            return LambdaSchedule(
                start, end, method.epochs or num_epochs, is_cosine=is_cosine
            ), None
        case AlternatingConfig():
            weights = _weights_of(method.probabilities, tasks, "mtl.probabilities")
            shares = [one / sum(weights) for one in weights]
            return Alternating(shares, generator if method.order == "random" else None), None
        case UncertaintyConfig():
            are_squares = [
                isinstance(task, RegressionTask) and task.loss == "mse" for task in tasks
            ]
            has_gaps = any(task.has_gaps for task in tasks)
            return UncertaintyWeights(are_squares, has_gaps=has_gaps), None
        case PCGradConfig():
            return equal, PCGrad(generator)
    raise ConfigError(
        "mtl",
        rule="must say how to weigh several tasks",
        found=method,
        remedy="use mtl=lambda or mtl=weights",
    )


def _trained_losses(
    trainer: TrainerConfig, tasks: Sequence[Task], train_targets: Mapping[str, torch.Tensor]
) -> dict[str, TrainedCrossEntropy]:
    """By task, of those with classes that are smoothed or weighed."""
    if not trainer.label_smoothing and trainer.class_weights is None:
        return {}
    with_classes = [task for task in tasks if isinstance(task, ClassificationTask)]
    if not with_classes:
        key = "label_smoothing" if trainer.label_smoothing else "class_weights"
        raise ConfigError(
            f"trainer.{key}",
            rule="is for tasks with classes, and this run has none",
            found=getattr(trainer, key),
            remedy="leave it out",
        )
    return {
        task.name: TrainedCrossEntropy(
            trainer.label_smoothing,
            balanced_class_weights(train_targets[task.name], task.num_classes)
            if trainer.class_weights
            else None,
        )
        for task in with_classes
    }


def _check_names(method: MtlConfig | None, available_tasks: Sequence[str] | None) -> None:
    key = "probabilities" if isinstance(method, AlternatingConfig) else "weights"
    for name in getattr(method, key, ()):
        if available_tasks is not None and name not in available_tasks:
            raise ConfigError(
                f"mtl.{key}.{name}",
                rule=f"must name a task of the dataset: {', '.join(available_tasks)}",
                found=name,
                remedy=f"mend the name, or leave it out by ~mtl.{key}.{name}",
            )


def _fixed_weights(config: LambdaConfig | WeightsConfig, tasks: Sequence[Task]) -> list[float]:
    if isinstance(config, LambdaConfig):
        _check_two(config.name, tasks)
        return [config.lambda_, 1 - config.lambda_]
    return _weights_of(config.weights, tasks, "mtl.weights")


def _check_two(name: str, tasks: Sequence[Task]) -> None:
    if len(tasks) != 2:
        raise ConfigError(
            "mtl",
            rule=f"{name} weighs exactly two tasks",
            found=f"{len(tasks)}: {', '.join(task.name for task in tasks)}",
            remedy="use mtl=weights without lambda, or choose two by 'tasks=[...]'",
        )


def _weights_of(named: Mapping[str, float], tasks: Sequence[Task], key: str) -> list[float]:
    """One per task, 1 where it is not named."""
    weights = [named.get(task.name, 1.0) for task in tasks]
    if not any(weights):
        raise ConfigError(
            key,
            rule="must leave at least one task a weight above 0",
            found=weights,
            remedy="raise one of them",
        )
    return weights
