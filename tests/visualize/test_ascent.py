"""Gradient ascent climbs, stays in range and keeps images apart."""

from __future__ import annotations

import math
from typing import Any, get_args

import pytest
import torch
from torch import nn
from trained_runs import classification_head, cnn_trunk

from mtlab.models.cnn import plan_convolutions
from mtlab.models.mlp import MlpTrunk
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.seeding import generator
from mtlab.visualize.ascent import Ascent, PixelRange, gaussian_blur, total_variation
from mtlab.visualize.dream import dream
from mtlab.visualize.layers import find_layers
from mtlab.visualize.maximise import (
    ChannelScore,
    best_inputs,
    class_score,
    layer_score,
    log_odds,
    map_scores,
)

UNIT = PixelRange(torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 1, 1))


def ascent(pixels: PixelRange, *settings: float, seed: int = 0, **named: Any) -> Ascent:
    return Ascent(pixels, generator(seed, "test"), *settings, **named)


def colour_range() -> PixelRange:
    low = torch.tensor([-1.0, 0.0, -3.0]).view(1, 3, 1, 1)
    return PixelRange(low, low + torch.tensor([2.0, 1.0, 6.0]).view(1, 3, 1, 1))


def test_ascent_finds_the_maximum_of_a_linear_score() -> None:
    weights = torch.tensor([[1.0, -2.0], [0.5, -0.1]])
    start = torch.full((1, 1, 2, 2), 0.5)
    found = ascent(UNIT, 400, 0.1).climb(lambda x: (x * weights).sum(dim=(1, 2, 3)), start)
    torch.testing.assert_close(found[0, 0], (weights > 0).float())
    assert torch.equal(start, torch.full((1, 1, 2, 2), 0.5))


def test_images_stay_within_the_range_of_each_channel() -> None:
    pixels = colour_range()
    start = torch.randn(3, 3, 5, 5)
    settings = (20, 0.5, 2, 1.0, 0.1, 0.2)
    found = ascent(pixels, *settings).climb(lambda x: x.square().sum((1, 2, 3)), start)
    shares = pixels.as_shares(found)
    assert float(shares.min()) >= 0
    assert float(shares.max()) <= 1
    torch.testing.assert_close(pixels.as_input(shares), found)


def test_images_of_a_batch_do_not_influence_each_other() -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(1, 2, 3)
    start = torch.rand(4, 1, 8, 8)

    def climb(images: torch.Tensor) -> torch.Tensor:
        return ascent(UNIT, 10, 0.1, 1, 0.5, 0.1, 0.1).climb(
            lambda x: layer(x).square().mean((1, 2, 3)), images
        )

    torch.testing.assert_close(climb(start)[1:2], climb(start[1:2]), rtol=1e-4, atol=1e-5)


def test_where_nothing_answers_the_image_stays() -> None:
    start = torch.rand(1, 1, 4, 4)
    found = ascent(UNIT, 40, 0.1).climb(lambda x: (x * 0).sum((1, 2, 3)), start)
    assert torch.equal(found, start)


def test_blur_keeps_flat_images_and_the_mean_of_a_point() -> None:
    flat = torch.full((1, 2, 6, 6), 0.3)
    torch.testing.assert_close(gaussian_blur(flat, 1.0), flat)
    point = torch.zeros(1, 1, 21, 21)
    point[0, 0, 10, 10] = 1
    blurred = gaussian_blur(point, 1.5)
    assert float(blurred.sum()) == pytest.approx(1, abs=1e-5)
    # A Gaussian falls to exp(-1/2) at one standard deviation in each direction.
    ratio = float(blurred[0, 0, 10, 13] / blurred[0, 0, 10, 10])
    assert ratio == pytest.approx(math.exp(-0.5 * 4), rel=1e-4)


def test_total_variation_is_the_length_of_an_edge_times_its_height() -> None:
    image = torch.zeros(1, 1, 5, 5)
    image[..., 2:] = 0.5
    # Four rows have a neighbour below; each crosses the edge once.
    assert float(total_variation(image)) == pytest.approx(4 * 0.5, abs=0.02)


def test_log_odds_are_those_of_the_probability() -> None:
    logits = torch.tensor([[2.0, -1.0, 0.5], [0.0, 0.0, 0.0]])
    targets = torch.tensor([0, 2])
    probability = logits.softmax(dim=1)[[0, 1], targets]
    torch.testing.assert_close(log_odds(logits, targets), (probability / (1 - probability)).log())


