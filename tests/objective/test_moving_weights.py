"""Weightings that move while a run trains: lambda by a schedule, tasks that take turns."""

from __future__ import annotations

import math

import pytest
import torch

from mtlab.objective.weighting.alternating import Alternating
from mtlab.objective.weighting.lambda_schedule import LambdaSchedule
from mtlab.objective.weighting.uncertainty import UncertaintyWeights

LOSSES = torch.tensor([2.0, 5.0, 11.0])


@pytest.mark.parametrize(
    ("is_cosine", "num_epochs", "shares"),
    [
        (False, 5, [1.0, 0.85, 0.7, 0.55, 0.4, 0.4]),
        (True, 3, [1.0, 0.7, 0.4, 0.4]),
        (True, 4, [1.0, 0.4 + 0.6 * (1 + math.cos(math.pi / 3)) / 2]),
        (False, 1, [1.0, 0.4]),
    ],
)
def test_lambda_moves_from_start_to_end(
    is_cosine: bool, num_epochs: int, shares: list[float]
) -> None:
    weighting = LambdaSchedule(1.0, 0.4, num_epochs, is_cosine=is_cosine)
    for epoch, share in enumerate(shares, start=1):
        weighting.begin_epoch(epoch)
        assert weighting.moving_weights() == pytest.approx([share, 1 - share])
        assert float(weighting(LOSSES[:2]).sum()) == pytest.approx(2 * share + 5 * (1 - share))
        assert weighting.reported_weights() == [0.5, 0.5]


def test_tasks_come_in_turn_also_after_a_resume() -> None:
    weighting = Alternating([1 / 3] * 3, None)
    terms = [weighting(LOSSES).tolist() for _ in range(4)]
    assert terms == [[2, 0, 0], [0, 5, 0], [0, 0, 11], [2, 0, 0]]
    resumed = Alternating([1 / 3] * 3, None)
    resumed.load_state_dict(weighting.state_dict())
    assert resumed(LOSSES).tolist() == [0, 5, 0]


@pytest.mark.parametrize("probabilities", [[0.5, 0.3, 0.2], [0.0, 1.0, 0.0], [0.25, 0.0, 0.75]])
def test_tasks_are_drawn_as_often_as_they_should(probabilities: list[float]) -> None:
    weighting = Alternating(probabilities, torch.Generator().manual_seed(0))
    terms = torch.stack([weighting(LOSSES) for _ in range(2000)])
    assert ((terms > 0).sum(dim=1) == 1).all()
    shares = (terms > 0).double().mean(dim=0)
    assert shares.tolist() == pytest.approx(probabilities, abs=0.04)
    assert all(share == 0 for share, one in zip(shares, probabilities, strict=True) if one == 0)
    assert weighting.reported_weights() == probabilities


def test_learned_weights_are_told_and_fixed_ones_are_not() -> None:
    weighting = UncertaintyWeights([False, True])
    with torch.no_grad():
        weighting.log_variances.copy_(torch.tensor([math.log(2.0), math.log(4.0)]))
    assert weighting.moving_weights() == pytest.approx([1 / 2, 1 / 8])
    assert Alternating([0.5, 0.5], None).moving_weights() is None
