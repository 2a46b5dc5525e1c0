"""The configuration as plain dataclasses: every key with its type, unit and range.

The YAML files under `conf/` hold the values and explain them to the user; the classes here hold
the rules. Keys that pick a class (`dataset.source`, `model.name`, ...) are listed in `VARIANTS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from mtlab.config.checks import (
    check_between,
    check_each_at_least,
    check_number_or_list,
    require,
)
from mtlab.config.device import DeviceConfig
from mtlab.config.heads import HeadConfig
from mtlab.config.tasks import TaskConfig

# --- dataset -------------------------------------------------------------------------------------


class Normalisation(Enum):
    """`unit`: pixels in [0, 1]. `standard`: then zero mean and unit variance on train."""

    unit = "unit"
    standard = "standard"


class EmnistVariant(Enum):
    """The EMNIST splits on offer: 47, 26 and 10 classes."""

    balanced = "balanced"
    letters = "letters"
    digits = "digits"


@dataclass
class DatasetConfig:
    """What every dataset has."""

    name: str
    source: str
    normalisation: Normalisation
    val_fraction: float
    limit: int | None
    classes: list[int] | None
    class_names: list[str] | None
    tasks: dict[str, TaskConfig]
    default_tasks: list[str] | None

    def __post_init__(self) -> None:
        check_between(
            self.val_fraction, "dataset.val_fraction", 0, 1, low_open=True, high_open=True
        )
        if self.limit is not None:
            check_between(self.limit, "dataset.limit", 1)
        if self.classes is not None:
            check_each_at_least(self.classes, "dataset.classes", 0)
            require(
                len(set(self.classes)) == len(self.classes) >= 2,
                "dataset.classes",
                "must list at least two different classes",
                self.classes,
                "for example 'dataset.classes=[0,1]'",
            )


@dataclass
class DigitsConfig(DatasetConfig):
    """scikit-learn's bundled digits."""


@dataclass
class DownloadedConfig(DatasetConfig):
    """Sets that are downloaded once into a cache folder."""

    root: str | None


@dataclass
class EmnistConfig(DownloadedConfig):
    """EMNIST, in one of its variants."""

    variant: EmnistVariant


@dataclass
class UndividedConfig(DatasetConfig):
    """Sets that come without a test split of their own."""

    test_fraction: float
    stratify_by: str | None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_between(
            self.test_fraction, "dataset.test_fraction", 0, 1, low_open=True, high_open=True
        )


@dataclass
class NpzConfig(UndividedConfig):
    """A user's own arrays."""

    path: str | None
    images: str
    labels: list[str] | None
    label_names: list[str] | None

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            bool(self.path),
            "dataset.path",
            "must name a .npz file",
            self.path,
            "for example dataset.path=images.npz",
        )


@dataclass
class ShapesConfig(UndividedConfig):
    """The drawn shapes."""

    num_images: int
    image_size: int
    seed: int
    difficulty: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_between(self.num_images, "dataset.num_images", 2)
        check_between(self.image_size, "dataset.image_size", 8)
        check_between(self.seed, "dataset.seed", 0)
        check_between(self.difficulty, "dataset.difficulty", 0, 1)


# --- augmentation ---------------------------------------------------------------------------------


@dataclass
class AugmentationConfig:
    """Training images as they are (`none`), and what every augmentation has."""

    name: str


@dataclass
class AffineConfig(AugmentationConfig):
    """Random shift, rotation and scale of every training image."""

    shift_pixels: float
    rotate_degrees: float
    scale: float

    def __post_init__(self) -> None:
        check_between(self.shift_pixels, "augmentation.shift_pixels", 0)
        check_between(self.rotate_degrees, "augmentation.rotate_degrees", 0, 180)
        check_between(self.scale, "augmentation.scale", 0, 1, high_open=True)


# --- model ---------------------------------------------------------------------------------------


class Activation(Enum):
    """Nonlinearities between layers."""

    relu = "relu"
    leaky_relu = "leaky_relu"
    elu = "elu"
    gelu = "gelu"
    silu = "silu"
    tanh = "tanh"
    sigmoid = "sigmoid"


class TaskChoice(Enum):
    """The tasks a model learns when `tasks` is left out: the dataset's first, or its defaults."""

    first = "first"
    defaults = "defaults"


