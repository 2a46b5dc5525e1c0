"""Settings that would have no effect are refused."""

from __future__ import annotations

import pytest
from conftest import composed

from mtlab.config.compose import to_run_config
from mtlab.config.no_effect import check_perceptron, check_weighting, find_override, known_tasks
from mtlab.errors import ConfigError


@pytest.mark.parametrize("override", ["mtl.lambda=0.3", "mtl=weights", "++mtl.weights.digit=2"])
def test_a_weighting_for_a_single_task_is_refused(override: str) -> None:
    with pytest.raises(ConfigError, match="this run has one"):
        check_weighting(["digit"], ["model=mlp", override])
    check_weighting(["digit", "parity"], [override])


def test_a_preset_may_set_a_weighting_for_a_single_task() -> None:
    check_weighting(["digit"], ["experiment=something"])


def test_a_typed_weight_of_a_task_that_is_not_learned_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"mtl\.weights\.c: must name a task of the run: a, b"):
        check_weighting(["a", "b"], ["++mtl.weights.c=2"])
    check_weighting(["a", "b"], ["~mtl.weights.c", "mtl.weights={a:1}"])


@pytest.mark.parametrize(
    "override", ["optimizer=sgd", "optimizer.lr=0.1", "scheduler=step", "trainer.batch_size=10"]
)
def test_what_a_perceptron_has_no_use_for_is_refused(override: str) -> None:
    config = to_run_config(composed("model=perceptron"))
    with pytest.raises(ConfigError, match="own rule"):
        check_perceptron(config, ["model=perceptron", override])
    check_perceptron(to_run_config(composed("model=mlp")), [override])


def test_overrides_are_found_by_key_group_and_prefix() -> None:
    overrides = ["++mtl.weights.a=1", "modelx=3", "~optimizer"]
    assert find_override(overrides, "mtl") == "++mtl.weights.a=1"
    assert find_override(overrides, "model") is None
    assert find_override(overrides, "optimizer") == "~optimizer"


@pytest.mark.parametrize(
    ("overrides", "known"),
    [
        (["model=mlp"], ["digit"]),
        ([], ["digit", "parity"]),
        (["model=mlp", "tasks=[parity,digit]"], ["parity", "digit"]),
        (["dataset=npz", "dataset.path=a.npz"], None),
        (["dataset=three_targets", "dataset.path=a.npz"], ["a", "b", "c"]),
    ],
)
def test_tasks_are_known_before_the_images_where_the_configuration_names_them(
    overrides: list[str], known: list[str] | None
) -> None:
    assert known_tasks(to_run_config(composed(*overrides))) == known
