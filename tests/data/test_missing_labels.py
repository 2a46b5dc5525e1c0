"""Labels that some images lack: how arrays say it, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_tasks_build import dataset_config

from mtlab.config.base import read_keys
from mtlab.config.dataset import TaskConfig
from mtlab.data.build import build_dataset
from mtlab.data.dataset import Dataset
from mtlab.errors import ConfigError, DataError

NAN = float("nan")


def built(folder: Path, tasks: dict[str, dict[str, Any]], **arrays: Any) -> Dataset:
    """Of twenty images with these label arrays."""
    path = folder / "x.npz"
    np.savez(path, X=np.random.default_rng(0).random((20, 4, 4)), **arrays)
    config = dataset_config(
        path=str(path), tasks={name: read_keys(TaskConfig, keys) for name, keys in tasks.items()}
    )
    return build_dataset(config, None, "defaults", 0)


def every_target(dataset: Dataset, task: str) -> list[float]:
    splits = (dataset.train, dataset.val, dataset.load_test())
    return sorted(torch.cat([split.targets[task] for split in splits]).tolist())


@pytest.mark.parametrize("marker", [-1, 255])
def test_a_class_that_is_not_there_is_minus_one(marker: int, tmp_path: Path) -> None:
    y = np.array([marker, 3, 5, 3] * 5)
    dataset = built(tmp_path, {"digit": {"missing": marker}}, y=y)
    (task,) = dataset.tasks
    assert task.has_gaps
    assert every_target(dataset, "digit") == [-1] * 5 + [0] * 10 + [1] * 5


@pytest.mark.parametrize("marker", ["nan", NAN])
def test_a_value_that_is_not_there_is_nan(marker: object, tmp_path: Path) -> None:
    tasks = {"c": {"kind": "regression", "range": [0, 1], "missing": marker}, "k": {}}
    c = np.array([NAN, 0.25, 0.5, NAN] * 5)
    dataset = built(tmp_path, tasks, c=c, k=np.arange(20) % 2)
    targets = dataset.train.targets["c"]
    assert targets.isnan().any() and targets.nan_to_num(0.25).unique().tolist() == [0.25, 0.5]
    assert dataset.train.num_labelled("c") == int((~targets.isnan()).sum())
    assert len(dataset.train.only_labelled("c")) == dataset.train.num_labelled("c")


def test_values_may_write_it_as_a_number(tmp_path: Path) -> None:
    tasks = {"age": {"kind": "regression", "missing": -1}}
    dataset = built(tmp_path, tasks, age=np.array([-1, 20, 30, 41] * 5))
    assert dataset.train.targets["age"].isnan().any()
    assert dataset.train.targets["age"].nan_to_num(20).min() == 20


def test_samples_without_the_label_are_a_stratum_of_their_own(tmp_path: Path) -> None:
    """Half of all images have no label; so it is in every split."""
    dataset = built(tmp_path, {"y": {"missing": -1}}, y=np.array([-1, 0, -1, 1] * 5))
    for split in (dataset.train, dataset.val, dataset.load_test()):
        assert split.num_labelled("y") * 2 == pytest.approx(len(split), abs=1)


@pytest.mark.parametrize(
    ("tasks", "complaint"),
    [
        ({"a": {}}, r"tasks\.a: must read whole numbers.*tasks\.a\.missing=-1 where it means"),
        ({}, r"label a: numbers its classes from 0.*tasks\.a\.missing=-1 where it means"),
        (
            {"a": {"missing": -1}, "odd": {"by": "parity", "label": "a"}},
            r"tasks\.odd\.missing: must say how.*of \d+ samples without one; .*missing=-1",
        ),
        (
            {"a": {"missing": -1}, "odd": {"by": "parity", "label": "a", "missing": 9}},
            r"tasks\.odd\.missing: must be the same for every task of the label a; found 9",
        ),
    ],
)
def test_gaps_that_nobody_speaks_of_are_a_mistake(
    tasks: dict[str, dict[str, Any]], complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        built(tmp_path, tasks, a=np.array([-1, 0, 1, 2] * 5), other=np.arange(20) % 2)


def test_nan_is_refused_where_no_task_says_that_it_is_missing(tmp_path: Path) -> None:
    c = np.array([NAN, 0.25, 0.5, NAN] * 5)
    with pytest.raises(DataError, match=r"finite numbers.*dataset\.tasks\.TASK\.missing=nan"):
        built(tmp_path, {"c": {"kind": "regression"}}, c=c)


def test_a_split_without_any_label_is_refused(tmp_path: Path) -> None:
    b = np.full(20, -1)
    b[:2] = [0, 1]
    with pytest.raises(DataError, match=r"task b: must have a label for some (train|valid)"):
        built(tmp_path, {"a": {}, "b": {"missing": -1}}, a=np.arange(20) % 2, b=b)
