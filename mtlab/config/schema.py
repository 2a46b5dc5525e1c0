"""The configuration as plain dataclasses: every key with its type, unit and range.

The YAML files under `conf/` hold the values and explain them to the user; the classes of `dataset`,
`model`, `training` and `device` beside this file hold the rules. Keys that pick a class
(`dataset.source`, `model.name`, ...) are listed in `VARIANTS`.
"""

from __future__ import annotations

from dataclasses import dataclass

from mtlab.config.checks import require
from mtlab.config.dataset import (
    DatasetConfig,
    DigitsConfig,
    DownloadedConfig,
    EmnistConfig,
    NpzConfig,
    ShapesConfig,
)
from mtlab.config.device import DeviceConfig
from mtlab.config.model import CnnConfig, MlpConfig, ModelConfig, PerceptronConfig, VggConfig
from mtlab.config.training import (
    AdamConfig,
    AffineConfig,
    AugmentationConfig,
    CosineConfig,
    LambdaConfig,
    OptimizerConfig,
    PCGradConfig,
    PlateauConfig,
    RmspropConfig,
    SchedulerConfig,
    SgdConfig,
    StepConfig,
    TrainerConfig,
    UncertaintyConfig,
    WeightingConfig,
    WeightsConfig,
)


@dataclass
class RunConfig:
    """Everything that decides what a run does.

    Attributes:
        tasks: Names in the order in which they are learned and reported; None leaves the choice to
            the model (`model.task_choice`).
        mtl: None where there is a single task and nothing to weigh.
    """

    seed: int
    tasks: list[str] | None
    dataset: DatasetConfig
    augmentation: AugmentationConfig
    model: ModelConfig
    mtl: WeightingConfig | None
    optimizer: OptimizerConfig
    scheduler: SchedulerConfig
    device: DeviceConfig
    trainer: TrainerConfig

    def __post_init__(self) -> None:
        if isinstance(self.scheduler, CosineConfig | PlateauConfig):
            require(
                self.scheduler.min_lr <= self.optimizer.lr,
                "scheduler.min_lr",
                f"must be at most optimizer.lr={self.optimizer.lr:g}, from which the rate falls",
                self.scheduler.min_lr,
                "lower it, or raise optimizer.lr",
            )


VARIANTS: dict[str, tuple[str, dict[str, type]]] = {
    "dataset": (
        "source",
        {
            "digits": DigitsConfig,
            "mnist": DownloadedConfig,
            "fashion_mnist": DownloadedConfig,
            "kmnist": DownloadedConfig,
            "emnist": EmnistConfig,
            "npz": NpzConfig,
            "shapes": ShapesConfig,
        },
    ),
    "augmentation": ("name", {"none": AugmentationConfig, "affine": AffineConfig}),
    "model": (
        "name",
        {
            "perceptron": PerceptronConfig,
            "mlp": MlpConfig,
            "cnn": CnnConfig,
            "mtl_cnn": CnnConfig,
            "three_heads": CnnConfig,
            "vgg": VggConfig,
        },
    ),
    "mtl": (
        "name",
        {
            "lambda": LambdaConfig,
            "weights": WeightsConfig,
            "uncertainty": UncertaintyConfig,
            "pcgrad": PCGradConfig,
        },
    ),
    "optimizer": (
        "name",
        {"adam": AdamConfig, "adamw": AdamConfig, "sgd": SgdConfig, "rmsprop": RmspropConfig},
    ),
    "scheduler": (
        "name",
        {
            "none": SchedulerConfig,
            "step": StepConfig,
            "cosine": CosineConfig,
            "plateau": PlateauConfig,
        },
    ),
}
"""Per group: the key that picks the class, and the class for each of its values."""
