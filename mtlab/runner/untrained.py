"""Classes and heads that no training image reaches, told before training begins."""

from collections.abc import Iterator

import torch

from mtlab.config.model import LayeredKeys
from mtlab.config.run import RunConfig
from mtlab.data.dataset import Dataset
from mtlab.data.tasks import ClassificationTask, is_labelled
from mtlab.errors import listed


def classes_without_images(dataset: Dataset) -> Iterator[str]:
    """A line per task with classes that no training image has; other splits may have them."""
    for task in dataset.tasks:
        if not isinstance(task, ClassificationTask):
            continue
        targets = dataset.train.targets[task.name]
        counts = torch.bincount(targets[is_labelled(targets)], minlength=task.num_classes)
        missing = [task.class_names[index] for index in (counts == 0).nonzero().flatten().tolist()]
        if missing:
            yield (
                f"task {task.name}: no training image has the classes {listed(missing)}, which"
                " cannot be learned; keep more images, or leave the classes out"
            )


def tasks_with_gaps(dataset: Dataset) -> Iterator[str]:
    """A line per task that some images have no label for."""
    train, val = dataset.train, dataset.val
    for task in dataset.tasks:
        num_train, num_val = train.num_labelled(task.name), val.num_labelled(task.name)
        if num_train < len(train) or num_val < len(val):
            yield (
                f"task {task.name}: labels for {num_train:,} of {len(train):,} training and"
                f" {num_val:,} of {len(val):,} validation images; the others take no part in its"
                " loss and its metrics"
            )


def heads_without_tasks(config: RunConfig, dataset: Dataset) -> Iterator[str]:
    """A line on heads of the model file whose tasks the run does not learn.

    Args:
        config: As it was typed: whoever names the tasks leaves heads out on purpose.
    """
    if config.tasks or not isinstance(config.model, LayeredKeys):
        return
    learned = [task.name for task in dataset.tasks]
    idle = [name for name in config.model.heads if name not in learned]
    if idle:
        wanted = [name for name in dataset.available_tasks if name in {*learned, *idle}]
        yield (
            f"model.heads: {listed(idle)} belong to no task of this run; name the tasks by"
            f" 'tasks=[{','.join(wanted)}]'"
        )