class UpdateRule(Enum):
    """When the perceptron corrects its weights: after each sample, or after each pass."""

    online = "online"
    batch = "batch"


@dataclass
class ModelConfig:
    """What every model has."""

    name: str
    task_choice: TaskChoice


@dataclass
class PerceptronConfig(ModelConfig):
    """Rosenblatt's perceptron on two classes."""

    update: UpdateRule
    lr: float
    tolerance: float
    initial_scale: float

    def __post_init__(self) -> None:
        check_between(self.lr, "model.lr", 0, low_open=True)
        check_between(self.tolerance, "model.tolerance", 0, 2)
        check_between(self.initial_scale, "model.initial_scale", 0)


@dataclass
class MlpConfig(ModelConfig):
    """Dense layers on flattened pixels."""

    widths: list[int]
    branch_widths: list[int]
    activation: Activation
    batch_norm: bool
    dropout: float
    heads: dict[str, HeadConfig] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_each_at_least(self.widths, "model.widths", 1)
        check_each_at_least(self.branch_widths, "model.branch_widths", 1)
        check_between(self.dropout, "model.dropout", 0, 1, high_open=True)


@dataclass
class CnnConfig(ModelConfig):
    """Convolutions, shared dense layers, one branch of dense layers per task."""

    filters: list[int]
    kernel_size: Any
    strides: Any
    padding: Any
    pool_after: list[int]
    pool_size: int
    global_average_pooling: bool
    shared_widths: list[int]
    branch_widths: list[int]
    activation: Activation
    batch_norm: bool
    dropout: float
    heads: dict[str, HeadConfig] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_each_at_least(self.filters, "model.filters", 1)
        require(
            len(self.filters) > 0,
            "model.filters",
            "must hold at least one layer",
            self.filters,
            "for example 'model.filters=[32,64,128]', or model=mlp for no convolutions",
        )
        check_number_or_list(self.kernel_size, "model.kernel_size", 1)
        check_number_or_list(self.strides, "model.strides", 1, null_allowed=True)
        check_number_or_list(self.padding, "model.padding", 0)
        check_each_at_least(self.pool_after, "model.pool_after", 1)
        check_between(self.pool_size, "model.pool_size", 2)
        check_each_at_least(self.shared_widths, "model.shared_widths", 1)
        check_each_at_least(self.branch_widths, "model.branch_widths", 1)
        check_between(self.dropout, "model.dropout", 0, 1, high_open=True)


@dataclass
class VggConfig(ModelConfig):
    """Blocks of padded 3x3 convolutions and pooling, shared dense layers, a branch per task."""

    filters: list[int]
    convolutions_per_block: int
    shared_widths: list[int]
    branch_widths: list[int]
    activation: Activation
    batch_norm: bool
    dropout: float
    heads: dict[str, HeadConfig] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_each_at_least(self.filters, "model.filters", 1)
        require(
            len(self.filters) > 0,
            "model.filters",
            "must hold at least one block",
            self.filters,
            "for example 'model.filters=[32,64]'",
        )
        check_between(self.convolutions_per_block, "model.convolutions_per_block", 1)
        check_each_at_least(self.shared_widths, "model.shared_widths", 1)
        check_each_at_least(self.branch_widths, "model.branch_widths", 1)
        check_between(self.dropout, "model.dropout", 0, 1, high_open=True)


LARGEST_WEIGHT = 1e6
"""Of a task. Beyond it, the weighted loss soon leaves the range of single precision."""

# --- mtl -----------------------------------------------------------------------------------------


@dataclass
class WeightingConfig:
    """How the tasks' losses become one."""

    name: str


@dataclass
class LambdaConfig(WeightingConfig):
    """lambda * first + (1 - lambda) * second. YAML calls the key `lambda`, a Python keyword."""

    lambda_: float

    def __post_init__(self) -> None:
        check_between(self.lambda_, "mtl.lambda", 0, 1)


@dataclass
class WeightsConfig(WeightingConfig):
    """One weight per named task; tasks that are not named have weight 1."""

    weights: dict[str, float]

    def __post_init__(self) -> None:
        for task, weight in self.weights.items():
            check_between(weight, f"mtl.weights.{task}", 0, LARGEST_WEIGHT)


