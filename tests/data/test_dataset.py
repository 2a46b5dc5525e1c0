"""Normalisation."""

from __future__ import annotations

import pytest
import torch

from mtlab.data.dataset import PixelStatistics


def test_unit_divides_bytes_by_255_and_leaves_floats() -> None:
    pixels = torch.tensor([[[[0, 51, 255]]]], dtype=torch.uint8)
    unit = PixelStatistics.of(pixels, standardise=False)
    assert torch.allclose(unit.apply(pixels), torch.tensor([[[[0, 0.2, 1]]]]))
    floats = torch.tensor([[[[0.0, 0.5, 3.0]]]])
    assert torch.equal(PixelStatistics.of(floats, standardise=False).apply(floats), floats)


def test_statistics_are_per_channel_and_computed_by_hand() -> None:
    images = torch.tensor([[[[0.0, 2.0]], [[5.0, 5.0]]]])
    statistics = PixelStatistics.of(images, standardise=True)
    assert statistics.mean == (1.0, 5.0)
    assert statistics.std == pytest.approx((1.0 + 1e-6, 1e-6))


@pytest.mark.parametrize("seed", range(3))
def test_standardised_training_images_have_mean_0_and_deviation_1(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (50, 3, 6, 5), generator=generator, dtype=torch.uint8)
    result = PixelStatistics.of(images, standardise=True).apply(images)
    assert result.dtype == torch.float32
    assert result.mean(dim=(0, 2, 3)).abs().max() < 1e-5
    assert (result.std(dim=(0, 2, 3), correction=0) - 1).abs().max() < 1e-4


def test_the_images_that_are_given_stay_as_they_are() -> None:
    images = torch.ones(2, 1, 2, 2)
    PixelStatistics(0.5, (0.25,), (2.0,)).apply(images)
    assert torch.equal(images, torch.ones(2, 1, 2, 2))
