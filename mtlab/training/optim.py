"""From `optimizer.*` and `scheduler.*` keys to torch's optimizers and schedules."""

from collections.abc import Iterable
from typing import Any

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    LRScheduler,
    OneCycleLR,
    ReduceLROnPlateau,
    StepLR,
)

from mtlab.config.training import (
    AdamConfig,
    CosineConfig,
    OneCycleConfig,
    OptimizerConfig,
    PlateauConfig,
    RmspropConfig,
    SchedulerConfig,
    SgdConfig,
    StepConfig,
    WarmRestartsConfig,
)
from mtlab.errors import ConfigError

STEPPED_BY_BATCH = (OneCycleLR, CosineAnnealingWarmRestarts)
"""Schedules that move on with every training step; the others do after each epoch."""


def build_optimizer(
    config: OptimizerConfig,
    parameters: Iterable[nn.Parameter],
    undecayed: Iterable[nn.Parameter] = (),
) -> Optimizer:
    """An optimizer that updates all tensors in one fused kernel where torch has one.

    `conv_weight_decay` is added to `weight_decay` for convolution kernels alone, which then are a
    group of parameters of their own.

    Args:
        undecayed: What an objective learns; weight decay would draw it to 0.

    Raises:
        ConfigError: A decay of convolution kernels where there are none.
    """
    trainable = [parameter for parameter in parameters if parameter.requires_grad]
    groups: list[dict[str, Any]] = [{"params": trainable}]
    if config.conv_weight_decay > 0:
        # A convolution's kernels, (filters, channels, height, width), are the only parameters of
        # four dimensions: biases, batch norm and dense layers have one or two.
        kernels = [parameter for parameter in trainable if parameter.dim() == 4]
        if not kernels:
            raise ConfigError(
                "optimizer.conv_weight_decay",
                rule="needs a model with convolutions that train",
                found=config.conv_weight_decay,
                remedy="set it to 0, or choose model=cnn",
            )
        groups = [{"params": [parameter for parameter in trainable if parameter.dim() != 4]}]
        decay = config.weight_decay + config.conv_weight_decay
        groups.append({"params": kernels, "weight_decay": decay})
    if undecayed := list(undecayed):
        groups.append({"params": undecayed, "weight_decay": 0.0})
    common: dict[str, Any] = {"lr": config.lr, "weight_decay": config.weight_decay}
    match config:
        case AdamConfig():
            kind = AdamW if config.name == "adamw" else Adam
            betas = (config.betas[0], config.betas[1])
            return kind(groups, **common, betas=betas, eps=config.eps, fused=True)
        case SgdConfig():
            momentum, nesterov = config.momentum, config.nesterov
            return SGD(groups, **common, momentum=momentum, nesterov=nesterov, fused=True)
        case RmspropConfig():
            common |= {"alpha": config.alpha, "eps": config.eps, "momentum": config.momentum}
            return RMSprop(groups, **common, foreach=True)
    raise AssertionError(config)


def build_scheduler(
    config: SchedulerConfig,
    optimizer: Optimizer,
    num_epochs: int,
    lower_is_better: bool,
    min_delta: float = 0.0,
    steps_per_epoch: int = 1,
) -> LRScheduler | None:
    """A schedule, see `STEPPED_BY_BATCH`; None for a constant learning rate.

    Args:
        lower_is_better: Direction of `trainer.monitor`, which a plateau is judged by.
        min_delta: A change of it up to this size is no improvement.
    """
    if isinstance(config, StepConfig):
        return StepLR(optimizer, step_size=config.step_epochs, gamma=config.gamma)
    if isinstance(config, CosineConfig):
        return CosineAnnealingLR(optimizer, T_max=max(num_epochs, 1), eta_min=config.min_lr)
    if isinstance(config, PlateauConfig):
        return ReduceLROnPlateau(
            optimizer,
            mode="min" if lower_is_better else "max",
            factor=config.factor,
            patience=config.patience_epochs,
            threshold=min_delta,
            threshold_mode="abs",
            min_lr=config.min_lr,
            eps=0.0,
        )
    if isinstance(config, WarmRestartsConfig):
        return CosineAnnealingWarmRestarts(
            optimizer,
            T_0=config.period_epochs * steps_per_epoch,
            T_mult=config.period_factor,
            eta_min=config.min_lr,
        )
    if isinstance(config, OneCycleConfig):
        return _one_cycle(config, optimizer, num_epochs * steps_per_epoch)
    return None


def _one_cycle(config: OneCycleConfig, optimizer: Optimizer, num_steps: int) -> OneCycleLR:
    num_rising = config.warmup * num_steps
    if num_rising <= 1:
        raise ConfigError(
            "scheduler.warmup",
            rule="must leave more than one training step for the rate to rise in",
            found=f"{config.warmup:g} of {num_steps} steps",
            remedy="raise it, or train for more epochs or in smaller batches",
        )
    highest, lowest = config.momentum or (0.0, 0.0)
    return OneCycleLR(
        optimizer,
        max_lr=[group["lr"] for group in optimizer.param_groups],
        total_steps=num_steps,
        pct_start=config.warmup,
        anneal_strategy="cos" if config.shape == "cosine" else "linear",
        cycle_momentum=config.momentum is not None,
        max_momentum=highest,
        base_momentum=lowest,
        div_factor=config.start_divisor,
        final_div_factor=config.end_divisor,
    )
