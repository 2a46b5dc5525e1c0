"""Losses and their weighting."""

from __future__ import annotations

import math

import pytest
import torch
from conftest import composed

from mtlab.config.compose import to_run_config
from mtlab.config.run import resolved
from mtlab.data.tasks import ClassificationTask
from mtlab.errors import ConfigError
from mtlab.objective.build import build_objective
from mtlab.objective.losses import cross_entropy, sign_error
from mtlab.objective.metrics import new_measures
from mtlab.objective.objective import Objective

TASKS = [
    ClassificationTask("first", ("a", "b")),
    ClassificationTask("second", ("a", "b", "c")),
    ClassificationTask("third", ("a", "b")),
]


def build(num_tasks: int, *overrides: str) -> Objective:
    tasks = TASKS[:num_tasks]
    config = to_run_config(composed(*overrides))
    config = resolved(config, {task.name: True for task in tasks})
    return build_objective(config.mtl, config.model, tasks, [task.name for task in TASKS])


def test_cross_entropy_by_hand() -> None:
    logits = torch.tensor([[0.0, math.log(3.0)], [0.0, 0.0]])
    expected = -(math.log(3 / 4) + math.log(1 / 2)) / 2
    assert float(cross_entropy(logits, torch.tensor([1, 0]))) == pytest.approx(expected)


def test_sign_error_is_twice_the_share_of_mistakes_and_zero_is_a_mistake() -> None:
    scores = torch.tensor([2.0, -1.0, 3.0, 0.0])
    logits = torch.stack((-scores, scores), dim=1)
    assert float(sign_error(logits, torch.tensor([1, 1, 0, 1]))) == pytest.approx(2 * 3 / 4)


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_lambda_weighs_the_first_task_and_its_complement_the_second(weight: float) -> None:
    objective = build(2, f"mtl.lambda={weight}")
    losses = torch.tensor([2.0, 5.0])
    assert float(objective.weighting(losses).sum()) == pytest.approx(weight * 2 + (1 - weight) * 5)
    assert objective.task_weights() == pytest.approx({"first": weight, "second": 1 - weight})


def test_named_weights_and_1_for_the_others() -> None:
    objective = build(3, "mtl=weights", "++mtl.weights.second=4")
    measures = new_measures(TASKS, torch.device("cpu"))
    assert objective.metrics(torch.tensor([1.0, 2.0, 3.0]), measures).loss == 1 + 8 + 3


def test_weights_of_tasks_that_are_not_learned_are_left_aside() -> None:
    objective = build(2, "mtl=weights", "++mtl.weights.second=4", "++mtl.weights.third=9")
    assert objective.task_weights() == {"first": 1.0, "second": 4.0}


def test_a_single_task_has_weight_1() -> None:
    assert build(1).task_weights() == {"first": 1.0}


def test_losses_come_in_the_order_of_the_tasks() -> None:
    objective = build(2)
    outputs = {"second": torch.zeros(4, 3), "first": torch.zeros(4, 2)}
    targets = {"first": torch.zeros(4).long(), "second": torch.zeros(4).long()}
    assert [float(loss) for loss in objective.task_losses(outputs, targets)] == pytest.approx(
        [math.log(2), math.log(3)]
    )


@pytest.mark.parametrize(
    ("num_tasks", "overrides", "complaint"),
    [
        (
            3,
            ["mtl=lambda"],
            "exactly two tasks; found 3: first, second, third; use mtl=weights",
        ),
        (
            2,
            ["mtl=weights", "++mtl.weights.fourth=1"],
            "must name a task of the dataset: first, second, third",
        ),
        (2, ["mtl=weights", "++mtl.weights.first=0", "++mtl.weights.second=0"], "above 0"),
    ],
)
def test_a_weighting_that_does_not_fit_is_refused(num_tasks, overrides, complaint) -> None:
    with pytest.raises(ConfigError, match=complaint):
        build(num_tasks, *overrides)
