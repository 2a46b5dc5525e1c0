"""Tasks, and how the target of each one follows from a label."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from mtlab.errors import ConfigError, DataError

UNKNOWN_LABEL = -2
UNLABELLED = -1
"""The target and the label of a sample that has none, where they are whole numbers; else NaN."""
REACH = {"sigmoid": (0.0, 1.0), "softplus": (0.0, math.inf)}
"""What an output activation reaches where the task has no range; others: any number."""


@dataclass(frozen=True)
class ClassificationTask:
    """A task whose target is one of several classes.

    Attributes:
        class_names: One name per target value, in order.
        labels: Per class the label that the data call it by. Left out, the classes' own numbers
            from 0, as for classes that are made of several labels.
        has_gaps: Whether samples may lack a label. That is of the data and not of what is learned:
            tasks with and without are equal.
    """

    name: str
    class_names: tuple[str, ...]
    labels: tuple[int, ...] = ()
    has_gaps: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        if not self.labels:
            object.__setattr__(self, "labels", tuple(range(len(self.class_names))))
        if len(self.labels) != len(self.class_names):
            raise ValueError(f"{len(self.labels)} labels for {len(self.class_names)} classes")

    @property
    def num_classes(self) -> int:
        return len(self.class_names)


@dataclass(frozen=True)
class RegressionTask:
    """A task whose target is a number.

    Attributes:
        range: Lowest and highest value of the target; None for any number.
        activation: `identity`, `sigmoid` (over the range, [0, 1] without one) or `softplus`.
        loss: `mse`, `mae` or `huber`.
        huber_delta: Where Huber's loss turns linear, in the target's unit.
        has_gaps: See `ClassificationTask`.
    """

    name: str
    range: tuple[float, float] | None = None
    activation: str = "identity"
    loss: str = "mse"
    huber_delta: float = 1.0
    has_gaps: bool = field(default=False, compare=False)


Task = ClassificationTask | RegressionTask


def is_labelled(targets: torch.Tensor) -> torch.Tensor:
    """Which samples have a label, `(num_samples,)`, of targets or labels `(num_samples,)`."""
    return ~targets.isnan() if targets.is_floating_point() else targets != UNLABELLED


def check_gaps(labels: torch.Tensor, task: str, *, may_lack: bool) -> None:
    """Refuse samples without a label for a task that is not said to have any."""
    num_lacking = int((~is_labelled(labels)).sum())
    if num_lacking and not may_lack:
        marker = "nan" if labels.is_floating_point() else UNLABELLED
        raise ConfigError(
            f"dataset.tasks.{task}.missing",
            rule="must say how a label that is not there is written, where samples lack it",
            found=f"{num_lacking} of {len(labels)} samples without one",
            remedy=f"for example dataset.tasks.{task}.missing={marker}",
        )


def class_targets(
    labels: torch.Tensor, target_of: Mapping[int, int], task: str, *, may_lack: bool = False
) -> torch.Tensor:
    """Map labels `(num_samples,)` to targets `(num_samples,)`."""
    check_gaps(labels, task, may_lack=may_lack)
    if labels.is_floating_point():
        low, high = float(labels.min()), float(labels.max())
        raise ConfigError(
            f"dataset.tasks.{task}",
            rule="must read whole numbers of at least 0 in every split",
            found=f"fractions or numbers below 0, from {low:g} to {high:g}",
            remedy=f"number the classes from 0, or set dataset.tasks.{task}.kind=regression",
        )
    has_label = is_labelled(labels)
    table = torch.full((max(int(labels.max()), *target_of) + 1,), UNKNOWN_LABEL, dtype=torch.int64)
    table[list(target_of)] = torch.tensor(list(target_of.values()))
    mapped = torch.where(has_label, table[labels], UNLABELLED)
    strangers = labels[mapped == UNKNOWN_LABEL]
    if len(strangers):
        raise ConfigError(
            f"dataset.tasks.{task}",
            rule=f"must know every label; it knows {sorted(target_of)}",
            found=f"label {int(strangers[0])}, which no training image has",
            remedy="leave such images out, or add some to the training images",
        )
    return mapped


def value_targets(labels: torch.Tensor, task: RegressionTask) -> torch.Tensor:
    """Labels `(num_samples,)`, whole or not, as float32 targets `(num_samples,)`."""
    check_gaps(labels, task.name, may_lack=task.has_gaps)
    values = torch.where(is_labelled(labels), labels.to(torch.float32), math.nan)
    low, high = task.range or REACH.get(task.activation, (-math.inf, math.inf))
    outside = values[(values < low) | (values > high)]
    if not len(outside):
        return values
    key, remedy = "range", "widen the range, or rescale the labels"
    rule = f"must hold every target, and is [{low:g}, {high:g}]"
    if task.range is None:
        key = "activation"
        reach = f"from {low:g}" + ("" if math.isinf(high) else f" to {high:g}")
        rule = f"must reach every target; {task.activation} without a range reaches {reach}"
        remedy = f"set dataset.tasks.{task.name}.range with sigmoid, or use identity"
    raise DataError(
        f"dataset.tasks.{task.name}.{key}",
        rule=rule,
        found=f"{len(outside)} outside it, such as {float(outside[0]):g}",
        remedy=remedy,
    )
