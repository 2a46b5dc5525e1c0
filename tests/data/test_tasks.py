"""Targets from labels."""

from __future__ import annotations

import pytest
import torch

from mtlab.data.tasks import (
    class_targets,
    derive_task,
    group_classes,
    label_classes,
    parity_classes,
    threshold_classes,
)
from mtlab.errors import ConfigError

DIGITS = {label: str(label) for label in range(10)}
GROUPS = {"shoes": [5, 7, 9], "gendered": [3, 6, 8], "unisex": [0, 1, 2, 4]}


def derive(classes):
    return derive_task("task", classes)


def test_a_label_as_it_is_keeps_its_names() -> None:
    task, table = derive_task("task", label_classes({3: "dress", 7: "sneaker"}), keeps_labels=True)
    assert task.class_names == ("dress", "sneaker")
    assert task.labels == (3, 7)
    assert class_targets(torch.tensor([7, 3, 3]), table, "task").tolist() == [1, 0, 0]


def test_parity_and_threshold() -> None:
    task, table = derive(parity_classes(DIGITS))
    assert task.class_names == ("even", "odd")
    assert class_targets(torch.arange(10), table, "task").tolist() == [0, 1] * 5
    task, table = derive(threshold_classes(DIGITS, 5))
    assert task.class_names == ("below 5", "5 and above")
    assert class_targets(torch.arange(10), table, "task").tolist() == [0] * 5 + [1] * 5


def test_groups_are_numbered_in_the_order_they_are_listed() -> None:
    task, table = derive(group_classes(DIGITS, GROUPS, 10, "key"))
    assert task.class_names == ("shoes", "gendered", "unisex")
    assert task.labels == (0, 1, 2)
    assert class_targets(torch.tensor([9, 8, 4]), table, "task").tolist() == [0, 1, 2]


def test_groups_without_a_kept_label_are_dropped() -> None:
    task, _ = derive(group_classes({5: "5", 3: "3"}, GROUPS, 10, "key"))
    assert task.class_names == ("shoes", "gendered")


@pytest.mark.parametrize(
    ("groups", "complaint"),
    [
        ({"a": [0, 1], "b": [1, 2]}, "label 1 in a and b"),
        ({"a": [0, 0, 1], "b": [2]}, "label 0 twice in a"),
        ({"a": [0], "b": [1]}, r"label 2 \(two\) in none"),
        ({"a": [0, 1], "b": [2, 3]}, "labels from 0 to 2; found label 3 in b"),
    ],
)
def test_a_label_in_no_group_or_two_is_named(groups, complaint) -> None:
    names = {0: "0", 1: "1", 2: "two"}
    with pytest.raises(ConfigError, match=complaint):
        group_classes(names, groups, 3, "dataset.tasks.t.groups")


def test_a_task_with_one_class_left_is_refused() -> None:
    with pytest.raises(ConfigError, match="only odd among the labels"):
        derive(parity_classes({1: "1", 3: "3"}))


def test_a_label_that_training_never_saw_is_named() -> None:
    _, table = derive(label_classes({0: "0", 1: "1"}))
    with pytest.raises(ConfigError, match="found label 4"):
        class_targets(torch.tensor([0, 4]), table, "task")
