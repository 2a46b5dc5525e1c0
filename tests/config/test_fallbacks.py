"""Defaults that do not suit the tasks give way; what was typed stays."""

from __future__ import annotations

from conftest import composed

from mtlab.config.compose import to_run_config
from mtlab.config.fallbacks import suited_to_tasks
from mtlab.config.training import LambdaConfig, WeightsConfig

DEFAULTS = to_run_config(composed())


def test_three_tasks_are_weighed_alike_where_the_default_weighs_two() -> None:
    assert suited_to_tasks(DEFAULTS, 3, True, ["seed=1"]).mtl == WeightsConfig("weights", {})
    assert isinstance(suited_to_tasks(DEFAULTS, 2, True, []).mtl, LambdaConfig)


def test_without_a_classification_the_loss_is_watched() -> None:
    assert suited_to_tasks(DEFAULTS, 1, False, []).trainer.monitor == "loss"
    assert suited_to_tasks(DEFAULTS, 1, True, []).trainer.monitor == "accuracy"


def test_what_was_typed_stays() -> None:
    for typed in ("mtl=lambda", "mtl.lambda=0.5"):
        assert isinstance(suited_to_tasks(DEFAULTS, 3, True, [typed]).mtl, LambdaConfig)
    kept = suited_to_tasks(DEFAULTS, 1, False, ["trainer.monitor=accuracy"])
    assert kept.trainer.monitor == "accuracy"
