"""Targets from labels."""

from __future__ import annotations

import pytest
import torch
from test_tasks_build import dataset_config

from mtlab.config.dataset import TaskConfig
from mtlab.data.source import LabelledImages
from mtlab.data.tasks import class_targets
from mtlab.data.tasks_build import TaskTargets, task_targets
from mtlab.errors import ConfigError

NO_IMAGES = torch.zeros(0, 1, 2, 2)
GROUPS = {"shoes": [5, 7, 9], "gendered": [3, 6, 8], "unisex": [0, 1, 2, 4]}


def derive(class_names=None, num_labels: int = 10, classes=None, **keys: object) -> TaskTargets:
    """A task of labels from 0."""
    task = TaskConfig(**keys)
    config = dataset_config(tasks={"task": task}, classes=classes)
    return task_targets("task", task, config, class_names, {"y": torch.arange(num_labels)})


def targets(derived: TaskTargets, labels: list[int]) -> list[int]:
    return derived(LabelledImages(NO_IMAGES, {"y": torch.tensor(labels)})).tolist()


def test_a_label_as_it_is_keeps_its_names() -> None:
    derived = derive(["a", "b", "c", "dress", "e", "f", "g", "sneaker"], 8, classes=[3, 7])
    assert derived.task.class_names == ("dress", "sneaker")
    assert derived.task.labels == (3, 7)
    assert targets(derived, [7, 3, 3]) == [1, 0, 0]


def test_parity_and_threshold() -> None:
    derived = derive(by="parity")
    assert derived.task.class_names == ("even", "odd")
    assert targets(derived, list(range(10))) == [0, 1] * 5
    derived = derive(by="threshold", at=5)
    assert derived.task.class_names == ("below 5", "5 and above")
    assert targets(derived, list(range(10))) == [0] * 5 + [1] * 5


def test_groups_are_numbered_in_the_order_they_are_listed() -> None:
    derived = derive(by="groups", groups=GROUPS)
    assert derived.task.class_names == ("shoes", "gendered", "unisex")
    assert derived.task.labels == (0, 1, 2)
    assert targets(derived, [9, 8, 4]) == [0, 1, 2]


def test_groups_without_a_kept_label_are_dropped() -> None:
    derived = derive(by="groups", groups=GROUPS, classes=[3, 5])
    assert derived.task.class_names == ("shoes", "gendered")


@pytest.mark.parametrize(
    ("groups", "complaint"),
    [
        ({"a": [0, 1], "b": [1, 2]}, "label 1 in a and b"),
        ({"a": [0, 0, 1], "b": [2]}, "label 0 in a and a"),
        ({"a": [0], "b": [1]}, r"found none for 2 \(two\)"),
        ({"a": [0, 1], "b": [2, 3]}, r"from 0 to 2; found also \[3\]"),
    ],
)
def test_a_label_in_no_group_or_two_is_named(groups, complaint) -> None:
    with pytest.raises(ConfigError, match=complaint):
        derive(["0", "1", "two"], 3, by="groups", groups=groups)


def test_a_task_with_one_class_left_is_refused() -> None:
    with pytest.raises(ConfigError, match="only odd among the labels"):
        derive(by="parity", classes=[1, 3])


def test_a_label_that_training_never_saw_is_named() -> None:
    with pytest.raises(ConfigError, match="found label 4"):
        class_targets(torch.tensor([0, 4]), {0: 0, 1: 1}, "task")
