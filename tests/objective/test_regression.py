"""Regression measures and losses against hand-computed values and scikit-learn."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error as sklearn_mae
from sklearn.metrics import r2_score

from mtlab.objective.losses import regression_loss
from mtlab.objective.metrics import RegressionSums

CPU = torch.device("cpu")


def measures(
    predicted: torch.Tensor, true: torch.Tensor, batch_size: int = 100
) -> dict[str, float]:
    sums = RegressionSums(CPU)
    for one, other in zip(predicted.split(batch_size), true.split(batch_size), strict=True):
        sums.add(one, other)
    return sums.read()


def test_measures_of_three_samples_by_hand():
    found = measures(torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 3.0, 4.0]))
    # Errors 0, -1, 2; targets' mean 8/3 with squared deviations 14/3.
    assert found["mae"] == pytest.approx(1.0)
    assert found["mse"] == pytest.approx(5 / 3)
    assert found["rmse"] == pytest.approx(math.sqrt(5 / 3))
    assert found["r2"] == pytest.approx(1 - 5 / (14 / 3))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 60), st.integers(1, 25), st.integers(0, 10_000), st.floats(-1e4, 1e4))
def test_batches_of_any_size_give_scikit_learns_figures(
    num_samples: int, batch_size: int, seed: int, offset: float
):
    draw = np.random.default_rng(seed)
    true = torch.from_numpy((draw.normal(size=num_samples) + offset).astype(np.float32))
    predicted = true + torch.from_numpy(draw.normal(size=num_samples).astype(np.float32))
    found = measures(predicted, true, batch_size)
    exact_true, exact_predicted = true.double().numpy(), predicted.double().numpy()
    assert found["mae"] == pytest.approx(sklearn_mae(exact_true, exact_predicted), rel=1e-9)
    if num_samples > 1:
        assert found["r2"] == pytest.approx(r2_score(exact_true, exact_predicted), rel=1e-6)


def test_equal_targets_have_an_r2_of_one_when_hit_and_zero_when_missed():
    targets = torch.full((4,), 0.5)
    assert measures(targets, targets)["r2"] == 1.0
    assert measures(targets + 0.1, targets)["r2"] == 0.0


def test_losses_by_hand():
    predicted, true = torch.tensor([0.0, 3.0]), torch.tensor([0.5, 0.0])
    assert float(regression_loss("mse", 1.0)(predicted, true)) == pytest.approx(9.25 / 2)
    assert float(regression_loss("mae", 1.0)(predicted, true)) == pytest.approx(3.5 / 2)
    # 0.5^2 / 2 inside the bend; 1 * (3 - 0.5) outside.
    assert float(regression_loss("huber", 1.0)(predicted, true)) == pytest.approx(2.625 / 2)
    assert float(regression_loss("huber", 2.0)(predicted, true)) == pytest.approx((0.125 + 4) / 2)
