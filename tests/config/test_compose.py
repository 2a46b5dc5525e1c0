"""YAML to typed configuration."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml
from conftest import composed

from mtlab.cli import arrange
from mtlab.config.compose import (
    conf_folder,
    folder_name,
    to_run_config,
    unused_folder,
)
from mtlab.config.model import CnnConfig
from mtlab.config.mtl import AutoConfig, WeightsConfig
from mtlab.errors import ConfigError

GROUP_FILES = sorted(
    path.relative_to(conf_folder())
    for path in conf_folder().glob("*/*.yaml")
    if path.parent.name not in ("experiment", "visualize")
)


@pytest.mark.parametrize("path", GROUP_FILES, ids=str)
def test_every_group_file_composes_and_is_typed(path: Path) -> None:
    overrides = [f"{path.parent}={path.stem}"]
    if path.stem in ("npz", "three_targets", "folder"):
        overrides.append("dataset.path=some.npz")
    to_run_config(composed(*overrides))


@pytest.mark.parametrize("path", GROUP_FILES, ids=str)
def test_every_group_file_explains_itself(path: Path) -> None:
    """A header with a command that composes, and a comment above each key."""
    text = (conf_folder() / path).read_text(encoding="utf-8")
    assert text.startswith("# ")
    (command, *_) = [line[4:] for line in text.splitlines() if line.startswith("#   mtlab")]
    arranged = arrange(shlex.split(command)[1:])
    if "-m" not in arranged:
        composed(*arranged)
    lines = text.splitlines()
    for key in set(yaml.safe_load(text)) - {"name", "source", "default_tasks", "label_names"}:
        (index,) = [number for number, line in enumerate(lines) if line.startswith(f"{key}:")]
        assert lines[index - 1].startswith("#"), f"{path}: {key}"


def test_defaults_are_the_multi_task_network_on_bundled_digits() -> None:
    config = to_run_config(composed())
    assert config.dataset.source == "digits"
    assert isinstance(config.model, CnnConfig)
    assert config.tasks is None
    assert isinstance(config.mtl, AutoConfig)
    assert config.trainer.monitor == "auto"


def test_weights_are_read_by_task_name() -> None:
    config = to_run_config(composed("mtl=weights", "++mtl.weights.digit=2"))
    assert isinstance(config.mtl, WeightsConfig)
    assert config.mtl.weights == {"digit": 2.0}


def test_strides_stay_free_for_any_number_of_filters() -> None:
    config = to_run_config(composed("model=cnn", "model.filters=[4,4,4,4,4]"))
    assert isinstance(config.model, CnnConfig)
    assert config.model.strides is None


@pytest.mark.parametrize(
    ("override", "key", "rule"),
    [
        ("seed=-1", "seed", "at least 0"),
        ("seed=true", "seed", "whole number"),
        ("trainer.epochs=-1", "trainer.epochs", "at least 0"),
        ("trainer.epochs=1.5", "trainer.epochs", "whole number"),
        ("trainer.batch_size=0", "trainer.batch_size", "at least 1"),
        ("trainer.figures=2", "trainer.figures", "true or false"),
        ("trainer.keep=worst", "trainer.keep", "best, last"),
        ("trainer.clip_norm=0", "trainer.clip_norm", "above 0"),
        ("trainer.patience_epochs=0", "trainer.patience_epochs", "at least 1"),
        ("optimizer.lr=0", "optimizer.lr", "above 0"),
        ("optimizer.lr=nan", "optimizer.lr", "above 0"),
        ("optimizer.lr=inf", "optimizer.lr", "above 0"),
        ("optimizer.betas=[0.9]", "optimizer.betas", "two numbers"),
        ("optimizer.betas=[0.9,1]", "optimizer.betas", "1 (excluded)"),
        ("mtl.lambda=1.01", "mtl.lambda", "between 0 and 1"),
        ("mtl.lambda=x", "mtl.lambda", "a number"),
        ("dataset.val_fraction=1", "dataset.val_fraction", "(excluded)"),
        ("dataset.limit=0", "dataset.limit", "at least 1"),
        ("dataset.classes=[1]", "dataset.classes", "two different"),
        ("dataset.classes=[1,1]", "dataset.classes", "two different"),
        ("dataset.normalisation=zscore", "dataset.normalisation", "unit, standard"),
        ("++dataset.tasks.kind.by=colour", "dataset.tasks.kind.by", "label, groups, parity"),
        ("model.filters=[]", "model.filters", "at least one whole number"),
        ("model.filters=[8,0]", "model.filters", "at least 1"),
        ("model.filters=[8,x]", "model.filters", "whole number"),
        ("model.kernel_size=0", "model.kernel_size", "at least 1"),
        ("model.kernel_size=3.5", "model.kernel_size", "whole number"),
        ("model.padding=[-1,0,0]", "model.padding", "between 0 and 1024"),
        ("model.dropout=1", "model.dropout", "(excluded)"),
        ("model.activation=rleu", "model.activation", "relu, leaky_relu"),
        ("device.threads=0", "device.threads", "between 1 and 1024"),
        ("device.precision=float16", "device.precision", "float32, bfloat16"),
        ("+trainer.foo=1", "trainer.foo", "must be a key of trainer: epochs"),
        ("tasks=[digit,digit]", "tasks", "none twice"),
        ("tasks=3", "tasks", "a list of names"),
        ("~trainer.epochs", "trainer.epochs", "must be set"),
    ],
)
def test_a_wrong_value_is_named_with_its_key_and_rule(override: str, key: str, rule: str) -> None:
    with pytest.raises(ConfigError) as caught:
        to_run_config(composed(override))
    assert str(caught.value).startswith(key)
    assert rule in str(caught.value)


def test_folder_names_have_no_brackets_or_slashes_and_are_not_too_long() -> None:
    assert folder_name("model.filters=[32,64],x=a/b") == "model.filters=_32_64_x=a_b"
    assert len(folder_name("x" * 500)) == 120
    long = f"dataset.path={'p' * 90},model.filters=[32,64],mtl.lambda=0.5,seed=3"
    assert len(folder_name(long)) == 120 and folder_name(long).startswith("path=pp")
    assert folder_name(long).endswith("filters=_32_64_lambda=0.5_seed=3")


def test_two_runs_in_one_second_get_two_folders(tmp_path: Path) -> None:
    wanted = str(tmp_path / "12-00-00")
    assert unused_folder(wanted) == wanted
    assert unused_folder(wanted) == f"{wanted}-2"
