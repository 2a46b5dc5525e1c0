"""From `dataset.*` keys to splits in memory."""

from __future__ import annotations

import pytest
import torch
from conftest import composed

from mtlab.config.compose import to_run_config
from mtlab.data.build import build_dataset
from mtlab.data.dataset import Dataset
from mtlab.data.digits import Digits
from mtlab.errors import ConfigError, MtlabError


def build(*overrides: str, seed: int = 0, choice: str = "defaults") -> Dataset:
    config = to_run_config(composed(*overrides))
    return build_dataset(config.dataset, config.tasks, choice, seed)


def test_tasks_are_the_requested_ones_else_the_defaults_else_the_first() -> None:
    assert [task.name for task in build().tasks] == ["digit", "parity"]
    assert [task.name for task in build(choice="first").tasks] == ["digit"]
    assert [task.name for task in build("tasks=[threshold,digit]").tasks] == ["threshold", "digit"]


def test_validation_is_a_tenth_and_every_target_fits_its_image() -> None:
    dataset = build()
    assert (len(dataset.train), len(dataset.val)) == (1294, 144)
    digit, parity = dataset.train.targets["digit"], dataset.train.targets["parity"]
    assert torch.equal(digit % 2, parity)


def test_the_test_split_is_not_read_before_it_is_asked_for(monkeypatch) -> None:
    def forbidden(_self):
        raise AssertionError("the test split was read")

    original = Digits.test
    monkeypatch.setattr(Digits, "test", forbidden)
    dataset = build()
    with pytest.raises(AssertionError):
        dataset.load_test()
    monkeypatch.setattr(Digits, "test", original)
    assert len(dataset.load_test()) == 359


def test_statistics_come_from_the_training_images_without_validation() -> None:
    dataset = build("dataset.normalisation=standard")
    assert abs(float(dataset.train.images.mean())) < 1e-5
    assert abs(float(dataset.val.images.mean())) > 1e-5


def test_chosen_classes_are_renumbered_and_keep_their_names() -> None:
    dataset = build("dataset.classes=[3,8]", "tasks=[digit,parity]")
    assert [task.class_names for task in dataset.tasks] == [("3", "8"), ("even", "odd")]
    assert [task.labels for task in dataset.tasks] == [(3, 8), (0, 1)]
    assert set(dataset.train.targets["digit"].tolist()) == {0, 1}
    # 3 is odd, 8 is even.
    assert torch.equal(dataset.train.targets["digit"], 1 - dataset.train.targets["parity"])
    assert len(dataset.load_test()) == 72


def test_limit_holds_for_train_with_validation_and_for_test() -> None:
    dataset = build("dataset.limit=100")
    assert (len(dataset.train), len(dataset.val), len(dataset.load_test())) == (90, 10, 100)
    assert dataset.train.targets["digit"].bincount().min() >= 8


def test_limit_keeps_the_same_test_images_for_every_seed() -> None:
    first, second = (build("dataset.limit=100", seed=seed) for seed in (1, 2))
    assert torch.equal(first.load_test().images, second.load_test().images)
    assert first.digest_test() == second.digest_test()
    assert not torch.equal(first.train.images, second.train.images)


def test_a_limit_that_drops_classes_keeps_the_task_whole() -> None:
    assert build("dataset.limit=5", "tasks=[digit]").tasks[0].num_classes == 10


@pytest.mark.parametrize("seeds", [(1, 1, True), (1, 2, False)])
def test_the_seed_decides_the_validation_split(seeds: tuple[int, int, bool]) -> None:
    first, second, same = seeds
    one, other = build(seed=first).val.images, build(seed=second).val.images
    assert torch.equal(one, other) is same


def test_a_task_is_added_in_yaml_alone() -> None:
    dataset = build(
        "++dataset.tasks.holes={by: groups, groups: {none: [1,2,3,5,7], some: [0,4,6,8,9]}}",
        "tasks=[holes]",
    )
    assert dataset.tasks[0].class_names == ("none", "some")


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (["tasks=[colour]"], "tasks: must name tasks of dataset=digits, which are digit, parity"),
        (["dataset.classes=[0,11]"], r"which are 0 to 9; found \[11\]"),
        (["dataset.limit=1"], "dataset.limit: must leave at least two"),
        (["dataset.classes=[1,3]", "tasks=[parity]"], "only odd"),
        (["++dataset.tasks.t={by: threshold}", "tasks=[t]"], "t.at: must be a label"),
        (["++dataset.tasks.t={by: label, label: hue}", "tasks=[t]"], "t.label: must name a label"),
        (["++dataset.tasks.loss={by: label}"], "none of loss"),
        (
            ["++dataset.tasks.v={kind: regression, huber_delta: 0}"],
            "dataset.tasks.v.huber_delta: must be a number above 0",
        ),
        (
            ["++dataset.tasks.v={kind: regression, range: [0]}"],
            "dataset.tasks.v.range: must be a list of two numbers",
        ),
        (
            ["++dataset.tasks.v={kind: regression, range: [1, 0]}"],
            "dataset.tasks.v.range: must be a list of two numbers, the lowest and the highest",
        ),
        (
            ["++dataset.tasks.t={by: groups, groups: {a: [0, 1], b: [1, 2]}}"],
            "dataset.tasks.t.groups: must put every label in one group; found label 1 in a and b",
        ),
        (["dataset.class_names=[a,b]"], "each of the 10 labels; found 2 names"),
        (["dataset=npz", "dataset.path=/nowhere.npz"], "/nowhere.npz, which is not a file"),
    ],
)
def test_what_does_not_fit_is_named(overrides: list[str], complaint: str) -> None:
    with pytest.raises(MtlabError, match=complaint):
        build(*overrides)


def test_a_threshold_beyond_every_label_leaves_one_class() -> None:
    with pytest.raises(ConfigError, match="only below 40"):
        build("++dataset.tasks.t={by: threshold, at: 40}", "tasks=[t]")


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("dataset.default_tasks=[digit,digit]", "tasks, none twice"),
        ("dataset.class_names=[a,a,b,c,d,e,f,g,h,i]", "a name of its own"),
    ],
)
def test_names_must_differ(override: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        build(override)


def test_few_shapes_have_all_classes() -> None:
    dataset = build("dataset=shapes", "dataset.num_images=12", "mtl=weights")
    assert [task.num_classes for task in dataset.tasks[:2]] == [10, 32]
    assert len(dataset.load_test()) == 2


def test_a_single_test_image_is_enough() -> None:
    assert len(build("dataset.limit=2").load_test()) == 2
