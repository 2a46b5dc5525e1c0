"""From `dataset.tasks` to tasks, and to the targets of any split."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch

from mtlab.config.dataset import DatasetConfig, TaskConfig
from mtlab.data.source import LabelledImages, Source
from mtlab.data.tasks import (
    ClassificationTask,
    RegressionTask,
    Task,
    class_targets,
    is_labelled,
    value_targets,
)
from mtlab.errors import ConfigError

RESERVED_TASK_NAMES = ("loss", "epoch", "seconds")

Classes = dict[str, list[int]]
"""Class names in target order, each with its labels."""


@dataclass(frozen=True)
class TaskTargets:
    """A task, the label it reads, and how that label becomes its target."""

    task: Task
    label: str
    of_labels: Callable[[torch.Tensor], torch.Tensor]

    def __call__(self, samples: LabelledImages) -> torch.Tensor:
        """The targets `(num_samples,)`."""
        return self.of_labels(samples.labels[self.label])


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
        requested: Names; None leaves the choice to `choice`: the dataset's `defaults`, or the
            `first` of them.
    """
    available = available_tasks(config, samples)
    labels = samples.labels | source.known_labels()
    names = choose_tasks(available, config, requested, choice)
    names_of = source.class_names()
    if config.class_names is not None:
        names_of[samples.main_label_name] = config.class_names
    learned = []
    for name in names:
        class_names = names_of.get(label_of(name, available[name], list(labels)))
        learned.append(task_targets(name, available[name], config, class_names, labels))
    return list(available), learned


def available_tasks(config: DatasetConfig, samples: LabelledImages) -> dict[str, TaskConfig]:
    """`dataset.tasks`, or one task per label where it is empty."""
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


def markers_of(config: DatasetConfig) -> dict[str, float | str]:
    """By label, what stands for one that is not there, as its tasks say."""
    markers: dict[str, float | str] = {}
    for name, task in config.tasks.items():
        if task.missing is not None:
            label = task.label or name
            if markers.setdefault(label, task.missing) != task.missing:
                raise ConfigError(
                    f"dataset.tasks.{name}.missing",
                    rule=f"must be the same for every task of the label {label}",
                    found=f"{task.missing} and {markers[label]}",
                    remedy="choose one of them",
                )
    return markers


def _kind_of(label: torch.Tensor, name: str) -> Literal["classification", "regression"]:
    """Whole numbers from 0 are classes, fractions are values; anything else has to be told."""
    if not label.is_floating_point():
        return "classification"
    if bool((label == label.floor()).all()):
        low = float(label.min())
        raise ConfigError(
            f"label {name}",
            rule="numbers its classes from 0, or is said to be a number",
            found=f"whole numbers down to {low:g}",
            remedy=f"shift the labels, or set dataset.tasks.{name}.kind=regression, or"
            f" dataset.tasks.{name}.missing={low:g} where it means that there is no label",
        )
    return "regression"


def choose_tasks(
    available: dict[str, TaskConfig],
    config: DatasetConfig,
    requested: list[str] | None,
    choice: str,
) -> list[str]:
    """The names to learn, see `learn_tasks`."""
    names = requested or config.default_tasks or list(available)
    for name in names:
        if name not in available:
            raise ConfigError(
                "tasks" if requested else "dataset.default_tasks",
                rule=f"must name tasks of dataset={config.name}, which are {', '.join(available)}",
                found=name,
                remedy=f"choose among them, or add dataset.tasks.{name}",
            )
    return names if requested or choice == "defaults" else names[:1]


