"""Where a run is not what its experiment says, and whether published figures still count."""

from __future__ import annotations

import pytest
from conftest import composed

from mtlab.config.compose import plain, read_run
from mtlab.config.preset import Deviations, are_comparable, published_metrics
from mtlab.config.run import RunConfig


def read(*overrides: str, preset: str | None = None) -> RunConfig:
    return read_run(composed(*overrides), overrides, preset, lambda again: composed(*again))


def deviations_of(experiment: str, *typed: str) -> Deviations:
    overrides = [f"experiment={experiment}", *typed]
    found = read(*overrides, preset=experiment).deviations
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("experiment", "typed"),
    [
        ("mlp_baseline", []),
        ("mlp_baseline", ["seed=3", "device=cpu", "trainer.figures=false"]),
        ("mlp_grid", ["row=992-544"]),
        ("mlp_vs_cnn", ["row=cnn"]),
        ("perceptron_pairs", ["dataset.classes=[4,9]"]),
        ("fashion_lambda", ["mtl.lambda=0.7"]),
        ("digit_parity_threshold", ["row=all"]),
        ("cnn_baseline", ["trainer.epochs=4"]),
        ("mlp_baseline", ["trainer.epochs=10"]),
    ],
)
def test_a_row_of_the_table_deviates_in_nothing(experiment: str, typed: list[str]) -> None:
    assert deviations_of(experiment, *typed) == {}


def test_every_changed_setting_is_found_with_both_values() -> None:
    assert deviations_of(
        "mlp_baseline", "trainer.epochs=1", "dataset.val_fraction=0.5", "optimizer.lr=0.1"
    ) == {
        "dataset.val_fraction": {"preset": 0.1, "run": 0.5},
        "optimizer.lr": {"preset": 0.001, "run": 0.1},
        "trainer.epochs": {"preset": 10, "run": 1},
    }


def test_settings_of_the_row_are_those_of_the_protocol() -> None:
    found = deviations_of("digit_parity_threshold", "row=dropout", "model.dropout=0.1")
    assert found == {"model.dropout": {"preset": 0.3, "run": 0.1}}


def test_another_option_of_a_group_is_told_by_its_name_and_what_was_typed() -> None:
    found = deviations_of("mlp_baseline", "scheduler=step", "scheduler.step_epochs=3")
    assert found == {
        "scheduler.name": {"preset": "none", "run": "step"},
        "scheduler.step_epochs": {"preset": None, "run": 3},
    }


@pytest.mark.parametrize(
    ("experiment", "typed", "expected"),
    [
        ("mlp_baseline", ["trainer.epochs=1", "optimizer.lr=0.1", "dataset.limit=100"], True),
        ("cnn_baseline", ["dataset=fashion_mnist"], False),
        ("cnn_baseline", ["model.filters=[4,4,4]"], False),
        ("mlp_grid", ["row=992-544", "model=cnn"], False),
        ("perceptron_pairs", ["model.lr=0.08"], True),
    ],
)
def test_another_dataset_or_model_stands_beside_nothing_published(
    experiment: str, typed: list[str], expected: bool
) -> None:
    found = deviations_of(experiment, *typed)
    assert are_comparable(plain(composed(f"experiment={experiment}")), found) is expected


def test_figures_of_images_that_no_preset_has_are_for_any_dataset() -> None:
    other = {"dataset.name": {"preset": "shapes", "run": "mine"}}
    assert are_comparable({"published_on": "private images"}, other)
    assert not are_comparable({"published_on": None}, other)


def test_a_row_that_was_trained_shorter_keeps_its_figures() -> None:
    config = read("experiment=cnn_baseline", "row=4 epochs", "trainer.epochs=1")
    assert published_metrics(config.as_values(), "cpu") == {
        "parameters.total": 185066,
        "test.digit.accuracy": 0.9893,
    }
