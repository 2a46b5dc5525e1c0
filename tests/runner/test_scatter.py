"""What a run folder keeps for a scatter."""

import torch

from mtlab.runner.measure import MOST_POINTS, scatter_points


def test_small_splits_are_kept_whole_and_in_order():
    points = scatter_points(torch.tensor([0.1, 0.2]), torch.tensor([0.3, 0.4]))
    assert points == {"true": [0.1, 0.2], "predicted": [0.3, 0.4]}


def test_large_splits_are_thinned_evenly_from_first_to_last():
    values = torch.arange(10_001, dtype=torch.float32)
    points = scatter_points(values, values)
    assert len(points["true"]) == MOST_POINTS
    assert points["true"][0] == 0 and points["true"][-1] == 10_000
    assert points["true"] == points["predicted"]
