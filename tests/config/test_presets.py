"""Every preset composes, explains itself, and has the published sizes."""

from __future__ import annotations

import functools
import shlex
from typing import Any

import pytest
import torch
import yaml
from conftest import composed
from omegaconf import DictConfig, OmegaConf

from mtlab.cli import arrange
from mtlab.config.compose import conf_folder, read_run, to_run_config
from mtlab.config.model import VggConfig
from mtlab.config.mtl import LambdaConfig
from mtlab.config.preset import published_metrics
from mtlab.config.run import RunConfig
from mtlab.config.training import AffineConfig, PlateauConfig
from mtlab.data.tasks import ClassificationTask, RegressionTask, Task
from mtlab.models.build import build_model
from mtlab.models.counting import count_parameters

FOLDER = conf_folder() / "experiment"
PRESETS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
CLASSES = {"digit": 10, "article": 10, "parity": 2, "threshold": 2, "group": 3, "a": 10, "b": 32}


@functools.cache
def preset_alone(preset: str) -> DictConfig:
    return composed(f"experiment={preset}")


@functools.cache
def applied(preset: str, row: str | None) -> RunConfig:
    """What a job of the preset's sweep runs."""
    chosen = OmegaConf.merge(preset_alone(preset), {"row": row})
    assert isinstance(chosen, DictConfig)
    overrides = [f"experiment={preset}", *([] if row is None else [f"row={row}"])]
    return read_run(chosen, overrides, None, lambda again: composed(*again))


def rows_of(preset: str) -> list[str | None]:
    """The rows that the preset's sweep goes over; None for one that sweeps over none."""
    values = yaml.safe_load((FOLDER / f"{preset}.yaml").read_text(encoding="utf-8"))
    return [*table_of(values)] if "row" in values else [None]


def table_of(values: dict[str, Any]) -> list[str]:
    """Its rows but for those that it takes away from the preset it builds on."""
    return [row for row, keys in values.get("rows", {}).items() if keys is not None]


ROWS = [(preset, row) for preset in PRESETS for row in rows_of(preset)]


def test_there_is_a_preset_for_every_published_table() -> None:
    assert {
        "perceptron_pairs", "mlp_baseline", "mlp_grid", "cnn_baseline", "cnn_grid", "mlp_vs_cnn",
        "fashion_article", "fashion_group", "fashion_lambda", "digit_parity_threshold",
        "digit_parity_vgg",
    } <= set(PRESETS)  # fmt: skip


@pytest.mark.parametrize(("preset", "row"), ROWS)
def test_every_row_composes_and_has_the_published_number_of_parameters(
    preset: str, row: str | None
) -> None:
    config = applied(preset, row)
    names = config.tasks or (["article", "group"] if "fashion" in preset else ["digit"])
    num_classes = len(config.dataset.classes or []) or CLASSES[names[0]]
    tasks: list[Task] = [
        RegressionTask(name)
        if name == "c"
        else ClassificationTask(
            name, tuple(map(str, range(CLASSES[name] if len(names) > 1 else num_classes)))
        )
        for name in names
    ]
    with torch.device("meta"):
        total = count_parameters(build_model(config.model, (1, 28, 28), tasks)).total
    published = published_metrics(config.as_values(), "cpu") or {}
    assert published.get("parameters.total", total) == total


