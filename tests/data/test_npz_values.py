"""A user's arrays with classes and values side by side."""

from pathlib import Path

import numpy as np
import pytest
import torch
from test_tasks_build import NPZ_KEYS

from mtlab.config.dataset import NpzConfig, TaskConfig
from mtlab.data.build import build_dataset
from mtlab.data.dataset import Dataset, PixelStatistics
from mtlab.data.splits import strata_of
from mtlab.data.tasks import ClassificationTask, RegressionTask
from mtlab.errors import ConfigError, DataError

NUM_SAMPLES = 200


def study_arrays() -> dict[str, np.ndarray]:
    """X (N, 8, 8) in [0, 1] and y (N, 3), as the three-target study has them."""
    draw = np.random.default_rng(0)
    targets = np.stack(
        [
            np.arange(NUM_SAMPLES) % 4,
            draw.permutation(np.arange(NUM_SAMPLES) % 5),
            draw.random(NUM_SAMPLES),
        ],
        axis=1,
    )
    return {"X": draw.random((NUM_SAMPLES, 8, 8), dtype=np.float32), "y": targets}


def build(
    folder: Path,
    arrays: dict[str, np.ndarray],
    pixel_statistics: PixelStatistics | None = None,
    **changes: object,
) -> Dataset:
    np.savez(folder / "set.npz", **arrays)
    keys = NPZ_KEYS | {
        "normalisation": "standard",
        "val_fraction": 0.125,
        "path": str(folder / "set.npz"),
        "label_names": ["a", "b", "c"],
        "test_fraction": 0.2,
    }
    config = NpzConfig(**(keys | changes))
    return build_dataset(config, None, "defaults", 0, pixel_statistics)


def test_columns_become_tasks_of_their_own_kind(tmp_path: Path):
    dataset = build(tmp_path, study_arrays())
    assert [type(task) for task in dataset.tasks] == [
        ClassificationTask,
        ClassificationTask,
        RegressionTask,
    ]
    assert len(dataset.train) == 140 and len(dataset.val) == 20 and len(dataset.load_test()) == 40
    assert dataset.train.targets["b"].dtype == torch.int64
    assert dataset.train.targets["c"].dtype == torch.float32


def test_a_class_that_only_test_images_have_is_a_class(tmp_path: Path):
    arrays = study_arrays()
    arrays["X"][:, 0, 0] = arrays["y"][:, 2]
    settings = {"stratify_by": "c", "normalisation": "unit"}
    held_out = build(tmp_path, arrays, **settings).load_test().images[0, 0, 0, 0]
    arrays["y"][arrays["X"][:, 0, 0] == float(held_out), 0] = 9
    dataset = build(tmp_path, arrays, **settings)
    assert dataset.tasks[0].class_names == ("0", "1", "2", "3", "9")
    assert 4 not in torch.cat([dataset.train.targets["a"], dataset.val.targets["a"]])
    assert int((dataset.load_test().targets["a"] == 4).sum()) == 1


def test_every_sample_keeps_its_targets(tmp_path: Path):
    arrays = study_arrays()
    arrays["X"][:, 0, 0] = arrays["y"][:, 2]
    dataset = build(tmp_path, arrays, normalisation="unit")
    for split in (dataset.train, dataset.val, dataset.load_test()):
        assert torch.equal(split.images[:, 0, 0, 0], split.targets["c"])


@pytest.mark.parametrize("task", ["a", "b"])
def test_splits_keep_the_shares_of_the_named_task(tmp_path: Path, task: str):
    dataset = build(tmp_path, study_arrays(), stratify_by=task)
    for split in (dataset.val, dataset.load_test()):
        counts = split.targets[task].bincount()
        assert counts.max() - counts.min() <= 1


def test_splits_keep_the_shares_of_a_values_tenths(tmp_path: Path):
    dataset = build(tmp_path, study_arrays(), stratify_by="c")
    values = torch.cat(
        [split.targets["c"] for split in (dataset.train, dataset.val, dataset.load_test())]
    )
    edges = values.double().quantile(torch.linspace(0, 1, 11, dtype=torch.float64))[1:-1]
    tenths = torch.bucketize(dataset.load_test().targets["c"].double(), edges)
    assert tenths.bincount(minlength=10).tolist() == [4] * 10


def test_strata_of_values_are_tenths_numbered_from_the_middle_outwards():
    tenths = strata_of(torch.linspace(0, 1, 20), 10)[::2]
    assert tenths.tolist() == [8, 6, 4, 2, 0, 1, 3, 5, 7, 9]


@pytest.mark.parametrize("kind", ["task", "named", "label"])
def test_whole_numbers_that_a_regression_reads_are_stratified_as_values(tmp_path: Path, kind: str):
    """Held out one by one, the smallest twentieth of 200 different ages would be the test split."""
    ages = np.random.default_rng(0).permutation(NUM_SAMPLES)
    age = TaskConfig(kind="regression", label="age")
    others = TaskConfig(by="threshold", at=100, label="age")
    changes = {
        "task": {"tasks": {"age": age, "old": others}},
        "named": {"tasks": {"age": age, "number": TaskConfig(label="age")}, "stratify_by": "age"},
        "label": {"tasks": {}},
    }[kind]
    arrays = {"X": np.zeros((NUM_SAMPLES, 4, 4), np.uint8), "age": ages}
    if kind == "label":
        arrays["half"] = ages % 2
        changes |= {"stratify_by": "age", "default_tasks": ["half"]}
    arrays["X"][:, 0, 0] = ages
    changes = {"label_names": None, "normalisation": "unit", "default_tasks": ["age"]} | changes
    dataset = build(tmp_path, arrays, **changes)
    for split in (dataset.val, dataset.load_test()):
        assert float(split.images[:, 0, 0, 0].mean()) * 255 == pytest.approx(99.5, abs=15)


