"""Everything a run needs, built from its configuration and put on its device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from mtlab.artifacts.summary import RunSummary
from mtlab.config.command_line import check_perceptron, check_weighting
from mtlab.config.device import DeviceConfig
from mtlab.config.fallbacks import suited_to_tasks
from mtlab.config.model import ModelConfig
from mtlab.config.schema import RunConfig
from mtlab.data.augmentation import AffineAugmentation
from mtlab.data.build import build_augmentation, build_dataset
from mtlab.data.dataset import Dataset, Split
from mtlab.data.tasks import ClassificationTask
from mtlab.device import Device, select_device
from mtlab.errors import ConfigError
from mtlab.models.build import build_model
from mtlab.models.counting import count_parameters, flops_per_sample
from mtlab.objective.build import build_objective
from mtlab.objective.metrics import SplitMetrics
from mtlab.objective.objective import Objective
from mtlab.seeding import generator, seed_global_generators
from mtlab.training.evaluate import evaluate
from mtlab.training.monitor import Monitor


@dataclass
class Experiment:
    """The parts of a run.

    Attributes:
        config: With what suits the tasks in place of defaults that do not.
        train, val: On the device.
        augmentation: Of the training images; None for none.
        model: With fresh weights, on the device.
        objective: On the device.
    """

    config: RunConfig
    device: Device
    dataset: Dataset
    train: Split
    val: Split
    augmentation: AffineAugmentation | None
    model: nn.Module
    objective: Objective
    monitor: Monitor

    def measure(self, split: Split) -> SplitMetrics:
        """Measure the model as it is on a split that lies on the device."""
        batch_size = self.config.trainer.eval_batch_size
        return evaluate(self.model, split, self.objective, batch_size, self.device)


def prepare(config: RunConfig, overrides: Sequence[str], summary: RunSummary) -> Experiment:
    """Build every part, the cheapest checks first, and note each in the summary."""
    summary.seed = config.seed
    summary.dataset, summary.model = config.dataset.name, config.model.name
    check_perceptron(config, overrides)
    device = choose_device(config.device, config.model)
    summary.device = device
    seed_global_generators(config.seed)
    dataset = build_dataset(config.dataset, config.tasks, config.model.task_choice, config.seed)
    _note_dataset(dataset, summary)
    check_weighting(summary.tasks or [], overrides)
    are_classes = [isinstance(task, ClassificationTask) for task in dataset.tasks]
    config = suited_to_tasks(config, len(are_classes), any(are_classes), overrides)
    _check_last_batch(config, len(dataset.train))
    objective = build_objective(
        config.mtl,
        config.model,
        dataset.tasks,
        dataset.available_tasks,
        generator(config.seed, "objective", device.torch_device),
    )
    weights = objective.task_weights()
    summary.weighting = weights if len(weights) > 1 else None
    monitor = Monitor(config.trainer.monitor, dataset.tasks, weights, config.trainer.min_delta)
    model = build_model(config.model, dataset.image_shape, dataset.tasks, dataset.available_tasks)
    summary.parameters = count_parameters(model)
    summary.flops_per_sample = flops_per_sample(model, dataset.image_shape)
    return Experiment(
        config=config,
        device=device,
        dataset=dataset,
        train=dataset.train.to(device.torch_device),
        val=dataset.val.to(device.torch_device),
        augmentation=build_augmentation(
            config.augmentation, dataset.pixel_statistics, device.torch_device
        ),
        model=device.place(model),
        objective=objective.to(device.torch_device),
        monitor=monitor,
    )


def choose_device(config: DeviceConfig, model: ModelConfig) -> Device:
    """The device of a run; a perceptron learns and answers on the processor."""
    kind = "cpu" if model.learns_on_processor else config.name.value
    return select_device(kind, config.precision.value, config.threads)


def _check_last_batch(config: RunConfig, num_samples: int) -> None:
    """Batch norm has no variance to divide by where a batch is a single image."""
    batch_size = min(config.trainer.batch_size, num_samples)
    if getattr(config.model, "batch_norm", False) and (
        batch_size == 1 or num_samples % batch_size == 1
    ):
        raise ConfigError(
            "trainer.batch_size",
            rule="must leave no batch of one image, since model.batch_norm needs several",
            found=f"{config.trainer.batch_size} for {num_samples} training images",
            remedy=f"for example trainer.batch_size={batch_size + 1}",
        )


def _note_dataset(dataset: Dataset, summary: RunSummary) -> None:
    summary.tasks = [task.name for task in dataset.tasks]
    summary.kinds = {
        task.name: "classification" if isinstance(task, ClassificationTask) else "regression"
        for task in dataset.tasks
    }
    summary.classes = {
        task.name: list(task.class_names)
        for task in dataset.tasks
        if isinstance(task, ClassificationTask)
    }
    summary.image_shape = list(dataset.image_shape)
    summary.samples = {"train": len(dataset.train), "val": len(dataset.val)}