def label_of(name: str, task: TaskConfig, labels: list[str]) -> str:
    """The label that a task reads: by its key, by its own name, or the main label.

    A class derived by groups, parity or threshold goes by a name of its own and is one of the main
    label's. A label as it is goes by its own name, unless there is but one.
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
        class_names: Of the label that the task reads; None: its numbers.
        labels: Per label the values that occur, in any order and any number of times: among the
            training images before any were left out, or among all where the source knows them.
    """
    label = label_of(name, task, list(labels))
    if task.kind == "regression":
        limits = None if task.range is None else (task.range[0], task.range[1])
        regression = RegressionTask(
            name, limits, task.activation, task.loss, task.huber_delta, task.missing is not None
        )
        return TaskTargets(regression, label, lambda labels: value_targets(labels, regression))
    label_names = _label_names(name, label, config, class_names, labels)
    num_labels = int(labels[label].max()) + 1
    # Classes without a label that occurs are left out.
    classes = {
        class_name: kept
        for class_name, listed in classes_of(name, task, label_names, num_labels).items()
        if (kept := [value for value in listed if value in label_names])
    }
    target_of = {value: target for target, kept in enumerate(classes.values()) for value in kept}
    if len(classes) < 2:
        raise ConfigError(
            f"dataset.tasks.{name}",
            rule="must tell at least two classes apart",
            found=f"only {', '.join(classes) or 'none'} among the labels {sorted(target_of)}",
            remedy="leave the task out of `tasks`, or keep more labels by dataset.classes",
        )
    kept_labels = tuple(target_of) if task.by == "label" else ()
    has_gaps = task.missing is not None
    derived = ClassificationTask(name, tuple(classes), kept_labels, has_gaps)
    of_labels = partial(class_targets, target_of=target_of, task=name, may_lack=has_gaps)
    return TaskTargets(derived, label, of_labels)


def _label_names(
    name: str,
    label: str,
    config: DatasetConfig,
    class_names: list[str] | None,
    labels: Mapping[str, torch.Tensor],
) -> dict[int, str]:
    """The values of a label that are classes, ascending, with their names."""
    values = labels[label]
    if values.is_floating_point():
        not_a_class = values[(values != values.floor()) | (values < 0)]
        found = float(not_a_class[0])
        raise ConfigError(
            f"dataset.tasks.{name}",
            rule=f"must read whole numbers of at least 0 from the label {label}",
            found=f"values such as {found:g}",
            remedy=f"number the classes from 0, or set dataset.tasks.{name}.kind=regression, or"
            f" dataset.tasks.{name}.missing={found:g} where it means that there is no label",
        )
    present = [int(value) for value in values[is_labelled(values)].unique()]
    if class_names is not None and present and len(class_names) <= present[-1]:
        raise ConfigError(
            "dataset.class_names",
            rule=f"must name each of the {present[-1] + 1} labels",
            found=f"{len(class_names)} names",
            remedy="add the missing names, or set it to null",
        )
    # `dataset.classes` chooses by the main label, which is the first one.
    has_choice = config.classes is not None and label == next(iter(labels))
    return {
        value: str(value) if class_names is None else class_names[value]
        for value in (sorted(config.classes or ()) if has_choice else present)
    }


def classes_of(
    name: str, task: TaskConfig, label_names: Mapping[int, str], num_labels: int
) -> Classes:
    """The classes that a task makes of labels.

    Args:
        label_names: Of the labels that are kept.
        num_labels: How many label values the dataset has, whether or not they were all kept.
    """
    match task.by:
        case "label":
            return {class_name: [label] for label, class_name in label_names.items()}
        case "parity":
            odd = [label for label in label_names if label % 2]
            return {"even": sorted(set(label_names) - set(odd)), "odd": odd}
        case "threshold":
            at = task.at or 0
            below = [label for label in label_names if label < at]
            return {f"below {at}": below, f"{at} and above": sorted(set(label_names) - set(below))}
    grouped = {label for labels in task.groups.values() for label in labels}
    strangers = sorted(grouped - set(range(num_labels)))
    missing = [f"{value} ({name})" for value, name in label_names.items() if value not in grouped]
    if strangers or missing:
        raise ConfigError(
            f"dataset.tasks.{name}.groups",
            rule=f"must put every label in a group, from 0 to {num_labels - 1}",
            found=f"also {strangers}" if strangers else f"none for {', '.join(missing)}",
            remedy="mend the groups, or leave labels out by dataset.classes",
        )
    return task.groups
