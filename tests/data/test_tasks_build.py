"""From the keys of `dataset.tasks` to targets, for classification and regression."""

from typing import Any

import pytest
import torch

from mtlab.config.dataset import NpzConfig, TaskConfig
from mtlab.data.source import LabelledImages
from mtlab.data.tasks import ClassificationTask, RegressionTask
from mtlab.data.tasks_build import TaskTargets, available_tasks, choose_tasks, task_targets
from mtlab.errors import ConfigError, DataError

SAMPLES = LabelledImages(
    torch.zeros(4, 1, 2, 2),
    {"a": torch.tensor([0, 1, 2, 1]), "c": torch.tensor([0.0, 0.25, 0.5, 1.0])},
)
NPZ_KEYS: dict[str, Any] = {
    "name": "npz",
    "source": "npz",
    "normalisation": "unit",
    "val_fraction": 0.5,
    "limit": None,
    "classes": None,
    "class_names": None,
    "tasks": {},
    "default_tasks": None,
    "path": "x.npz",
    "images": "X",
    "labels": None,
    "label_names": None,
    "test_fraction": 0.5,
    "stratify_by": None,
}


def dataset_config(**changes: object) -> NpzConfig:
    return NpzConfig(**(NPZ_KEYS | changes))


def targets_of(name: str, task: TaskConfig) -> TaskTargets:
    return task_targets(name, task, dataset_config(tasks={name: task}), None, SAMPLES.labels)


def regression(**keys: object) -> TaskConfig:
    return TaskConfig(kind="regression", **keys)


def test_without_tasks_whole_labels_are_classes_and_fractions_are_values():
    tasks = available_tasks(dataset_config(), SAMPLES)
    assert [tasks[name].kind for name in ("a", "c")] == ["classification", "regression"]
    assert choose_tasks(tasks, dataset_config(), None, "defaults") == ["a", "c"]


def test_labels_below_zero_are_not_taken_for_values_in_silence():
    samples = LabelledImages(SAMPLES.images, {"side": torch.tensor([-1.0, 1.0, 1.0, -1.0])})
    with pytest.raises(ConfigError, match=r"dataset\.tasks.side.kind=regression"):
        available_tasks(dataset_config(), samples)


def test_a_task_reads_the_label_of_its_own_name_before_the_first():
    targets = targets_of("c", regression(range=[0, 1]))
    assert targets.task == RegressionTask("c", (0.0, 1.0))
    assert targets(SAMPLES).tolist() == [0.0, 0.25, 0.5, 1.0]
    assert targets(SAMPLES).dtype == torch.float32


def test_whole_labels_can_be_values_too():
    targets = targets_of("count", regression(label="a", activation="softplus"))
    assert targets(SAMPLES).tolist() == [0.0, 1.0, 2.0, 1.0]


def test_a_target_outside_the_range_is_an_error():
    with pytest.raises(DataError, match=r"tasks\.c\.range.*\[0, 0\.4\].*2 outside"):
        targets_of("c", regression(range=[0, 0.4]))(SAMPLES)


@pytest.mark.parametrize(
    ("activation", "values", "message"),
    [
        ("sigmoid", [0.5, 40.0], r"sigmoid .*from 0 to 1; found 1 .*as 40; .*range"),
        ("sigmoid", [-0.5, 0.5], r"such as -0\.5"),
        ("softplus", [-2.0, 3.0], r"softplus .*from 0; found 1 .*as -2"),
    ],
)
def test_a_target_that_the_activation_cannot_reach_is_an_error(
    activation: str, values: list[float], message: str
):
    targets = targets_of("c", regression(activation=activation))
    with pytest.raises(DataError, match=rf"tasks\.c\.activation.*{message}"):
        targets(LabelledImages(torch.zeros(2, 1, 2, 2), {"c": torch.tensor(values)}))


def test_a_target_that_the_activation_reaches_is_none():
    for activation in ("identity", "sigmoid", "softplus"):
        assert len(targets_of("c", regression(activation=activation))(SAMPLES)) == 4


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (regression(label="c", by="parity"), r"tasks\.t\.by"),
        (
            regression(label="c", range=[-1, 1], activation="softplus"),
            r"tasks\.t\.activation.*use sigmoid",
        ),
        (TaskConfig(label="c"), r"whole numbers.*such as 0\.25.*kind=regression"),
        (TaskConfig(label="a", range=[0, 1]), r"tasks\.t\.range.*belongs to regression"),
        (TaskConfig(label="z"), r"tasks\.t\.label.*a, c"),
    ],
)
def test_keys_that_do_not_fit_are_named(task: TaskConfig, message: str):
    with pytest.raises(ConfigError, match=message):
        targets_of("t", task)


def test_classes_stay_as_they_were():
    targets = targets_of("odd", TaskConfig(label="a", by="parity"))
    assert targets.task == ClassificationTask("odd", ("even", "odd"))
    assert targets(SAMPLES).tolist() == [0, 1, 0, 1]


def test_a_task_that_no_label_is_named_after_does_not_learn_another():
    for task in (TaskConfig(), regression()):
        with pytest.raises(ConfigError) as caught:
            targets_of("angel", task)
        assert str(caught.value) == (
            "dataset.tasks.angel.label: must name a label of the data: a, c; found none, and no"
            " label is called angel; for example dataset.tasks.angel.label=a"
        )


def test_the_only_label_is_read_by_any_name_and_the_first_by_what_is_derived_from_it():
    only = {"y": torch.tensor([0, 1, 2, 1])}
    of_only = task_targets("digit", TaskConfig(), dataset_config(), None, only)
    assert of_only.label == "y"
    for task in (
        TaskConfig(by="parity"),
        TaskConfig(by="threshold", at=1),
        TaskConfig(by="groups", groups={"low": [0], "high": [1, 2]}),
    ):
        assert targets_of("derived", task).label == "a"
