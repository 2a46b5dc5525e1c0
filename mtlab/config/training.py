"""Keys of what trains a network: `augmentation`, `mtl`, `optimizer`, `scheduler`, `trainer`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mtlab.config.checks import (
    check_between,
    require,
)


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


LARGEST_WEIGHT = 1e6
"""Of a task. Beyond it, the weighted loss soon leaves the range of single precision."""


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


@dataclass
class UncertaintyConfig(WeightingConfig):
    """Weights learned as each task's uncertainty."""


@dataclass
class PCGradConfig(WeightingConfig):
    """Gradient surgery; the tasks' losses have weight 1."""


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