def test_scores_of_a_map() -> None:
    sums = torch.tensor([[3.0, -1.0, 1.0, 1.0]])
    assert float(map_scores(sums, "mean")) == 1.0
    assert float(map_scores(sums, "rms")) == pytest.approx(math.sqrt(11 / 4) + 0.01)
    assert float(map_scores(sums, "contrast")) == pytest.approx(math.sqrt(2))


def test_a_map_of_one_position_is_scored_as_a_unit_is() -> None:
    sums = torch.tensor([[3.0], [-1.0]])
    for channel_score in get_args(ChannelScore):
        assert map_scores(sums, channel_score).tolist() == [3.0, -1.0]


def test_an_anchored_image_keeps_its_mean_and_gains_no_contrast() -> None:
    torch.manual_seed(0)
    start = 0.3 + 0.4 * torch.rand(2, 3, 8, 8)
    pixels = PixelRange(torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1))
    weights = torch.randn(3, 8, 8)
    found = ascent(pixels, 30, 0.1, jitter=2, anchor=1.0).climb(
        lambda x: (x * weights).sum((1, 2, 3)), start
    )
    assert bool(((found * weights).sum((1, 2, 3)) > (start * weights).sum((1, 2, 3))).all())
    torch.testing.assert_close(found.mean((2, 3)), start.mean((2, 3)), rtol=0, atol=0.01)
    assert bool((found.std((2, 3)) <= start.std((2, 3)) + 1e-4).all())


def test_a_units_best_input_is_bright_where_its_weights_are_positive() -> None:
    torch.manual_seed(0)
    network = MultiTaskNetwork(MlpTrunk((1, 4, 4), [3]), {"t": classification_head(3, [], 2)})
    layer = find_layers(network.eval().requires_grad_(False))[0]
    score = layer_score(network, layer, "rms")
    images, scores = best_inputs(score, 3, 2, (1, 4, 4), ascent(UNIT, 300, 0.2))
    weights = layer.module.weight.reshape(3, 1, 4, 4)
    torch.testing.assert_close(images, (weights > 0).float())
    expected = weights.clamp(min=0).sum(dim=(1, 2, 3)) + layer.module.bias
    torch.testing.assert_close(scores, expected)


def test_every_class_gets_an_input_and_the_seed_decides_it() -> None:
    torch.manual_seed(0)
    trunk = cnn_trunk((1, 12, 12), plan_convolutions([4], 3, 1, 0, [], 2))
    head = classification_head(trunk.output_shape[0], [], 5)
    network = MultiTaskNetwork(trunk, {"t": head}).eval().requires_grad_(False)

    def find(seed: int, num_steps: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
        climbing = ascent(UNIT, num_steps, 0.1, seed=seed)
        return best_inputs(class_score(network, "t"), 5, 2, (1, 12, 12), climbing)

    (images, scores), (_, scores_of_noise) = find(0), find(0, num_steps=0)
    assert bool((scores > scores_of_noise).all())
    assert images.shape == (5, 1, 12, 12)
    assert torch.equal(images, find(0)[0])
    assert not torch.equal(images, find(1)[0])


def test_a_dream_grows_with_its_octaves_and_excites_the_layer() -> None:
    torch.manual_seed(0)
    trunk = cnn_trunk((3, 12, 12), plan_convolutions([4, 4], 3, 1, 0, [], 2))
    network = MultiTaskNetwork(
        trunk, {"t": classification_head(trunk.output_shape[0], [], 2)}
    ).eval()
    network.requires_grad_(False)
    layer = find_layers(network)[1]
    images = torch.rand(2, 3, 12, 12)
    steps = []
    pixels = PixelRange(torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1))
    climbing = ascent(pixels, 5, 0.05, on_step=lambda: steps.append(1))
    found = dream(network, layer, images, climbing, [1, 1.5, 2.25], contrast=1.0)
    assert found.shape == (2, 3, 27, 27)
    assert len(steps) == 15
    once = dream(network, layer, images, ascent(pixels, 20, 0.05), [1], contrast=1.0)

    def strength(batch: torch.Tensor) -> torch.Tensor:
        return trunk.convolutions(batch).var(dim=(2, 3)).mean(dim=1)

    assert bool((strength(once) > strength(images)).all())