# The studies' own numbers, in percent and in the order of their tables.
STUDIES: dict[str, dict[str | None, dict[str, float]]] = {
    "perceptron_pairs": {
        "0 and 1": {"digit": 99.91, "epochs": 19, "cpu": 1.98},
        "2 and 3": {"digit": 94.73, "epochs": 1001, "cpu": 80.61},
        "2 and 4": {"digit": 97.42, "epochs": 1001, "cpu": 67.78},
        "3 and 8": {"digit": 95.46, "epochs": 1001, "cpu": 75.68},
        "4 and 9": {"digit": 96.53, "epochs": 1001, "cpu": 71.20},
        "5 and 6": {"digit": 94.05, "epochs": 1001, "cpu": 71.55},
        "0 and 7": {"digit": 99.40, "epochs": 57, "cpu": 2.95},
        "1 and 2": {"digit": 98.57, "epochs": 1001, "cpu": 99.41},
    },
    "mlp_baseline": {None: {"digit": 97.69, "train": 98.87, "cpu": 116.2, "cuda": 35.3}},
    "mlp_grid": {
        "1000-1000": {"digit": 97.69, "train": 98.87, "cpu": 116.2, "cuda": 35.3},
        "992-544": {"digit": 97.26, "cpu": 87.09, "cuda": 35.55},
        "768-1088-384": {"digit": 97.15, "cpu": 125.84, "cuda": 33.51},
        "512-1280-1632-672": {"digit": 97.07, "cpu": 303.95, "cuda": 35.29},
        "224-1984-768-1088-384": {"digit": 97.04, "cpu": 243.04, "cuda": 37.96},
        "480-960": {"digit": 97.27, "cpu": 64.24, "cuda": 31.39},
        "512-1280-1632": {"digit": 96.94, "cpu": 225.66, "cuda": 33.64},
        "480-960-1184-928": {"digit": 96.93, "cpu": 212.1, "cuda": 34.76},
        "960-1184-928-992-544": {"digit": 96.43, "cpu": 295.14, "cuda": 36.63},
    },
    "cnn_baseline": {
        None: {"digit": 98.98, "train": 99.69, "cpu": 240, "cuda": 44.45},
        "4 epochs": {"digit": 98.93},
    },
    "cnn_grid": {
        "32-64-128": {"digit": 98.98, "train": 99.69, "cpu": 240, "cuda": 44.45},
        "192-96": {"digit": 98.55, "cpu": 2533, "cuda": 55.36},
        "64-288-64": {"digit": 98.67, "cpu": 2280, "cuda": 48.46},
        "128-416-128-320": {"digit": 99.0, "cpu": 6498, "cuda": 80.82},
        "128-416-128-320-256": {"digit": 98.76, "cpu": 7848, "cuda": 90.32},
        "128-416": {"digit": 97.87, "cpu": 1908, "cuda": 51.22},
        "320-256-64": {"digit": 98.47, "cpu": 5074, "cuda": 62.24},
        "64-288-64-288": {"digit": 99.0, "cpu": 2950, "cuda": 60.26},
        "224-480-288-256-512": {"digit": 98.6, "cpu": 14521, "cuda": 135.55},
    },
    "mlp_vs_cnn": {"mlp": {"digit": 96.26, "cpu": 10.13}, "cnn": {"digit": 97.35, "cpu": 5.2}},
    "fashion_article": {None: {"article": 88.40}},
    "fashion_group": {None: {"group": 92.80}},
    "fashion_lambda": {
        "lambda 0": {"article": 10.2, "group": 92.47},
        "lambda 0.3": {"article": 90.27, "group": 93.77},
        "lambda 0.5": {"article": 90.14, "group": 93.37},
        "lambda 0.7": {"article": 90.32, "group": 94.0},
        "lambda 1": {"article": 89.9, "group": 28.56},
    },
    "fashion_single_vs_multi": {
        "article alone": {"article": 88.40},
        "group alone": {"group": 92.80},
        "lambda 0": {"article": 10.2, "group": 92.47},
        "lambda 0.3": {"article": 90.27, "group": 93.77},
        "lambda 0.5": {"article": 90.14, "group": 93.37},
        "lambda 0.7": {"article": 90.32, "group": 94.0},
        "lambda 1": {"article": 89.9, "group": 28.56},
    },
    "digit_parity_threshold": {
        "baseline": {"digit": 99.24, "parity": 99.56, "threshold": 99.46},
        "modified": {"digit": 99.23, "parity": 99.50, "threshold": 99.46},
    },
    "digit_parity_vgg": {
        None: {
            "digit": 96.20, "digit.precision": 96.19, "digit.recall": 96.13,
            "parity": 97.17, "parity.precision": 97.12, "parity.recall": 97.14,
            "total": 3123, "epoch_mean": 104.1,
        }
    },
    # Its figures are those of validation.
    "three_targets": {
        "seed 42": {"val.b": 3},
        "seed 43": {"val.b": 6},
        "seed 44": {"val.a": 25.5, "val.b": 7.33, "val.c.mae": 19.02},
    },
    # Ranges by their middle: 5 to 6, 3 to 6.
    "three_targets_ablation": {
        "baseline": {"val.b": 7.33},
        "gradient_from_c": {"val.b": 5.5},
        "without_a_features": {"val.b": 6},
        "heavy_c": {"val.b": 4.5},
    },
}  # fmt: skip
SPELT = {
    "train": "train.digit.accuracy", "epochs": "epochs", "total": "seconds.total",
    "epoch_mean": "seconds.epoch_mean",
}  # fmt: skip