# --- optimizer and scheduler ---------------------------------------------------------------------


@dataclass
class OptimizerConfig:
    """What every optimizer has."""

    name: str
    lr: float
    weight_decay: float
    conv_weight_decay: float

    def __post_init__(self) -> None:
        check_between(self.lr, "optimizer.lr", 0, low_open=True)
        check_between(self.weight_decay, "optimizer.weight_decay", 0)
        check_between(self.conv_weight_decay, "optimizer.conv_weight_decay", 0)


@dataclass
class AdamConfig(OptimizerConfig):
    """Adam and AdamW."""

    betas: list[float]
    eps: float

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            len(self.betas) == 2,
            "optimizer.betas",
            "must hold two numbers",
            self.betas,
            "for example 'optimizer.betas=[0.9,0.999]'",
        )
        for beta in self.betas:
            check_between(beta, "optimizer.betas", 0, 1, high_open=True)
        check_between(self.eps, "optimizer.eps", 0, low_open=True)


@dataclass
class SgdConfig(OptimizerConfig):
    """Stochastic gradient descent with momentum."""

    momentum: float
    nesterov: bool

    def __post_init__(self) -> None:
        super().__post_init__()
        check_between(self.momentum, "optimizer.momentum", 0, 1, high_open=True)
        require(
            not self.nesterov or self.momentum > 0,
            "optimizer.nesterov",
            "needs momentum",
            f"optimizer.momentum={self.momentum:g}",
            "set optimizer.momentum=0.9 or optimizer.nesterov=false",
        )


@dataclass
class RmspropConfig(OptimizerConfig):
    """RMSprop."""

    alpha: float
    eps: float
    momentum: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_between(self.alpha, "optimizer.alpha", 0, 1, high_open=True)
        check_between(self.eps, "optimizer.eps", 0, low_open=True)
        check_between(self.momentum, "optimizer.momentum", 0, 1, high_open=True)


@dataclass
class SchedulerConfig:
    """A constant learning rate (`none`), and what every schedule has."""

    name: str


@dataclass
class StepConfig(SchedulerConfig):
    """The learning rate times `gamma` every `step_epochs`."""

    step_epochs: int
    gamma: float

    def __post_init__(self) -> None:
        check_between(self.step_epochs, "scheduler.step_epochs", 1)
        check_between(self.gamma, "scheduler.gamma", 0, 1, low_open=True)


@dataclass
class CosineConfig(SchedulerConfig):
    """The learning rate falls along a half cosine from `optimizer.lr` to `min_lr`."""

    min_lr: float

    def __post_init__(self) -> None:
        check_between(self.min_lr, "scheduler.min_lr", 0)


@dataclass
class PlateauConfig(SchedulerConfig):
    """The learning rate times `factor` when `trainer.monitor` stands still."""

    factor: float
    patience_epochs: int
    min_lr: float

    def __post_init__(self) -> None:
        check_between(self.factor, "scheduler.factor", 0, 1, low_open=True, high_open=True)
        check_between(self.patience_epochs, "scheduler.patience_epochs", 0)
        check_between(self.min_lr, "scheduler.min_lr", 0)


# --- trainer -------------------------------------------------------------------------------------


class Keep(Enum):
    """Which weights a run keeps: those of its best epoch on validation, or its last."""

    best = "best"
    last = "last"


@dataclass
class TrainerConfig:
    """How long, in what batches, and what is kept."""

    epochs: int
    batch_size: int
    eval_batch_size: int
    monitor: str
    keep: Keep
    patience_epochs: int | None
    min_delta: float
    clip_norm: float | None
    figures: bool

    def __post_init__(self) -> None:
        check_between(self.epochs, "trainer.epochs", 0)
        check_between(self.batch_size, "trainer.batch_size", 1)
        check_between(self.eval_batch_size, "trainer.eval_batch_size", 1)
        check_between(self.min_delta, "trainer.min_delta", 0)
        if self.patience_epochs is not None:
            check_between(self.patience_epochs, "trainer.patience_epochs", 1)
        if self.clip_norm is not None:
            check_between(self.clip_norm, "trainer.clip_norm", 0, low_open=True)


# --- the whole -----------------------------------------------------------------------------------


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
    "mtl": ("name", {"lambda": LambdaConfig, "weights": WeightsConfig}),
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
