"""Normalisation."""

from __future__ import annotations

import pytest
import torch
from sklearn.preprocessing import StandardScaler

from mtlab.data.dataset import PixelStatistics
from mtlab.errors import DataError


def test_unit_divides_bytes_by_255_and_leaves_floats() -> None:
    pixels = torch.tensor([[[[0, 51, 255]]]], dtype=torch.uint8)
    unit = PixelStatistics.of(pixels, "unit")
    assert torch.allclose(unit.apply(pixels), torch.tensor([[[[0, 0.2, 1]]]]))
    floats = torch.tensor([[[[0.0, 0.5, 3.0]]]])
    assert torch.equal(PixelStatistics.of(floats, "unit").apply(floats), floats)


def test_statistics_are_per_channel_and_computed_by_hand() -> None:
    images = torch.tensor([[[[0.0, 2.0]], [[5.0, 5.0]]]])
    statistics = PixelStatistics.of(images, "standard")
    assert statistics.mean == (1.0, 5.0)
    assert statistics.std == pytest.approx((1.0 + 1e-6, 1e-6))


@pytest.mark.parametrize("seed", range(3))
def test_standardised_training_images_have_mean_0_and_deviation_1(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (50, 3, 6, 5), generator=generator, dtype=torch.uint8)
    result = PixelStatistics.of(images, "standard").apply(images)
    assert result.dtype == torch.float32
    assert result.mean(dim=(0, 2, 3)).abs().max() < 1e-5
    assert (result.std(dim=(0, 2, 3), correction=0) - 1).abs().max() < 1e-4


def test_per_pixel_is_scikit_learns_standard_scaler() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (40, 2, 4, 3), generator=generator, dtype=torch.uint8)
    images[:, 1, 2, 0] = 77  # never changes
    statistics = PixelStatistics.of(images, "per_pixel")
    assert statistics.size == (4, 3) and len(statistics.std) == 24
    assert statistics.std[12 + 2 * 3] == 1
    rows = images.flatten(1).numpy() / 255
    wanted = torch.from_numpy(StandardScaler().fit_transform(rows)).view(40, 2, 4, 3)
    torch.testing.assert_close(statistics.apply(images).double(), wanted, atol=1e-5, rtol=1e-5)
    assert statistics.brightness == pytest.approx(rows.mean())
    with pytest.raises(
        DataError, match="each pixel of which has a mean of its own: 4x3; found 3x4"
    ):
        statistics.check(images.transpose(2, 3), "images")


def test_the_images_that_are_given_stay_as_they_are() -> None:
    images = torch.ones(2, 1, 2, 2)
    PixelStatistics(0.5, (0.25,), (2.0,), 0.0, 1.0).apply(images)
    assert torch.equal(images, torch.ones(2, 1, 2, 2))


def floats(*pixels: float) -> torch.Tensor:
    return torch.tensor(pixels, dtype=torch.float32).view(1, 1, 1, -1)


BYTES = torch.tensor([[[[0, 255]]]], dtype=torch.uint8)


@pytest.mark.parametrize(
    ("trained_on", "asked", "complaint"),
    [
        (BYTES, floats(0, 255), r"from 0 to 1; found pixels from 0 to 255; divide by 255"),
        (floats(0.1, 0.9), floats(0, 255), r"from 0 to 1; .*divide by 255"),
        (floats(0, 255), BYTES, r"from 0 to 255; found uint8.*astype"),
        (floats(-1, 1), BYTES, r"from -1 to 1; found uint8"),
        (floats(-1, 1), floats(0, 255), r"from -1 to 1; found pixels.*rescale them"),
        (floats(5, 5), floats(-46, 5), r"from 5 to 5"),
        (floats(0, 199), floats(0, 0.5, 1), r"0 to 199; found fractions from 0 to 1; multiply by"),
    ],
)
@pytest.mark.parametrize("standardise", [False, True])
def test_pixels_on_another_scale_are_refused(
    trained_on: torch.Tensor, asked: torch.Tensor, complaint: str, standardise: bool
) -> None:
    with pytest.raises(DataError, match=rf"^X\.npy: .*{complaint}"):
        PixelStatistics.of(trained_on, standardise).check(asked, "X.npy")


@pytest.mark.parametrize(
    ("trained_on", "asked"),
    [
        (BYTES, BYTES),
        (BYTES, floats(-3, 4)),
        (BYTES, floats(0.5, 0.501)),
        (floats(0, 255), floats(0, 0)),
        (floats(0, 255), floats(0, 1)),
        (floats(0, 255), floats(10, 10.5)),
        (floats(0, 20), floats(0, 0.5)),
        (floats(0, 255), floats(0, 3)),
        (floats(0.1, 0.2), BYTES),
        (floats(0.1, 0.2), floats(0, 1)),
        (floats(0, 255), floats(-2000, 2000)),
        (floats(0, 1), torch.zeros(0, 1, 1, 2)),
    ],
)
def test_noise_and_other_lighting_are_no_other_scale(
    trained_on: torch.Tensor, asked: torch.Tensor
) -> None:
    PixelStatistics.of(trained_on, "standard").check(asked, "X.npy")
