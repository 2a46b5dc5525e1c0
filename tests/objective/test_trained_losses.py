"""Losses that are minimised and not reported: smoothed targets, weighed classes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from conftest import composed
from sklearn.utils.class_weight import compute_class_weight

from mtlab.config.compose import to_run_config
from mtlab.data.tasks import ClassificationTask, RegressionTask, Task
from mtlab.errors import ConfigError
from mtlab.objective.build import build_objective
from mtlab.objective.losses import TrainedCrossEntropy, balanced_class_weights
from mtlab.objective.objective import Objective

LOGITS = torch.tensor([[0.0, math.log(3.0)], [0.0, 0.0]])
TARGETS = torch.tensor([1, 0])


def objective(tasks: list[Task], targets: dict[str, torch.Tensor], *overrides: str) -> Objective:
    config = to_run_config(composed(*overrides))
    return build_objective(None, config.model, tasks, None, None, config.trainer, targets)


def test_smoothing_by_hand() -> None:
    loss = TrainedCrossEntropy(0.2, None)
    # 0.9 for the true class, 0.1 for the other one.
    first = -(0.9 * math.log(3 / 4) + 0.1 * math.log(1 / 4))
    assert float(loss(LOGITS, TARGETS)) == pytest.approx((first + math.log(2)) / 2)


def test_class_weights_multiply_and_the_mean_is_over_samples() -> None:
    loss = TrainedCrossEntropy(0.0, torch.tensor([3.0, 0.5]))
    expected = (0.5 * math.log(4 / 3) + 3 * math.log(2)) / 2
    assert float(loss(LOGITS, TARGETS)) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_balanced_is_scikit_learns(seed: int) -> None:
    targets = np.random.default_rng(seed).choice([0, 1, 3], 40, p=[0.7, 0.2, 0.1])
    found = balanced_class_weights(torch.from_numpy(np.append(targets, [-1, -1])), 4)
    present = np.unique(targets)
    wanted = compute_class_weight("balanced", classes=present, y=targets)
    assert found[present].numpy() == pytest.approx(wanted)
    assert found[2] == 0
    assert float(found[torch.from_numpy(targets)].mean()) == pytest.approx(1)


def test_only_what_is_minimised_changes() -> None:
    tasks: list[Task] = [ClassificationTask("one", ("a", "b"))]
    outputs, targets = {"one": LOGITS}, {"one": TARGETS}
    plain = objective(tasks, targets)
    smoothed = objective(tasks, targets, "trainer.label_smoothing=0.1")
    (reported,) = plain.task_losses(outputs, targets)
    assert smoothed.task_losses(outputs, targets) == [reported]
    (minimised,) = smoothed.trained_losses(outputs, targets)
    assert minimised > reported
    assert smoothed.reported_losses(minimised[None], outputs, targets).tolist() == [reported.item()]
    assert plain.trained_losses(outputs, targets) == [reported]


def test_the_weights_are_part_of_the_state() -> None:
    tasks: list[Task] = [ClassificationTask("one", ("a", "b"))]
    targets = {"one": torch.tensor([0, 0, 0, 1])}
    weighed = objective(tasks, targets, "trainer.class_weights=balanced")
    (weights,) = (each for name, each in weighed.state_dict().items() if "class" in name)
    assert weights.tolist() == pytest.approx([2 / 3, 2])


def test_values_have_no_classes_to_smooth_or_to_weigh() -> None:
    for key in ("label_smoothing=0.1", "class_weights=balanced"):
        with pytest.raises(ConfigError, match=r"trainer\..*: is for tasks with classes"):
            objective([RegressionTask("c")], {}, f"trainer.{key}")
