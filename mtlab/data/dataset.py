"""Splits in memory: normalised images and the target of every task."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from mtlab.data.source import LabelledImages
from mtlab.data.tasks import Task

STANDARD_EPSILON = 1e-6


@dataclass(frozen=True)
class Split:
    """One split, ready to be drawn from.

    Attributes:
        images: `(num_samples, channels, height, width)`, float32, normalised.
        targets: Per task, `(num_samples,)`: int64 in `[0, num_classes)` for classification,
            float32 for regression.
    """

    images: torch.Tensor
    targets: dict[str, torch.Tensor]

    def __len__(self) -> int:
        return self.images.shape[0]

    def to(self, device: torch.device) -> Split:
        """The same split on a device; one transfer for all of it."""
        return Split(
            self.images.to(device),
            {name: target.to(device) for name, target in self.targets.items()},
        )


@dataclass(frozen=True)
class PixelStatistics:
    """How pixels become network input: `(pixel * scale - mean) / std`, per channel.

    Attributes:
        scale: 1/255 for bytes, 1 for floats.
        mean: Per channel, measured on the training images without validation; 0 for `unit`.
        std: Per channel, with 1e-6 added so that a constant channel does not divide by zero; 1 for
            `unit`.
    """

    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @staticmethod
    def of(images: torch.Tensor, standardise: bool) -> PixelStatistics:
        """Measure training images `(num_samples, channels, height, width)`, uint8 or float."""
        scale = 1 / 255 if images.dtype == torch.uint8 else 1.0
        channels = images.shape[1]
        if not standardise:
            return PixelStatistics(scale, (0.0,) * channels, (1.0,) * channels)
        # One channel at a time in double precision: exact enough, and small in memory.
        means, stds = [], []
        for channel in range(channels):
            std, mean = torch.std_mean(images[:, channel].double() * scale, correction=0)
            means.append(float(mean))
            stds.append(float(std) + STANDARD_EPSILON)
        return PixelStatistics(scale, tuple(means), tuple(stds))

    def for_pixels(self, dtype: torch.dtype) -> PixelStatistics:
        """The same for bytes in [0, 255] or for floats on the scale of the training images."""
        return replace(self, scale=1 / 255 if dtype == torch.uint8 else 1.0)

    def apply(self, images: torch.Tensor) -> torch.Tensor:
        """Normalise images `(num_samples, channels, height, width)` to float32."""
        normalised = images.to(torch.float32, copy=True).mul_(self.scale)
        if any(self.mean) or any(std != 1 for std in self.std):
            shape = (1, -1, 1, 1)
            normalised.sub_(torch.tensor(self.mean).view(shape))
            normalised.div_(torch.tensor(self.std).view(shape))
        return normalised


@dataclass(frozen=True)
class Dataset:
    """What a run trains and is measured on.

    Attributes:
        name: The dataset's name.
        tasks: In the order in which they are learned and reported.
        image_shape: `(channels, height, width)`.
        load_test: Reads the test split. Called once, after training.
        digest_test: Reads the test split too: a digest of its images before normalisation, equal
            for equal images only.
        available_tasks: Names of all tasks that the dataset has, learned or not.
    """

    name: str
    tasks: tuple[Task, ...]
    image_shape: tuple[int, int, int]
    pixel_statistics: PixelStatistics
    train: Split
    val: Split
    load_test: Callable[[], Split]
    digest_test: Callable[[], str]
    available_tasks: tuple[str, ...] = ()


def prepare(
    samples: LabelledImages,
    make_targets: Callable[[LabelledImages], dict[str, torch.Tensor]],
    pixel_statistics: PixelStatistics,
) -> Split:
    """Normalise the images and derive every target."""
    return Split(pixel_statistics.apply(samples.images), make_targets(samples))


def digest_of(images: torch.Tensor) -> str:
    """SHA-256 of images as they were read: their values, shape and type."""
    form = f"{images.dtype} {tuple(images.shape)}".encode()
    return hashlib.sha256(form + images.contiguous().numpy().tobytes()).hexdigest()
