"""From a run's configuration to its trainer."""

from functools import partial

import torch
from torch import nn

from mtlab.config.model import PerceptronConfig
from mtlab.config.run import RunConfig
from mtlab.config.training import TrainerConfig
from mtlab.data.augmentation import AffineAugmentation
from mtlab.data.batches import num_batches
from mtlab.data.dataset import Split
from mtlab.device import Device
from mtlab.errors import ConfigError
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.models.perceptron import Perceptron
from mtlab.objective.objective import Objective
from mtlab.seeding import generator
from mtlab.training.loop import GradientTrainer
from mtlab.training.monitor import Monitor
from mtlab.training.optim import build_optimizer, build_scheduler
from mtlab.training.perceptron import PerceptronTrainer
from mtlab.training.step import TrainStep
from mtlab.training.trainer import Trainer


def build_trainer(
    config: RunConfig,
    model: nn.Module,
    objective: Objective,
    monitor: Monitor,
    train: Split,
    val: Split,
    device: Device,
    augmentation: AffineAugmentation | None,
) -> Trainer:
    """The trainer of a run that begins; everything is on the device already.

    A gradient trainer loads torch's compiler with its optimizer, for seconds; so it is built before
    the clock of training starts, and not at all where nothing is trained.

    Raises:
        ConfigError: An optimizer or a method that does not suit the model.
    """
    trainer = config.trainer
    draws_order = generator(config.seed, "batch order")
    if isinstance(config.model, PerceptronConfig):
        assert isinstance(model, Perceptron)
        rule = config.model
        task = model.task
        train, val = train.only_labelled(task), val.only_labelled(task)
        return _perceptron_trainer(model, rule, trainer, monitor, train, val, draws_order)
    assert isinstance(model, MultiTaskNetwork)
    _check_shared_layers(config, model, objective)
    optimizer = build_optimizer(config.optimizer, model.parameters(), objective.parameters())
    lower = monitor.lower_is_better
    draws = generator(config.seed, "augmentation", device.torch_device)
    augment = None if augmentation is None else partial(augmentation, generator=draws)
    batch_size = min(trainer.batch_size, len(train))
    clipping = (trainer.clip_norm, trainer.clip_each_norm)
    return GradientTrainer(
        TrainStep(model, objective, optimizer, device, *clipping, augment),
        build_scheduler(
            config.scheduler,
            optimizer,
            trainer.epochs,
            lower,
            trainer.min_delta,
            num_batches(len(train), batch_size),
        ),
        monitor,
        train,
        val,
        num_epochs=trainer.epochs,
        batch_size=batch_size,
        eval_batch_size=trainer.eval_batch_size,
        patience_epochs=trainer.patience_epochs,
        generators={
            "batch order": draws_order,
            "augmentation": draws,
            "objective": objective.generator,
        },
    )


def _perceptron_trainer(
    model: Perceptron,
    rule: PerceptronConfig,
    trainer: TrainerConfig,
    monitor: Monitor,
    train: Split,
    val: Split,
    sample_order: torch.Generator,
) -> PerceptronTrainer:
    return PerceptronTrainer(
        model,
        train,
        val,
        monitor,
        online=rule.update == "online",
        lr=rule.lr,
        tolerance=rule.tolerance,
        num_epochs=trainer.epochs,
        sample_order=sample_order,
    )


def _check_shared_layers(config: RunConfig, model: MultiTaskNetwork, objective: Objective) -> None:
    shared = model.shared_parameters().values()
    if objective.aggregator is None or any(parameter.requires_grad for parameter in shared):
        return
    is_frozen = bool(shared)
    cause = (
        "model.freeze=trunk lets no shared layer train" if is_frozen else "none is shared at all"
    )
    raise ConfigError(
        "mtl",
        rule="must be a weighting where the tasks share no layer that trains",
        found=f"{config.mtl and config.mtl.name}, and {cause}",
        remedy="use mtl=weights, or " + ("leave model.freeze out" if is_frozen else "share layers"),
    )
