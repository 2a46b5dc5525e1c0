"""From the configuration of a run to everything that takes part in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from torch import nn

from mtlab.config.device import DeviceConfig
from mtlab.config.model import LayeredKeys, ModelConfig
from mtlab.config.run import RunConfig, resolved
from mtlab.data.augmentation import AffineAugmentation
from mtlab.data.build import build_augmentation, build_dataset
from mtlab.data.dataset import Dataset, Split
from mtlab.data.tasks import ClassificationTask
from mtlab.device import Device, select_device
from mtlab.errors import ConfigError
from mtlab.models.build import build_model
from mtlab.models.counting import LayerSize, ParameterCounts, count_parameters, layer_sizes
from mtlab.objective.build import build_objective
from mtlab.objective.metrics import SplitMetrics
from mtlab.objective.objective import Objective
from mtlab.runner.warm_start import WarmStart, start_from_run
from mtlab.seeding import generator, seed_global_generators
from mtlab.training.build import build_trainer
from mtlab.training.evaluate import evaluate
from mtlab.training.monitor import Monitor
from mtlab.training.trainer import Trainer


@dataclass
class Experiment:
    """The parts of a run, on its device.

    Attributes:
        config: With its tasks, and what suits them where `auto` stood.
        train, val: The trainer's splits; the test split is in `dataset`, not read yet.
        model: The trainer's, at first with fresh weights, or those that `warm_start` tells of.
    """

    config: RunConfig
    device: Device
    dataset: Dataset
    train: Split
    val: Split
    model: nn.Module
    objective: Objective
    monitor: Monitor
    augmentation: AffineAugmentation | None
    parameters: ParameterCounts
    layers: Sequence[LayerSize]
    warm_start: WarmStart | None

    @property
    def flops_per_sample(self) -> int:
        """Floating-point operations of one image's forward pass."""
        return sum(layer.operations for layer in self.layers)

    @cached_property
    def trainer(self) -> Trainer:
        """Built when it is first asked for: a run of no epochs is only counted.

        Raises:
            ConfigError: An optimizer that does not suit the model.
        """
        return build_trainer(
            self.config,
            self.model,
            self.objective,
            self.monitor,
            self.train,
            self.val,
            self.device,
            self.augmentation,
        )

    def measure(self, split: Split) -> SplitMetrics:
        """Measure the model as it is on a split that lies on the device."""
        batch_size = self.config.trainer.eval_batch_size
        return evaluate(self.model, split, self.objective, batch_size, self.device)


def build(config: RunConfig) -> Experiment:
    """Build every part of a run, the cheapest checks first.

    Everything follows from the configuration: the same one gives the same run to the bit, on the
    same machine and with the same versions.

    Raises:
        MtlabError: Parts that cannot be had or do not fit each other.
    """
    device = choose_device(config.device, config.model)
    seed_global_generators(config.seed)
    dataset = build_dataset(config.dataset, config.tasks, config.model.task_choice, config.seed)
    tasks = {task.name: isinstance(task, ClassificationTask) for task in dataset.tasks}
    config = resolved(config, tasks)
    _check_last_batch(config, len(dataset.train))
    draws = generator(config.seed, "objective", device.torch_device)
    objective = build_objective(
        config.mtl,
        config.model,
        dataset.tasks,
        dataset.available_tasks,
        draws,
        config.trainer,
        dataset.train.targets,
    )
    monitor = Monitor(
        config.trainer.monitor, dataset.tasks, objective.task_weights(), config.trainer.min_delta
    )
    model = build_model(config.model, dataset.image_shape, dataset.tasks, dataset.available_tasks)
    start = None
    if isinstance(config.model, LayeredKeys) and config.model.init_from is not None:
        start = start_from_run(model, config.model, dataset.image_shape)
    parameters, layers = count_parameters(model), layer_sizes(model, dataset.image_shape)
    place = device.torch_device
    return Experiment(
        config=config,
        device=device,
        dataset=dataset,
        train=dataset.train.to(place),
        val=dataset.val.to(place),
        model=device.place(model),
        objective=objective.to(place),
        monitor=monitor,
        augmentation=build_augmentation(config.augmentation, dataset.pixel_statistics, place),
        parameters=parameters,
        layers=layers,
        warm_start=start,
    )


def choose_device(config: DeviceConfig, model: ModelConfig) -> Device:
    """The device of a run; a perceptron learns and answers on the processor.

    Raises:
        ConfigError: There is no such device, or it is not for this model.
    """
    kind = config.name
    if model.learns_on_processor:
        if kind == "cuda":
            raise ConfigError(
                "device",
                rule=f"model={model.name} learns on the processor, one sample after another",
                found="device=cuda",
                remedy="use device=cpu or device=auto",
            )
        kind = "cpu"
    return select_device(kind, config.precision, config.threads)


def _check_last_batch(config: RunConfig, num_samples: int) -> None:
    """Batch norm has no variance to divide by where a batch is a single image."""
    batch_size, model = min(config.trainer.batch_size, num_samples), config.model
    has_norm = isinstance(model, LayeredKeys) and model.batch_norm and model.freeze is None
    if has_norm and (batch_size == 1 or num_samples % batch_size == 1):
        larger = next(n for n in range(batch_size + 1, num_samples + 2) if num_samples % n != 1)
        raise ConfigError(
            "trainer.batch_size",
            rule="must leave no batch of one image, since model.batch_norm needs several",
            found=f"{config.trainer.batch_size} for {num_samples} training images",
            remedy=f"for example trainer.batch_size={larger}",
        )
