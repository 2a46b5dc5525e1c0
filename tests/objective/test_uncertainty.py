"""Weights learned as each task's uncertainty, by hand."""

from __future__ import annotations

import math

import pytest
import torch

from mtlab.objective.weighting.uncertainty import UncertaintyWeights


def test_terms_and_their_gradient_by_hand() -> None:
    weighting = UncertaintyWeights([False, True])
    with torch.no_grad():
        weighting.log_variances.copy_(torch.tensor([math.log(2.0), math.log(4.0)]))
    terms = weighting(torch.tensor([3.0, 8.0]))
    # 3 / 2 + log(2) / 2, and half of 8 / 4, + log(4) / 2.
    assert terms.tolist() == pytest.approx([1.5 + math.log(2) / 2, 1.0 + math.log(4) / 2])
    terms.sum().backward()
    gradient = weighting.log_variances.grad
    assert gradient is not None
    assert gradient.tolist() == pytest.approx([-1.5 + 0.5, -1.0 + 0.5])


def test_the_reported_loss_is_the_plain_sum_whatever_was_learned() -> None:
    weighting = UncertaintyWeights([False, True])
    with torch.no_grad():
        weighting.log_variances.fill_(3.0)
    assert weighting.reported_weights() == [1.0, 1.0]


def test_a_batch_without_a_label_teaches_nothing_of_a_task() -> None:
    weighting = UncertaintyWeights([False, True], has_gaps=True)
    terms = weighting(torch.tensor([0.0, 8.0]))
    terms.sum().backward()
    gradient = weighting.log_variances.grad
    assert gradient is not None
    assert gradient.tolist() == pytest.approx([0.0, -4.0 + 0.5])
