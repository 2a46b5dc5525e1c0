"""Keys of what trains a network: `augmentation`, `optimizer`, `scheduler`, `trainer`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mtlab.config.base import (
    Count,
    Keys,
    NotNegative,
    Positive,
    ShareBelowOne,
    ShareInside,
    Whole,
    described,
)
from mtlab.errors import ConfigError


class NoAugmentationConfig(Keys):
    """Training images as they are."""

    name: Literal["none"]


class AffineConfig(Keys):
    """Random shift, rotation and scale of every training image."""

    name: Literal["affine"]
    shift_pixels: NotNegative
    rotate_degrees: Annotated[float, Field(ge=0, le=180)]
    scale: ShareBelowOne


AugmentationConfig = Annotated[NoAugmentationConfig | AffineConfig, Field(discriminator="name")]


class OptimizerKeys(Keys):
    """What every optimizer has."""

    lr: Positive
    weight_decay: NotNegative
    conv_weight_decay: NotNegative


class AdamConfig(OptimizerKeys):
    """Adam and AdamW."""

    name: Literal["adam", "adamw"]
    betas: Annotated[list[ShareBelowOne], Field(min_length=2, max_length=2)]
    eps: Positive


class SgdConfig(OptimizerKeys):
    """Stochastic gradient descent with momentum."""

    name: Literal["sgd"]
    momentum: ShareBelowOne
    nesterov: bool

    @model_validator(mode="after")
    def _check_nesterov(self) -> Self:
        if self.nesterov and self.momentum == 0:
            raise ConfigError(
                "optimizer.nesterov",
                rule="needs momentum",
                found=f"optimizer.momentum={self.momentum:g}",
                remedy="set optimizer.momentum=0.9 or optimizer.nesterov=false",
            )
        return self


class RmspropConfig(OptimizerKeys):
    """RMSprop."""

    name: Literal["rmsprop"]
    alpha: ShareBelowOne
    eps: Positive
    momentum: ShareBelowOne


OptimizerConfig = Annotated[AdamConfig | SgdConfig | RmspropConfig, Field(discriminator="name")]


class ConstantConfig(Keys):
    """A constant learning rate."""

    name: Literal["none"]


class StepConfig(Keys):
    """The learning rate times `gamma` every `step_epochs`."""

    name: Literal["step"]
    step_epochs: Count
    gamma: Annotated[float, Field(gt=0, le=1)]


class CosineConfig(Keys):
    """The learning rate falls along a half cosine from `optimizer.lr` to `min_lr`."""

    name: Literal["cosine"]
    min_lr: NotNegative


class PlateauConfig(Keys):
    """The learning rate times `factor` when `trainer.monitor` stands still."""

    name: Literal["plateau"]
    factor: ShareInside
    patience_epochs: Whole
    min_lr: NotNegative


class OneCycleConfig(Keys):
    """The learning rate rises to `optimizer.lr` and falls far below where it began, step by step.

    Attributes:
        warmup: Share of the training in which it rises.
        momentum: Highest and lowest, which it falls to and rises from as the rate does the reverse;
            None leaves the optimizer's.
    """

    name: Literal["one_cycle"]
    warmup: ShareInside
    start_divisor: Annotated[float, Field(ge=1)]
    end_divisor: Annotated[float, Field(ge=1)]
    shape: Literal["cosine", "linear"]
    momentum: Annotated[list[ShareBelowOne], Field(min_length=2, max_length=2)] | None

    @model_validator(mode="after")
    def _check_momentum(self) -> Self:
        if self.momentum is not None and self.momentum[0] < self.momentum[1]:
            raise ConfigError(
                "scheduler.momentum",
                rule="has the highest first, which the cycle begins and ends with",
                found=self.momentum,
                remedy=f"for example scheduler.momentum=[{self.momentum[1]},{self.momentum[0]}]",
            )
        return self


class WarmRestartsConfig(Keys):
    """Half cosines from `optimizer.lr` to `min_lr`, step by step, each longer by a factor."""

    name: Literal["warm_restarts"]
    period_epochs: Count
    period_factor: Count
    min_lr: NotNegative


SchedulerConfig = Annotated[
    ConstantConfig
    | StepConfig
    | CosineConfig
    | PlateauConfig
    | OneCycleConfig
    | WarmRestartsConfig,
    Field(discriminator="name"),
]


class TrainerConfig(Keys):
    """How long, in what batches, and what is kept.

    `monitor` is the validation metric that best epochs are judged by; `auto` until the tasks are
    known, see `mtlab.config.run.resolved`.
    """

    epochs: Whole
    batch_size: Count
    eval_batch_size: Count
    monitor: Annotated[str, described("the name of a metric", "loss")]
    keep: Literal["best", "last"]
    patience_epochs: Count | None
    min_delta: NotNegative
    clip_norm: Positive | None
    clip_each_norm: Positive | None = None
    label_smoothing: ShareBelowOne = 0.0
    class_weights: Literal["balanced"] | None = None
    figures: bool

    @model_validator(mode="after")
    def _check_one_clipping(self) -> Self:
        if self.clip_norm is not None and self.clip_each_norm is not None:
            raise ConfigError(
                "trainer.clip_each_norm",
                rule="and trainer.clip_norm both clip gradients, each parameter's or all together",
                found=f"{self.clip_each_norm:g} and {self.clip_norm:g}",
                remedy="set one of them to null",
            )
        return self
