"""Tasks, and how the target of each one follows from a label."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from mtlab.errors import ConfigError, DataError

UNKNOWN_LABEL = -1
REACH = {"sigmoid": (0.0, 1.0), "softplus": (0.0, math.inf)}
"""What an output activation reaches where the task has no range; others: any number."""


@dataclass(frozen=True)
class ClassificationTask:
    """A task whose target is one of several classes.

    Attributes:
        name: As the user calls it.
        class_names: One name per target value, in order.
        labels: Per class the label that the data call it by. Left out, the classes' own numbers
            from 0, as for classes that are made of several labels.
    """

    name: str
    class_names: tuple[str, ...]
    labels: tuple[int, ...] = ()

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
        name: As the user calls it.
        range: Lowest and highest value of the target; None for any number.
        activation: `identity`, `sigmoid` (over the range, [0, 1] without one) or `softplus`.
        loss: `mse`, `mae` or `huber`.
        huber_delta: Where Huber's loss turns linear, in the target's unit.
    """

    name: str
    range: tuple[float, float] | None = None
    activation: str = "identity"
    loss: str = "mse"
    huber_delta: float = 1.0


Task = ClassificationTask | RegressionTask


Classes = dict[str, list[int]]
"""Class names in target order, each with its labels. Labels with their names are those that occur
in the training images, ascending."""


def label_classes(label_names: Mapping[int, str]) -> Classes:
    """Every label is a class."""
    return {name: [label] for label, name in label_names.items()}


def parity_classes(label_names: Mapping[int, str]) -> Classes:
    """Even labels are class 0, odd ones class 1."""
    return {
        "even": [label for label in label_names if label % 2 == 0],
        "odd": [label for label in label_names if label % 2 == 1],
    }


def threshold_classes(label_names: Mapping[int, str], at: int) -> Classes:
    """Labels below `at` are class 0, the others class 1."""
    return {
        f"below {at}": [label for label in label_names if label < at],
        f"{at} and above": [label for label in label_names if label >= at],
    }


def group_classes(
    label_names: Mapping[int, str],
    groups: Mapping[str, Sequence[int]],
    num_labels: int,
    key: str,
) -> Classes:
    """Named groups of labels, in the order in which they are listed.

    Args:
        num_labels: How many label values the dataset has, whether or not they were all kept.
        key: The configuration key of the groups, for messages.

    Raises:
        ConfigError: A label in no group or in two, or a group with a label the dataset lacks.
    """
    owner: dict[int, str] = {}
    for group, labels in groups.items():
        for label in labels:
            if label in owner:
                twice = owner[label] == group
                raise ConfigError(
                    key,
                    rule="must put every label in one group",
                    found=f"label {label} "
                    + (f"twice in {group}" if twice else f"in {owner[label]} and {group}"),
                    remedy="take it out of one",
                )
            if not 0 <= label < num_labels:
                raise ConfigError(
                    key,
                    rule=f"must list labels from 0 to {num_labels - 1}",
                    found=f"label {label} in {group}",
                    remedy="take it out",
                )
            owner[label] = group
    for label, name in label_names.items():
        if label not in owner:
            raise ConfigError(
                key,
                rule="must put every label in a group",
                found=f"label {label}{f' ({name})' if name != str(label) else ''} in none",
                remedy="add it to a group, or leave it out by dataset.classes",
            )
    return {
        group: [label for label in labels if label in label_names]
        for group, labels in groups.items()
    }


def derive_task(
    name: str, classes: Classes, *, keeps_labels: bool = False
) -> tuple[ClassificationTask, dict[int, int]]:
    """The task of the classes that have labels, and the target for each label.

    Args:
        keeps_labels: Whether each class is one label, by which predictions call it.

    Raises:
        ConfigError: Fewer than two classes are left, so that there is nothing to learn.
    """
    occupied = {class_name: labels for class_name, labels in classes.items() if labels}
    target_of = {
        label: target for target, labels in enumerate(occupied.values()) for label in labels
    }
    if len(occupied) < 2:
        raise ConfigError(
            f"dataset.tasks.{name}",
            rule="must tell at least two classes apart",
            found=f"only {', '.join(occupied) or 'none'} among the labels {sorted(target_of)}",
            remedy="leave the task out of `tasks`, or keep more labels by dataset.classes",
        )
    labels = tuple(target_of) if keeps_labels else ()
    return ClassificationTask(name, tuple(occupied), labels), target_of


def class_targets(labels: torch.Tensor, target_of: Mapping[int, int], task: str) -> torch.Tensor:
    """Map labels `(num_samples,)` to targets `(num_samples,)`.

    Raises:
        ConfigError: A label that did not occur in the training images, or a fraction.
    """
    if labels.is_floating_point():
        low, high = float(labels.min()), float(labels.max())
        raise ConfigError(
            f"dataset.tasks.{task}",
            rule="must read whole numbers of at least 0 in every split",
            found=f"fractions or numbers below 0, from {low:g} to {high:g}",
            remedy=f"mend the labels, or set dataset.tasks.{task}.kind=regression",
        )
    table = torch.full((max(int(labels.max()), *target_of) + 1,), UNKNOWN_LABEL, dtype=torch.int64)
    for label, target in target_of.items():
        table[label] = target
    mapped = table[labels]
    if bool((mapped == UNKNOWN_LABEL).any()):
        stranger = int(labels[mapped == UNKNOWN_LABEL][0])
        raise ConfigError(
            f"dataset.tasks.{task}",
            rule=f"must know every label; it knows {sorted(target_of)}",
            found=f"label {stranger}, which no training image has",
            remedy="leave such images out, or add some to the training images",
        )
    return mapped


def value_targets(labels: torch.Tensor, task: RegressionTask) -> torch.Tensor:
    """Labels `(num_samples,)`, whole or not, as float32 targets `(num_samples,)`.

    Raises:
        DataError: A value outside the task's range, or beyond what its activation reaches.
    """
    values = labels.to(torch.float32)
    key, remedy = "range", "widen the range, or rescale the labels"
    low, high = task.range or REACH.get(task.activation, (-math.inf, math.inf))
    rule = f"must hold every target, and is [{low:g}, {high:g}]"
    if task.range is None:
        key = "activation"
        reach = f"from {low:g}" + ("" if math.isinf(high) else f" to {high:g}")
        rule = f"must reach every target; {task.activation} without a range reaches {reach}"
        remedy = f"set dataset.tasks.{task.name}.range with sigmoid, or use identity"
    outside = values[(values < low) | (values > high)]
    if len(outside):
        raise DataError(
            f"dataset.tasks.{task.name}.{key}",
            rule=rule,
            found=f"{len(outside)} outside it, such as {float(outside[0]):g}",
            remedy=remedy,
        )
    return values
