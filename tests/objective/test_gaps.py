"""Samples without a label take no part: losses and metrics are those of the others."""

from __future__ import annotations

import math

import pytest
import torch

from mtlab.data.tasks import ClassificationTask, RegressionTask, Task, is_labelled
from mtlab.objective.losses import (
    Loss,
    TrainedCrossEntropy,
    cross_entropy,
    mean_of_labelled,
    regression_loss,
    sign_error,
)
from mtlab.objective.metrics import ConfusionMatrix, RegressionSums, new_measures

CPU = torch.device("cpu")
LOSSES: dict[str, Loss] = {
    "cross_entropy": cross_entropy,
    "smoothed": TrainedCrossEntropy(0.1, torch.tensor([1.0, 2.0])),
    "sign_error": sign_error,
    **{name: regression_loss(name, 0.5) for name in ("mse", "mae", "huber")},
}


def batch(loss: str, seed: int, size: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    """Outputs, and targets of which about half are missing."""
    draws = torch.Generator().manual_seed(seed)
    missing = torch.rand(size, generator=draws) < 0.5
    if loss in ("mse", "mae", "huber"):
        outputs = torch.randn(size, generator=draws)
        targets = torch.where(missing, math.nan, torch.randn(size, generator=draws) + 100 * seed)
    else:
        outputs = torch.randn(size, 2, generator=draws)
        targets = torch.where(missing, -1, torch.randint(2, (size,), generator=draws))
    return outputs.requires_grad_(), targets


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("seed", range(3))
def test_a_loss_and_its_gradient_are_those_of_the_labelled_samples(loss: str, seed: int) -> None:
    outputs, targets = batch(loss, seed)
    kept = is_labelled(targets)
    assert 0 < int(kept.sum()) < len(kept)
    found = mean_of_labelled(LOSSES[loss], outputs, targets)
    wanted = LOSSES[loss](outputs[kept], targets[kept])
    assert found.item() == pytest.approx(wanted.item(), rel=1e-6)
    if loss != "sign_error":  # piecewise constant
        gradients = [torch.autograd.grad(one, outputs)[0] for one in (found, wanted)]
        assert torch.allclose(*gradients)
        assert not gradients[0][~kept].any()


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss != "sign_error"])
def test_a_batch_without_a_label_has_no_loss_and_no_gradient(loss: str) -> None:
    outputs, targets = batch(loss, 0)
    targets = torch.full_like(targets, math.nan if targets.is_floating_point() else -1)
    found = mean_of_labelled(LOSSES[loss], outputs, targets)
    assert found.item() == 0
    assert not torch.autograd.grad(found, outputs)[0].any()


@pytest.mark.parametrize("seed", range(5))
def test_measures_are_those_of_the_labelled_samples(seed: int) -> None:
    tasks: list[Task] = [
        ClassificationTask("one", ("a", "b"), has_gaps=True),
        RegressionTask("two", has_gaps=True),
    ]
    for task, loss in zip(tasks, ("cross_entropy", "mse"), strict=True):
        measure = new_measures([task], CPU)[task.name]
        whole = ConfusionMatrix(2, CPU) if loss == "cross_entropy" else RegressionSums(CPU)
        # The third batch has no label at all.
        for number, size in enumerate((8, 5, 4)):
            outputs, targets = batch(loss, 10 * seed + number, size)
            if number == 2:
                targets = torch.full_like(targets, -1 if loss == "cross_entropy" else math.nan)
            measure.add(outputs.detach(), targets)
            if (kept := is_labelled(targets)).any():
                whole.add(outputs.detach()[kept], targets[kept])
        if isinstance(measure, ConfusionMatrix) and isinstance(whole, ConfusionMatrix):
            assert torch.equal(measure.read(), whole.read())
        elif isinstance(measure, RegressionSums) and isinstance(whole, RegressionSums):
            assert measure.read() == pytest.approx(whole.read(), rel=1e-9)


def test_values_without_any_label_have_the_metrics_of_nothing() -> None:
    sums = RegressionSums(CPU, has_gaps=True)
    sums.add(torch.ones(3), torch.full((3,), math.nan))
    assert sums.read() == {"mae": 0.0, "mse": 0.0, "rmse": 0.0, "r2": 1.0}
