"""Gradient surgery, by hand and against the algorithm as the paper writes it."""

from __future__ import annotations

import pytest
import torch

from mtlab.objective.aggregation.pcgrad import PCGrad


def pcgrad(seed: int = 0) -> PCGrad:
    return PCGrad(torch.Generator().manual_seed(seed))


def test_two_gradients_that_conflict_by_hand() -> None:
    # g1 . g2 = -1: g1 - (-1 / 2) g2 = (0.5, 0.5), and g2 - (-1 / 1) g1 = (0, 1).
    found = pcgrad()(torch.tensor([[1.0, 0.0], [-1.0, 1.0]]))
    assert found.tolist() == pytest.approx([0.5, 1.5])


@pytest.mark.parametrize("gradients", [[[1.0, 0.0], [1.0, 1.0]], [[1.0, 2.0], [0.0, 0.0]]])
def test_gradients_that_agree_or_are_zero_are_added(gradients: list[list[float]]) -> None:
    found = pcgrad()(torch.tensor(gradients))
    assert found.tolist() == torch.tensor(gradients).sum(dim=0).tolist()


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_papers_algorithm_for_several_tasks(seed: int) -> None:
    gradients = torch.randn(4, 6, generator=torch.Generator().manual_seed(seed))
    orders = torch.rand(4, 4, generator=torch.Generator().manual_seed(seed)).argsort(dim=1)
    total = torch.zeros(6)
    for task, order in enumerate(orders.tolist()):
        own = gradients[task].clone()
        for other in order:
            product = own @ gradients[other]
            if other != task and product < 0:
                own -= product / gradients[other].square().sum() * gradients[other]
        total += own
    assert torch.allclose(pcgrad(seed)(gradients), total, atol=1e-6)
