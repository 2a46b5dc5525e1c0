"""Embeddings and saliency against hand-computed values."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from trained_runs import classification_head

from mtlab.models.heads import Head
from mtlab.models.mlp import MlpTrunk
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.seeding import generator
from mtlab.visualize.embeddings import between_class_share, trunk_features, value_fifths
from mtlab.visualize.saliency import saliency


def test_variance_between_classes() -> None:
    points = np.array([[0.0], [0], [2], [2]])
    assert between_class_share(points, np.array([0, 0, 1, 1])) == 1
    assert between_class_share(points, np.array([0, 1, 0, 1])) == 0
    # Class means -0.5 and 0.5 around 1 of points with variance 1.
    assert between_class_share(points, np.array([0, 0, 0, 1])) == pytest.approx(1 / 3)


def test_values_become_five_classes_of_equal_size() -> None:
    values = np.array([9.0, 0, 1, 2, 3, 4, 5, 6, 7, 8], dtype=np.float32)
    classes, names = value_fifths(values)
    assert classes.tolist() == [4, 0, 0, 1, 1, 2, 2, 3, 3, 4]
    assert names == ("0 to 1", "2 to 3", "4 to 5", "6 to 7", "8 to 9")


def linear_network(shape: tuple[int, int, int]) -> MultiTaskNetwork:
    trunk = MlpTrunk(shape, [])
    head = classification_head(trunk.output_shape[0], [], 3)
    return MultiTaskNetwork(trunk, {"t": head}).eval()


def test_features_are_what_the_heads_receive() -> None:
    images = torch.rand(7, 1, 2, 2)
    np.testing.assert_array_equal(trunk_features(linear_network((1, 2, 2)), images),
                                  images.flatten(1).numpy())  # fmt: skip


def test_saliency_of_a_linear_network_is_its_weights() -> None:
    network = linear_network((3, 2, 2))
    head = network.heads["t"]
    assert isinstance(head, Head)
    images = torch.rand(4, 3, 2, 2)
    found = saliency(network, "t", images, 1, torch.zeros(1, 3, 1, 1), generator(0, "test"))
    winners = network(images)["t"].argmax(dim=1)
    expected = head.output.weight[winners].reshape(4, 3, 2, 2).abs().amax(dim=1)
    torch.testing.assert_close(found, expected.detach())
    noisy = saliency(network, "t", images, 5, torch.full((1, 3, 1, 1), 0.5), generator(0, "test"))
    torch.testing.assert_close(noisy, expected.detach())


def test_saliency_takes_a_task_with_one_number() -> None:
    class Sum(nn.Module):
        def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"v": 2 * images.flatten(1).sum(dim=1)}

    images = torch.rand(2, 1, 3, 3)
    found = saliency(Sum(), "v", images, 1, torch.zeros(1, 1, 1, 1), generator(0, "test"))
    torch.testing.assert_close(found, torch.full((2, 3, 3), 2.0))
