"""From `dataset.tasks` to tasks, and to the targets of any split."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch

from mtlab.config.dataset import DatasetConfig, TaskConfig
from mtlab.data.source import LabelledImages, Source
from mtlab.data.tasks import (
    Classes,
    RegressionTask,
    Task,
    class_targets,
    derive_task,
    group_classes,
    label_classes,
    parity_classes,
    threshold_classes,
    value_targets,
)
from mtlab.errors import ConfigError

RESERVED_TASK_NAMES = ("loss", "epoch", "seconds")
REGRESSION_KEYS = ("range", "activation", "loss", "huber_delta")


@dataclass(frozen=True)
class TaskTargets:
    """A task, the label it reads, and how that label becomes its target."""

    task: Task
    label: str
    of_labels: Callable[[torch.Tensor], torch.Tensor]

    def __call__(self, samples: LabelledImages) -> torch.Tensor:
        """The targets `(num_samples,)`."""
        return self.of_labels(samples.labels[self.label])


def available_tasks(config: DatasetConfig, samples: LabelledImages) -> dict[str, TaskConfig]:
    """`dataset.tasks`, or one task per label where it is empty.

    Raises:
        ConfigError: A name that would not do as a key or in a file's name.
    """
    tasks = config.tasks or {
        name: TaskConfig(label=name, kind=_kind_of(label, name))
        for name, label in samples.labels.items()
    }
    for name in tasks:
        if name in RESERVED_TASK_NAMES or not name.replace("_", "").replace("-", "").isalnum():
            raise ConfigError(
                f"dataset.tasks.{name}",
                rule="a task's name is made of letters, digits, - and _, and is none of"
                f" {', '.join(RESERVED_TASK_NAMES)}",
                found=name,
                remedy="choose another name",
            )
    return tasks


def _kind_of(label: torch.Tensor, name: str) -> Literal["classification", "regression"]:
    """Whole numbers from 0 are classes, fractions are values; anything else has to be told."""
    if not label.is_floating_point():
        return "classification"
    if bool((label == label.floor()).all()):
        raise ConfigError(
            f"label {name}",
            rule="numbers its classes from 0, or is said to be a number",
            found=f"whole numbers down to {float(label.min()):g}",
            remedy=f"shift the labels, or set dataset.tasks.{name}.kind=regression",
        )
    return "regression"


def learn_tasks(
    config: DatasetConfig,
    samples: LabelledImages,
    source: Source,
    requested: list[str] | None,
    choice: str,
) -> tuple[list[str], list[TaskTargets]]:
    """The names of all tasks that the dataset has, and those that are learned.

    Args:
        samples: The training images, before any are left out.
        requested, choice: See `choose_tasks`.

    Raises:
        ConfigError: See the functions below.
    """
    available = available_tasks(config, samples)
    labels = samples.labels | source.known_labels()
    names = choose_tasks(available, config, requested, choice)
    class_names = config.class_names or source.class_names()
    learned = [task_targets(name, available[name], config, class_names, labels) for name in names]
    return list(available), learned


def choose_tasks(
    available: dict[str, TaskConfig],
    config: DatasetConfig,
    requested: list[str] | None,
    choice: str,
) -> list[str]:
    """The names to learn: those asked for, else the dataset's defaults or the first of them.

    Raises:
        ConfigError: A name that the dataset does not have.
    """
    defaults = config.default_tasks or list(available)
    key, names = ("tasks", requested) if requested else ("dataset.default_tasks", defaults)
    if len(set(names)) != len(names):
        raise ConfigError(
            key, rule="must name no task twice", found=names, remedy="leave one of the two out"
        )
    for name in names:
        if name not in available:
            raise ConfigError(
                key,
                rule=f"must name tasks of dataset={config.name}, which are {', '.join(available)}",
                found=name,
                remedy=f"choose among them, or add dataset.tasks.{name}",
            )
    return names if requested or choice == "defaults" else names[:1]


def label_of(name: str, task: TaskConfig, labels: list[str]) -> str:
    """The label that a task reads: by its key, by its own name, or the main label.

    A class derived by groups, parity or threshold goes by a name of its own and is one of the main
    label's. A label as it is goes by its own name, unless there is but one.

    Raises:
        ConfigError: No such label, or several of which none is said to be the task's.
    """
    label = task.label or (name if name in labels else None)
    if label is None and (len(labels) == 1 or task.by != "label"):
        label = labels[0]
    if label not in labels:
        raise ConfigError(
            f"dataset.tasks.{name}.label",
            rule=f"must name a label of the data: {', '.join(labels)}",
            found=label or f"none, and no label is called {name}",
            remedy=f"for example dataset.tasks.{name}.label={labels[0]}",
        )
    return label


def task_targets(
    name: str,
    task: TaskConfig,
    config: DatasetConfig,
    class_names: list[str] | None,
    labels: Mapping[str, torch.Tensor],
) -> TaskTargets:
    """One task with its targets.

    Args:
        class_names: Of the main label, which is the first one; None: its numbers.
        labels: Per label the values that occur, in any order and any number of times: of the
            training images, validation included and before any were left out, and of all images
            where the source knows them.
    """
    label = label_of(name, task, list(labels))
    if task.kind == "regression":
        regression = _regression_task(name, task)
        return TaskTargets(regression, label, lambda labels: value_targets(labels, regression))
    _check_classification(name, task, label, labels[label])
    present = [int(value) for value in labels[label].unique()]
    num_labels = present[-1] + 1
    names = [str(value) for value in range(num_labels)]
    if label == next(iter(labels)):
        if class_names is not None:
            _check_class_names(class_names, num_labels)
            names = class_names
        present = present if config.classes is None else sorted(config.classes)
    label_names = {value: names[value] for value in present}
    classes = _classes(name, task, label_names, num_labels)
    derived, table = derive_task(name, classes, keeps_labels=task.by == "label")
    return TaskTargets(derived, label, lambda labels: class_targets(labels, table, name))


def _check_class_names(names: list[str], num_labels: int) -> None:
    if len(names) < num_labels:
        raise ConfigError(
            "dataset.class_names",
            rule=f"must name each of the {num_labels} labels",
            found=f"{len(names)} names",
            remedy="add the missing names, or set it to null",
        )
    if len(set(names)) != len(names):
        raise ConfigError(
            "dataset.class_names",
            rule="must give each label a name of its own",
            found=names,
            remedy="tell them apart, or set it to null",
        )


def _classes(
    name: str, task: TaskConfig, label_names: Mapping[int, str], num_labels: int
) -> Classes:
    key = f"dataset.tasks.{name}"
    match task.by:
        case "label":
            return label_classes(label_names)
        case "parity":
            return parity_classes(label_names)
        case "threshold":
            if task.at is None:
                raise ConfigError(
                    f"{key}.at",
                    rule="must be a label",
                    found=None,
                    remedy=f"for example {key}.at=5",
                )
            return threshold_classes(label_names, task.at)
        case "groups":
            return group_classes(label_names, task.groups, num_labels, f"{key}.groups")


def _check_classification(name: str, task: TaskConfig, label: str, values: torch.Tensor) -> None:
    remedy = f"set dataset.tasks.{name}.kind=regression"
    if values.is_floating_point():
        not_a_class = values[(values != values.floor()) | (values < 0)]
        raise ConfigError(
            f"dataset.tasks.{name}",
            rule=f"must read whole numbers of at least 0 from the label {label}",
            found=f"values such as {float(not_a_class[0]):g}",
            remedy=f"number the classes from 0, or {remedy}",
        )
    for key in REGRESSION_KEYS:
        if getattr(task, key) != getattr(TaskConfig(), key):
            raise ConfigError(
                f"dataset.tasks.{name}.{key}",
                rule="belongs to regression tasks",
                found="kind: classification",
                remedy=f"leave it out, or {remedy}",
            )


def _regression_task(name: str, task: TaskConfig) -> RegressionTask:
    key = f"dataset.tasks.{name}"
    if task.by != "label" or task.groups or task.at is not None:
        raise ConfigError(
            f"{key}.by",
            rule="derives classes, and this task is a regression",
            found=task.by,
            remedy="leave by, groups and at out",
        )
    limits = None if task.range is None else (task.range[0], task.range[1])
    if limits is not None and limits[0] >= limits[1]:
        raise ConfigError(
            f"{key}.range",
            rule="must hold the lowest and the highest value",
            found=task.range,
            remedy=f"for example '{key}.range=[0,1]'",
        )
    if task.activation == "softplus" and limits is not None and limits[0] < 0:
        raise ConfigError(
            f"{key}.activation",
            rule="softplus reaches from 0 upwards",
            found=f"range {task.range}",
            remedy="use sigmoid, which reaches over the range, or identity",
        )
    return RegressionTask(name, limits, task.activation, task.loss, task.huber_delta)
