"""Every preset composes, explains itself, and has the published sizes."""

from __future__ import annotations

import functools
import shlex

import pytest
import torch
import yaml
from conftest import composed
from omegaconf import DictConfig, OmegaConf

from mtlab.cli import arrange
from mtlab.config.compose import conf_folder, to_run_config
from mtlab.config.model import VggConfig
from mtlab.config.rows import published_figures, with_row
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
def applied(preset: str, row: str | None) -> DictConfig:
    """What a job of the preset's sweep composes."""
    chosen = OmegaConf.merge(preset_alone(preset), {"row": row})
    assert isinstance(chosen, DictConfig)
    overrides = [f"experiment={preset}", *([] if row is None else [f"row={row}"])]
    return with_row(chosen, overrides, lambda again: composed(*again))


def rows_of(preset: str) -> list[str | None]:
    """The rows that the preset's sweep goes over; None for one that sweeps over none."""
    values = yaml.safe_load((FOLDER / f"{preset}.yaml").read_text(encoding="utf-8"))
    return list(values["rows"]) if "row" in values else [None]


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
    composed_row = applied(preset, row)
    config = to_run_config(composed_row)
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
    published = published_figures(composed_row, "cpu") or {}
    assert published.get("parameters.total", total) == total


@pytest.mark.parametrize(("preset", "row"), ROWS)
def test_published_accuracies_are_fractions(preset: str, row: str | None) -> None:
    for path, figure in (published_figures(applied(preset, row), "cpu") or {}).items():
        assert figure > 0
        if path.split(".")[-1] in ("accuracy", "precision", "recall"):
            assert 0.01 < figure < 1, path


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
    configs = {row: to_run_config(applied("digit_parity_threshold", row)) for row in rows}
    baseline = configs.pop("baseline")
    assert baseline.trainer.epochs == 10
    parts = ("dataset", "augmentation", "model", "mtl", "optimizer", "scheduler", "trainer")
    changed = {
        row: [part for part in parts if getattr(config, part) != getattr(baseline, part)]
        for row, config in configs.items()
    }
    assert changed == {
        "epochs": ["trainer"],
        "batch_norm": ["model"],
        "dropout": ["model"],
        "global_average_pooling": ["model"],
        "loss_weights": ["mtl"],
    }
