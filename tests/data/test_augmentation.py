"""Shift, rotation and scale of batches."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from conftest import composed

from mtlab.config.compose import to_run_config
from mtlab.data.augmentation import AffineAugmentation, inverse_maps, move
from mtlab.data.build import build_augmentation
from mtlab.data.dataset import PixelStatistics
from mtlab.seeding import generator

STRONG = AffineAugmentation(shift_pixels=3, rotate_degrees=20, scale=0.2)


def moved_by(
    images: torch.Tensor,
    *,
    right: float = 0,
    down: float = 0,
    degrees: float = 0,
    factor: float = 1,
) -> torch.Tensor:
    maps = inverse_maps(
        shift_x=torch.tensor([right]),
        shift_y=torch.tensor([down]),
        radians=torch.tensor([math.radians(degrees)]),
        factor=torch.tensor([factor]),
        height=images.shape[2],
        width=images.shape[3],
    )
    return move(images, maps)


def test_zero_strength_returns_the_very_images() -> None:
    images = torch.rand(5, 1, 28, 28)
    nothing = AffineAugmentation(shift_pixels=0, rotate_degrees=0, scale=0)
    assert nothing(images, generator(0, "augmentation")) is images


@pytest.mark.parametrize("shape", [(1, 1, 4, 4), (1, 3, 5, 8)])
def test_a_map_that_moves_nothing_gives_the_same_pixels(shape: tuple[int, ...]) -> None:
    images = torch.rand(shape)
    torch.testing.assert_close(moved_by(images), images, atol=1e-5, rtol=0)


def test_a_shift_moves_each_pixel_by_as_much_and_brings_in_black() -> None:
    image = torch.tensor([[[[1.0, 2, 3], [4, 5, 6]]]])
    expected = torch.tensor([[[[0.0, 0, 0], [0, 1, 2]]]])
    torch.testing.assert_close(moved_by(image, right=1, down=1), expected, atol=1e-5, rtol=0)


def test_half_a_pixel_to_the_right_averages_neighbours() -> None:
    image = torch.tensor([[[[2.0, 4, 6]]]])
    expected = torch.tensor([[[[1.0, 3, 5]]]])
    torch.testing.assert_close(moved_by(image, right=0.5), expected, atol=1e-5, rtol=0)


def test_a_quarter_turn_is_counter_clockwise() -> None:
    image = torch.tensor([[[[1.0, 2], [3, 4]]]])
    expected = torch.tensor([[[[2.0, 4], [1, 3]]]])
    torch.testing.assert_close(moved_by(image, degrees=90), expected, atol=1e-5, rtol=0)


def test_a_rotation_keeps_lengths_where_the_image_is_not_square() -> None:
    image = torch.zeros(1, 1, 5, 9)
    image[0, 0, 2, 6] = 1  # two pixels to the right of the centre
    turned = moved_by(image, degrees=90)
    assert turned[0, 0, 0, 4] == pytest.approx(1, abs=1e-5)  # two pixels above it
    assert float(turned.sum()) == pytest.approx(1, abs=1e-4)


def test_a_factor_above_one_enlarges() -> None:
    image = torch.zeros(1, 1, 5, 5)
    image[0, 0, 2, 3] = 1  # one pixel to the right of the centre
    assert moved_by(image, factor=2)[0, 0, 2, 4] == pytest.approx(1, abs=1e-5)


def test_the_shift_comes_after_the_rotation() -> None:
    image = torch.zeros(1, 1, 5, 5)
    image[0, 0, 2, 3] = 1
    # One to the right of the centre, turned to one above it, then one further to the right.
    assert moved_by(image, degrees=90, right=1)[0, 0, 1, 3] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("shape", [(1, 1, 28, 28), (7, 3, 12, 20)])
def test_a_batch_keeps_its_shape_and_its_range(shape: tuple[int, ...]) -> None:
    moved = STRONG(torch.rand(shape), generator(0, "augmentation"))
    assert moved.shape == shape
    assert float(moved.min()) >= 0 and float(moved.max()) <= 1 + 1e-6


def test_every_image_moves_in_its_own_way() -> None:
    moved = STRONG(torch.rand(1, 1, 16, 16).repeat(4, 1, 1, 1), generator(0, "augmentation"))
    assert not any(torch.equal(moved[0], other) for other in moved[1:])


def test_the_seed_decides_the_moves() -> None:
    images = torch.rand(4, 1, 16, 16)
    draws = generator(3, "augmentation")
    first, second = STRONG(images, draws), STRONG(images, draws)
    assert torch.equal(first, STRONG(images, generator(3, "augmentation")))
    assert not torch.equal(first, second)
    assert not torch.equal(first, STRONG(images, generator(4, "augmentation")))


def test_moves_leave_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    STRONG(torch.rand(2, 1, 8, 8, generator=generator(0, "images")), generator(0, "augmentation"))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("strength", "largest"), [("shift_pixels", 2.0), ("scale", 0.3)])
def test_draws_fill_their_range_and_no_more(strength: str, largest: float) -> None:
    settings = {"shift_pixels": 0.0, "rotate_degrees": 0.0, "scale": 0.0, strength: largest}
    image = torch.zeros(500, 1, 9, 9)
    image[:, 0, 4, 6] = 1
    moved = AffineAugmentation(**settings)(image, generator(0, "augmentation")).sum(dim=(1, 2))
    centres = (moved * torch.arange(9)).sum(dim=1) / moved.sum(dim=1) - 4
    reach = largest if strength == "shift_pixels" else 2 * largest
    assert float((centres - 2).abs().max()) <= reach + 0.15
    assert float((centres - 2).abs().max()) > 0.9 * reach


def test_what_comes_in_is_black_whatever_normalisation_made_of_it() -> None:
    statistics = PixelStatistics(1.0, (0.5,), (0.25,), 0.0, 1.0)
    config = to_run_config(composed("augmentation=affine", "augmentation.shift_pixels=1"))
    built = build_augmentation(config.augmentation, statistics, torch.device("cpu"))
    assert built is not None and built.black is not None
    assert built.black.flatten().tolist() == [-2.0]
    black = statistics.apply(torch.zeros(6, 1, 8, 8))
    torch.testing.assert_close(built(black, generator(0, "augmentation")), black)


def test_brightness_moves_where_pixels_were_standardised_one_by_one() -> None:
    images = torch.rand(9, 1, 8, 8, generator=generator(0, "images"))
    images *= torch.linspace(0.01, 1, 8)  # to the left they hardly differ
    images[:, :, 0] = 0
    statistics = PixelStatistics.of(images, "per_pixel")
    config = to_run_config(composed("augmentation=affine", "augmentation.shift_pixels=3"))
    built = build_augmentation(config.augmentation, statistics, torch.device("cpu"))
    assert built is not None
    moved = replace(built, black=None, deviation=None)(images, generator(0, "augmentation"))
    found = built(statistics.apply(images), generator(0, "augmentation"))
    torch.testing.assert_close(found, statistics.apply(moved), rtol=1e-4, atol=1e-4)


def test_no_augmentation_is_the_default() -> None:
    statistics = PixelStatistics(1 / 255, (0.0,), (1.0,), 0.0, 1.0)
    config = to_run_config(composed())
    assert build_augmentation(config.augmentation, statistics, torch.device("cpu")) is None
