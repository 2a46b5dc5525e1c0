"""Rows of an experiment's table: settings between the experiment and the command line."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from conftest import composed
from omegaconf import OmegaConf

from mtlab.cli import arrange, with_row_shown
from mtlab.config.compose import plain, read_run
from mtlab.config.model import CnnConfig, MlpConfig
from mtlab.config.preset import (
    Row,
    find_row,
    for_device,
    published_metrics,
    row_names,
)
from mtlab.config.run import RunConfig
from mtlab.errors import ConfigError


def read(*overrides: str) -> RunConfig:
    return read_run(composed(*overrides), overrides, None, lambda again: composed(*again))


def published(*overrides: str, device_type: str = "cpu") -> dict[str, float] | None:
    return published_metrics(read(*overrides).as_values(), device_type)


def test_a_row_sets_several_lists_together() -> None:
    model = read("experiment=cnn_grid", "row=64-288-64").model
    assert isinstance(model, CnnConfig)
    assert model.filters == [64, 288, 64]
    assert model.kernel_size == [3, 2, 3]
    assert model.strides == 1


def test_a_row_can_choose_a_group_and_keys_of_it() -> None:
    mlp = read("experiment=mlp_vs_cnn").model
    cnn = read("experiment=mlp_vs_cnn", "row=cnn").model
    assert isinstance(mlp, MlpConfig) and mlp.widths == [1000]
    assert isinstance(cnn, CnnConfig) and cnn.filters == [16] and cnn.pool_after == [1]


def test_the_command_line_wins_over_the_row() -> None:
    config = read(
        "experiment=digit_parity_threshold", "row=all", "trainer.epochs=1", "model.dropout=0.1"
    )
    assert isinstance(config.model, CnnConfig)
    assert config.trainer.epochs == 1
    assert config.model.dropout == 0.1
    assert config.model.batch_norm and config.model.global_average_pooling


def test_a_group_on_the_command_line_drops_all_that_the_row_says_of_it() -> None:
    config = read("experiment=mlp_vs_cnn", "row=cnn", "model=mlp")
    assert isinstance(config.model, MlpConfig)
    assert config.model.widths == [1000, 1000]


def test_an_unknown_row_is_told_with_the_rows_that_there_are() -> None:
    with pytest.raises(ConfigError, match=r"row: must be one of mlp, cnn; found nn"):
        read("experiment=mlp_vs_cnn", "row=nn")


def test_a_row_without_a_table_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="row: picks a row of an experiment's table"):
        read("row=mlp")


def test_values_of_every_kind_survive_the_way_through_overrides() -> None:
    values = {
        "model.some": [1, 2.5, True, None, "a, b=[c]", "it's", "10", "true"],
        "model.group": {"a": [1], "b": {"c": 1e-05}},
    }
    again = composed(*Row("x", values, {}).as_overrides())
    assert OmegaConf.to_container(again.model.some) == values["model.some"]
    assert OmegaConf.to_container(again.model.group) == values["model.group"]


def test_the_sweep_over_a_table_has_every_row_in_order() -> None:
    names = row_names(_root_=composed("experiment=digit_parity_threshold"))
    assert names == (
        "baseline,epochs,batch_norm,dropout,global_average_pooling,loss_weights,modified,all"
    )


def test_published_figures_are_those_of_the_row_and_of_the_device() -> None:
    row = ("experiment=mlp_grid", "row=992-544")
    figures = {"parameters.total": 1324362, "test.digit.accuracy": 0.9726}
    assert published(*row) == {**figures, "seconds.train": 87.09}
    assert published(*row, device_type="cuda") == {**figures, "seconds.train": 35.55}


def test_a_shorter_run_still_stands_against_the_published_figures() -> None:
    assert published("experiment=mlp_grid", "trainer.epochs=1", "dataset.limit=2000")


def test_another_network_than_the_rows_stands_against_nothing() -> None:
    assert published("experiment=mlp_grid", "model.widths=[10]") is None
    assert published("experiment=mlp_vs_cnn", "row=cnn", "model=mlp") is None


@pytest.mark.parametrize(
    ("overrides", "name", "path", "figure"),
    [
        (["experiment=perceptron_pairs", "dataset.classes=[4,9]"], "4 and 9",
         "test.digit.accuracy", 0.9653),
        (["experiment=fashion_lambda", "mtl.lambda=0"], "lambda 0",
         "test.group.accuracy", 0.9247),
        (["experiment=fashion_lambda", "mtl.lambda=1.0"], "lambda 1",
         "test.group.accuracy", 0.2856),
    ],
)  # fmt: skip
def test_without_a_named_row_the_settings_find_it(
    overrides: list[str], name: str, path: str, figure: float
) -> None:
    row = find_row(plain(composed(*overrides)))
    metrics = published(*overrides)
    assert row is not None and row.name == name
    assert metrics is not None and metrics[path] == figure


def test_settings_that_no_row_has_find_none() -> None:
    other = ("experiment=perceptron_pairs", "dataset.classes=[4,5]")
    assert find_row(plain(composed(*other))) is None
    assert published(*other) is None
    assert published() is None


def test_an_ensembles_figures_are_not_those_of_its_members() -> None:
    config = composed("experiment=three_targets")
    assert published_metrics(plain(config), "cpu") == {"val.b.accuracy": 0.03}
    found = {"test.a.accuracy": 0.255, "test.b.accuracy": 0.0733, "test.c.mae": 0.1902}
    assert for_device(config.published_ensemble, "cpu") == found
    assert composed("experiment=three_targets_ablation").published_ensemble is None


def test_a_preset_can_take_away_rows_of_the_one_it_builds_on() -> None:
    seeds = row_names(_root_=composed("experiment=three_targets"))
    assert seeds == "seed 42,seed 43,seed 44"
    ablations = row_names(_root_=composed("experiment=three_targets_ablation"))
    assert ablations.startswith("baseline,gradient_from_c,")
    with pytest.raises(ConfigError, match=r"row: must be one of baseline, .*found seed 42"):
        read("experiment=three_targets_ablation", "row='seed 42'")


def test_a_published_figure_must_be_a_number() -> None:
    wrong = "++published={test.digit.accuracy: 97%}"
    with pytest.raises(ConfigError, match=r"published\.test\.digit\.accuracy: must be a number"):
        read(wrong)
    with pytest.raises(ConfigError, match=r"rows\.a"):
        read("++rows={a: 3}")


def test_showing_the_configuration_shows_the_row_applied(tmp_path: Path) -> None:
    own = tmp_path / "experiment" / "own.yaml"
    own.parent.mkdir()
    own.write_text("# @package _global_\nrows: {b: {model: mlp, model.widths: [7]}}\n")
    flags = ["--config-dir", str(tmp_path), "--cfg", "job"]
    shown = with_row_shown(arrange([*flags, "experiment=own", "row=b"]))
    assert shown == [*flags, "model=mlp", "++model.widths=[7]", "experiment=own", "row=b"]
    untouched = partial(arrange, ["experiment=own", "row=b"])
    assert untouched() == ["experiment=own", "row=b"]
