"""What can be trained and yet is hardly meant: told in a line each before training begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from mtlab.config.model import LayeredConfig
from mtlab.config.schema import RunConfig
from mtlab.data.dataset import Dataset
from mtlab.data.tasks import ClassificationTask

MOST_NAMES = 10
"""Classes named in a line; of more the rest is counted."""


def cautions(config: RunConfig, dataset: Dataset) -> Iterator[str]:
    """One line for each."""
    yield from _classes_without_images(dataset)
    yield from _heads_without_tasks(config, dataset)


def _classes_without_images(dataset: Dataset) -> Iterator[str]:
    """Classes that no training image has; validation and test may have them."""
    for task in dataset.tasks:
        if not isinstance(task, ClassificationTask):
            continue
        counts = torch.bincount(dataset.train.targets[task.name], minlength=task.num_classes)
        missing = [task.class_names[index] for index in (counts == 0).nonzero().flatten().tolist()]
        if missing:
            yield (
                f"task {task.name}: no training image has the classes {_listed(missing)}, which"
                " cannot be learned; keep more images, or leave the classes out"
            )


def _heads_without_tasks(config: RunConfig, dataset: Dataset) -> Iterator[str]:
    """Heads of the model file that nobody asked to leave out."""
    if config.tasks or not isinstance(config.model, LayeredConfig):
        return
    learned = [task.name for task in dataset.tasks]
    idle = [name for name in config.model.heads if name not in learned]
    if idle:
        wanted = [name for name in dataset.available_tasks if name in {*learned, *idle}]
        yield (
            f"model.heads: {_listed(idle)} belong to no task of this run; name the tasks by"
            f" 'tasks=[{','.join(wanted)}]'"
        )


def _listed(names: Sequence[str]) -> str:
    text = ", ".join(names[:MOST_NAMES])
    return f"{text} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else text
