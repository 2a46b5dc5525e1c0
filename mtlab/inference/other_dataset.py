"""Another dataset than a run was trained on, with the run's tasks, to measure the run on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from mtlab.config.dataset import DatasetConfig
from mtlab.data.build import build_dataset
from mtlab.data.dataset import Dataset, Split
from mtlab.data.tasks import ClassificationTask, Task
from mtlab.errors import DataError
from mtlab.inference.loading import LoadedRun


def other_dataset(run: LoadedRun, config: DatasetConfig, seed: int) -> Dataset:
    """Another dataset with the run's tasks, its pixels treated as the run's were.

    Args:
        seed: Divides it into train and val.

    Raises:
        ConfigError: It lacks one of the tasks.
        DataError: Images of another size, or classes that the run does not know.
    """
    names = [task.name for task in run.tasks]
    choice = run.config.model.task_choice
    dataset = build_dataset(config, names, choice, seed, run.pixel_statistics)
    if dataset.image_shape != run.image_shape:
        raise DataError(
            f"dataset={dataset.name}",
            rule=f"must have images of {_size(run.image_shape)}, as the run was trained on",
            found=_size(dataset.image_shape),
            remedy="resize them",
        )
    pairs = list(zip(dataset.tasks, run.tasks, strict=True))
    return replace(
        dataset,
        tasks=run.tasks,
        train=_renumbered(dataset.train, pairs),
        val=_renumbered(dataset.val, pairs),
        load_test=lambda: _renumbered(dataset.load_test(), pairs),
    )


def _renumbered(split: Split, pairs: Sequence[tuple[Task, Task]]) -> Split:
    """Targets in the run's numbers for the same class names."""
    targets = {}
    for found, wanted in pairs:
        of_task = split.targets[wanted.name]
        if isinstance(found, ClassificationTask) and isinstance(wanted, ClassificationTask):
            of_task = torch.tensor(_numbers(found, wanted))[of_task]
        elif type(found) is not type(wanted):
            raise DataError(
                f"task {wanted.name}",
                rule=f"must be a {_kind(wanted)}, as the run learned it",
                found=_kind(found),
                remedy=f"set dataset.tasks.{wanted.name}.kind",
            )
        targets[wanted.name] = of_task
    return Split(split.images, targets)


def _numbers(found: ClassificationTask, wanted: ClassificationTask) -> list[int]:
    """For each class of the other dataset its number in the run's task.

    Bare numbers, which a dataset without names has, are the run's labels.
    """
    names = list(found.class_names)
    if not set(names) <= set(wanted.class_names) and all(name.isdigit() for name in names):
        name_of = dict(zip(wanted.labels, wanted.class_names, strict=True))
        names = [name_of.get(int(name), name) for name in names]
    strangers = [name for name in names if name not in wanted.class_names]
    if strangers:
        raise DataError(
            f"task {wanted.name}",
            rule=f"must have classes that the run knows: {', '.join(wanted.class_names)}",
            found=", ".join(strangers),
            remedy="leave them out by dataset.classes, or name them by dataset.class_names",
        )
    return [wanted.class_names.index(name) for name in names]


def _size(image_shape: tuple[int, int, int]) -> str:
    channels, height, width = image_shape
    return f"{height}x{width} pixels in {channels} channels"


def _kind(task: Task) -> str:
    return "classification" if isinstance(task, ClassificationTask) else "regression"