def test_pixels_are_standardised_by_training_images_alone(tmp_path: Path):
    dataset = build(tmp_path, study_arrays())
    pixels = dataset.train.images.double()
    assert float(pixels.mean()) == pytest.approx(0, abs=1e-6)
    assert float(pixels.std(correction=0)) == pytest.approx(1, abs=1e-5)
    assert float(dataset.val.images.double().mean()) != pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"stratify_by": "d"}, ConfigError, r"dataset\.stratify_by.*a, b, c"),
        ({"label_names": ["a", "b"]}, DataError, r"dataset\.label_names.*3 columns"),
        ({"label_names": ["a", "b", "a"]}, DataError, r"none twice"),
        (
            {"label_names": ["c", "b", "a"], "tasks": {"a": TaskConfig()}},
            ConfigError,
            r"tasks\.a.*kind=regression",
        ),
        (
            {"tasks": {"c": TaskConfig(kind="regression", range=[0.5, 1.0])}},
            DataError,
            r"tasks\.c\.range",
        ),
    ],
)
def test_names_that_do_not_fit_are_told(
    tmp_path: Path, changes: dict[str, object], error: type[Exception], message: str
):
    with pytest.raises(error, match=message):
        build(tmp_path, study_arrays(), **changes)


def test_a_missing_label_is_an_error(tmp_path: Path):
    arrays = study_arrays()
    arrays["y"][3, 2] = np.nan
    with pytest.raises(DataError, match=r"finite numbers.*nan"):
        build(tmp_path, arrays)


def test_a_fraction_among_the_test_labels_of_a_class_is_an_error(tmp_path: Path):
    arrays = study_arrays()
    test = {f"{name}_test": array[:20].copy() for name, array in arrays.items()}
    test["y_test"][0, 0] = 0.5
    with pytest.raises(ConfigError, match=r"tasks\.a.*in every split"):
        build(tmp_path, arrays | test).load_test()


def with_test_arrays(scale: float, noise: float = 0.0) -> dict[str, np.ndarray]:
    """The study's arrays with 20 test images of another scale, or with noise."""
    arrays = study_arrays()
    test = {f"{name}_test": array[:20].copy() for name, array in arrays.items()}
    drawn = np.random.default_rng(1).normal(0, 1, test["X_test"].shape).astype(np.float32)
    test["X_test"] = scale * test["X_test"] + noise * drawn
    return arrays | test


def test_test_images_on_another_pixel_scale_are_refused_once_they_are_read(tmp_path: Path):
    dataset = build(tmp_path, with_test_arrays(scale=255))
    with pytest.raises(DataError, match=r"test images of dataset=npz.*scale.*from 0 to 1; found"):
        dataset.load_test()


def test_another_datasets_test_images_must_be_on_the_scale_that_a_network_learned(tmp_path: Path):
    learned = PixelStatistics(1.0, (0.5,), (0.25,), low=0.0, high=1.0)
    dataset = build(tmp_path, with_test_arrays(scale=255), pixel_statistics=learned)
    with pytest.raises(DataError, match=r"test images of dataset=npz.*from 0 to 1; found"):
        dataset.load_test()


def test_noisy_test_images_are_measured(tmp_path: Path):
    assert len(build(tmp_path, with_test_arrays(scale=1, noise=0.5)).load_test()) == 20


def test_a_file_of_arrays_by_other_names_is_no_file_of_the_three_targets(tmp_path: Path):
    study = study_arrays()
    names = ["shape", "angle", "value"]
    arrays = {"X": study["X"]} | {name: study["y"][:, i] for i, name in enumerate(names)}
    tasks = {"a": TaskConfig(), "b": TaskConfig(), "c": TaskConfig(kind="regression")}
    with pytest.raises(DataError, match=r"dataset\.label_names.*shape, angle, value"):
        build(tmp_path, arrays, tasks=tasks)
    with pytest.raises(ConfigError, match=r"dataset\.tasks\.a\.label.*shape, angle, value"):
        build(tmp_path, arrays, tasks=tasks, label_names=None)
    named = {
        task: TaskConfig(kind=config.kind, label=label)
        for (task, config), label in zip(tasks.items(), names, strict=True)
    }
    targets = build(tmp_path, arrays, tasks=named, label_names=None).train.targets
    assert [int(targets[task].unique().numel()) for task in ("a", "b")] == [4, 5]
    same_names = {"X": study["X"]} | {name: study["y"][:, i] for i, name in enumerate("abc")}
    by_array = build(tmp_path, same_names, tasks=tasks).train.targets
    by_column = build(tmp_path, study, tasks=tasks).train.targets
    assert all(torch.equal(by_array[name], by_column[name]) for name in "abc")