def as_declared(numbers: dict[str, float], preset: str, device: str) -> dict[str, float]:
    """A row of `STUDIES` by the paths of summary.json, accuracies as fractions."""
    declared: dict[str, float] = {}
    for name, number in numbers.items():
        if name in ("cpu", "cuda"):
            declared |= {"seconds.train": number} if name == device else {}
        elif name in SPELT:
            declared[SPELT[name]] = number / 100 if name == "train" else number
        else:
            path = name if name.startswith("val.") else f"test.{name}"
            path = path if path.count(".") == 2 else f"{path}.accuracy"
            declared[path] = number / 100
            if preset == "perceptron_pairs":
                declared[f"last.{path}"] = number / 100
    return declared


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("preset", STUDIES)
def test_every_published_figure_is_the_studys_and_none_is_missing(preset: str, device: str) -> None:
    values = yaml.safe_load((FOLDER / f"{preset}.yaml").read_text(encoding="utf-8"))
    # Without a row only where the study has such a line: a sweep of the others has none.
    found = {}
    for row in (*([None] if None in STUDIES[preset] else []), *table_of(values)):
        figures = published_metrics(applied(preset, row).as_values(), device) or {}
        figures.pop("parameters.total", None)  # Tested above against the network itself.
        if figures:
            found[row] = pytest.approx(figures)
    expected = {
        row: as_declared(numbers, preset, device) for row, numbers in STUDIES[preset].items()
    }
    assert found == expected
    assert list(found) == list(expected)  # In the order of the table.


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_says_what_it_is(preset: str) -> None:
    text = (FOLDER / f"{preset}.yaml").read_text(encoding="utf-8")
    header = text.partition("\ndefaults:")[0].splitlines()
    assert header[0] == "# @package _global_"
    assert all(line.startswith("#") for line in header)
    commands = [line[4:] for line in header if line.startswith("#   mtlab ")]
    assert commands
    for command in commands:
        words = shlex.split(command.partition("    ")[0])[1:]
        assert f"experiment={preset}" in words
        arranged = arrange(words)
        assert "-m" in arranged or composed(*arranged).published is not None
    for word in ("Source ", "Expect ", "Cost "):
        assert any(line.startswith(f"# {word}") for line in header), word


def test_single_and_multi_task_networks_are_those_of_their_own_presets() -> None:
    parts = ("tasks", "dataset", "model", "optimizer", "scheduler", "trainer")
    for row, preset in (("article alone", "fashion_article"), ("group alone", "fashion_group")):
        alone, own = applied("fashion_single_vs_multi", row), applied(preset, None)
        assert all(getattr(alone, part) == getattr(own, part) for part in parts)
    both, own = applied("fashion_single_vs_multi", "lambda 0.3"), applied("fashion_lambda", None)
    assert all(getattr(both, part) == getattr(own, part) for part in parts)
    assert isinstance(both.mtl, LambdaConfig) and both.mtl.lambda_ == 0.3


def test_the_vgg_study_has_all_its_measures_against_overfitting() -> None:
    config = to_run_config(composed("experiment=digit_parity_vgg"))
    assert isinstance(config.model, VggConfig) and config.model.dropout == 0.4
    assert isinstance(config.augmentation, AffineConfig)
    assert isinstance(config.scheduler, PlateauConfig)
    # Keras' l2(1e-4) is a decay of twice as much.
    assert config.optimizer.conv_weight_decay == 2e-4
    assert config.optimizer.weight_decay == 0
    assert config.trainer.patience_epochs is not None


def test_the_ablations_change_one_thing_each() -> None:
    rows = ("baseline", "epochs", "batch_norm", "dropout", "global_average_pooling", "loss_weights")
    configs = {row: applied("digit_parity_threshold", row) for row in rows}
    baseline = configs.pop("baseline")
    assert baseline.trainer.epochs == 10
    parts = ("dataset", "augmentation", "model", "mtl", "optimizer", "scheduler", "trainer")
    changed = {
        row: [part for part in parts if getattr(config, part) != getattr(baseline, part)]
        for row, config in configs.items()
    }
    assert changed == {
        # A schedule of half the epochs, as the baseline's.
        "epochs": ["scheduler", "trainer"],
        "batch_norm": ["model"],
        "dropout": ["model"],
        "global_average_pooling": ["model"],
        "loss_weights": ["mtl"],
    }
