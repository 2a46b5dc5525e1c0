"""`auto` becomes what suits the tasks; what is asked for stays, right or wrong."""

from __future__ import annotations

import pytest
from conftest import composed

from mtlab.config.base import read_keys
from mtlab.config.compose import to_run_config
from mtlab.config.mtl import LambdaConfig, WeightsConfig
from mtlab.config.run import RunConfig, resolved

TWO = {"a": True, "b": True}
THREE = {**TWO, "c": False}


def weighting(tasks: dict[str, bool], *overrides: str) -> object:
    return resolved(to_run_config(composed(*overrides)), tasks).mtl


def test_one_task_has_nothing_to_weigh() -> None:
    assert weighting({"a": True}) is None
    assert weighting({"a": True}, "mtl=weights") is None


def test_two_tasks_are_weighed_by_lambda_and_more_by_weights() -> None:
    two = weighting(TWO)
    assert isinstance(two, LambdaConfig) and two.lambda_ == 0.5
    three = weighting(THREE)
    assert isinstance(three, WeightsConfig) and three.weights == {}


def test_lambda_and_weights_may_be_set_where_nothing_is_chosen() -> None:
    two = weighting(TWO, "mtl.lambda=0.3")
    assert isinstance(two, LambdaConfig) and two.lambda_ == 0.3
    named = weighting(TWO, "++mtl.weights.b=2")
    assert isinstance(named, WeightsConfig) and named.weights == {"b": 2.0}


def test_what_is_asked_for_stays_right_or_wrong() -> None:
    for asked in ("mtl=lambda", "mtl.lambda=0.5"):
        assert isinstance(weighting(THREE, asked), LambdaConfig)


@pytest.mark.parametrize(
    ("tasks", "asked", "monitor"),
    [
        (THREE, "auto", "accuracy"),
        ({"c": False}, "auto", "loss"),
        ({"c": False}, "accuracy", "accuracy"),
        (TWO, "b.loss", "b.loss"),
    ],
)
def test_without_a_classification_the_loss_is_watched(
    tasks: dict[str, bool], asked: str, monitor: str
) -> None:
    config = to_run_config(composed(f"trainer.monitor={asked}"))
    assert resolved(config, tasks).trainer.monitor == monitor


@pytest.mark.parametrize("model", ["perceptron", "mlp", "mtl_cnn", "vgg"])
def test_a_configuration_is_the_same_after_a_way_through_plain_values(model: str) -> None:
    config = resolved(to_run_config(composed(f"model={model}")), TWO)
    assert read_keys(RunConfig, config.as_values()) == config
    assert resolved(config, TWO) == config
