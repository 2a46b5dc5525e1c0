"""Splits in memory: normalised images and the target of every task."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch

from mtlab.data.tasks import Task, is_labelled
from mtlab.errors import DataError

STANDARD_EPSILON = 1e-6
BYTE_LIKE = 50
"""Training pixels that reach beyond this count grey levels: fractions from 0 to 1 are on another
scale."""
FARTHEST_RANGES = 10
"""Pixels further outside the training range than ten times its width are on another scale: noise
and other lighting stay within, 0 to 255 in place of 0 to 1 does not."""


@dataclass(frozen=True)
class Split:
    """One split, ready to be drawn from.

    Attributes:
        images: `(num_samples, channels, height, width)`, float32, normalised.
        targets: Per task, `(num_samples,)`: int64 in `[0, num_classes)` for classification,
            float32 for regression. -1 or NaN for a sample without a label, of tasks with gaps.
    """

    images: torch.Tensor
    targets: dict[str, torch.Tensor]

    def __len__(self) -> int:
        return self.images.shape[0]

    def num_labelled(self, task: str) -> int:
        return int(is_labelled(self.targets[task]).sum())

    def only_labelled(self, task: str) -> "Split":
        """The samples that have a label for a task."""
        kept = is_labelled(self.targets[task])
        if kept.all():
            return self
        targets = {name: target[kept] for name, target in self.targets.items()}
        return Split(self.images[kept], targets)

    def to(self, device: torch.device) -> "Split":
        targets = {name: target.to(device) for name, target in self.targets.items()}
        return Split(self.images.to(device), targets)


@dataclass(frozen=True)
class PixelStatistics:
    """How pixels become network input: `(pixel * scale - mean) / std`, per channel or per pixel.

    Measured on the training images without validation.

    Attributes:
        scale: 1/255 for bytes, 1 for floats.
        mean: Per channel, or per channel, row and column; 0 for `unit`.
        std: As many. With 1e-6 added per channel, so that a constant one does not divide by zero;
            a pixel that never changes has 1, as in scikit-learn's StandardScaler. 1 for `unit`.
        low, high: The least and the greatest training pixel, after scaling.
        size: Height and width of mean and std: (1, 1) per channel, the images' per pixel.
        brightness: The mean training pixel, after scaling; None in files of older runs.
    """

    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    low: float
    high: float
    size: tuple[int, int] = (1, 1)
    brightness: float | None = None

    @staticmethod
    def of(
        images: torch.Tensor, normalisation: Literal["unit", "standard", "per_pixel"]
    ) -> "PixelStatistics":
        """Measure training images `(num_samples, channels, height, width)`, uint8 or float."""
        scale = 1 / 255 if images.dtype == torch.uint8 else 1.0
        channels, height, width = images.shape[1:]
        low, high = (float(pixel) * scale for pixel in images.aminmax())
        # By numpy, since torch's sum hangs on the number of threads in its last bit.
        brightness = float(images.numpy().mean(dtype=np.float64)) * scale
        if normalisation == "unit":
            zeros, ones = (0.0,) * channels, (1.0,) * channels
            return PixelStatistics(scale, zeros, ones, low, high, brightness=brightness)
        is_per_pixel = normalisation == "per_pixel"
        means: list[float] = []
        stds: list[float] = []
        # One channel at a time in double precision: exact enough, and small in memory.
        for channel in range(channels):
            pixels = images[:, channel].double() * scale
            if is_per_pixel:
                std, mean = torch.std_mean(pixels, dim=0, correction=0)
                std[pixels.amin(dim=0) == pixels.amax(dim=0)] = 1
                means += mean.flatten().tolist()
                stds += std.flatten().tolist()
            else:
                std, mean = torch.std_mean(pixels, correction=0)
                means.append(float(mean))
                stds.append(float(std) + STANDARD_EPSILON)
        size = (height, width) if is_per_pixel else (1, 1)
        return PixelStatistics(scale, tuple(means), tuple(stds), low, high, size, brightness)

    def mean_and_std(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Both as float32 `(1, channels, 1, 1)` or `(1, channels, height, width)`."""
        shape = (1, -1, *self.size)
        return torch.tensor(self.mean).view(shape), torch.tensor(self.std).view(shape)

    def for_pixels(self, dtype: torch.dtype) -> "PixelStatistics":
        """The same for bytes in [0, 255] or for floats on the scale of the training images."""
        return replace(self, scale=1 / 255 if dtype == torch.uint8 else 1.0)

    def check(self, images: torch.Tensor, subject: str) -> None:
        """Refuse images of another size where each pixel has a mean of its own, and pixels on
        another scale than that of the training images.

        Bytes are divided by 255, which suits a network that learned from bytes, or from floats in
        [0, 1]. That is also the range of training pixels that lay in it.

        Args:
            images: `(num_samples, channels, height, width)`, uint8 or finite float32.
        """
        if not images.numel():
            return
        if self.size not in ((1, 1), tuple(images.shape[2:])):
            raise DataError(
                subject,
                rule="must have the size of the training images, each pixel of which has a mean of"
                f" its own: {self.size[0]}x{self.size[1]}",
                found="x".join(map(str, images.shape[2:])),
                remedy="resize them",
            )
        is_unit = self.low >= 0 and self.high <= 1
        low, high = (0.0, 1.0) if is_unit else (self.low, self.high)
        margin = FARTHEST_RANGES * (high - low or max(abs(high), 1))
        least, greatest = (float(pixel) for pixel in images.aminmax())
        if images.dtype == torch.uint8:
            if is_unit:
                return
            found = "uint8, which would be divided by 255"
            remedy = "convert them with .astype(numpy.float32), on the scale of those"
        elif least < low - margin or greatest > high + margin:
            found = f"pixels from {least:g} to {greatest:g}"
            remedy = "divide by 255 where they go from 0 to 255" if is_unit else "rescale them"
        elif high > BYTE_LIKE and least >= 0 and greatest <= 1 and bool(images.frac().any()):
            found = f"fractions from {least:g} to {greatest:g}"
            remedy = "multiply by 255 where 1 is white and those go to 255"
        else:
            return
        raise DataError(
            subject,
            rule=f"must be on the scale of the training images, which go from {low:g} to {high:g}",
            found=found,
            remedy=remedy,
        )

    def apply(self, images: torch.Tensor) -> torch.Tensor:
        """Normalise images `(num_samples, channels, height, width)` to float32."""
        normalised = images.to(torch.float32, copy=True).mul_(self.scale)
        if any(self.mean) or any(std != 1 for std in self.std):
            mean, std = self.mean_and_std()
            normalised.sub_(mean).div_(std)
        return normalised


@dataclass(frozen=True)
class Dataset:
    """What a run trains and is measured on.

    Attributes:
        tasks: In the order in which they are learned and reported.
        image_shape: `(channels, height, width)`.
        load_test: Reads the test split. Called once, after training.
        digest_test: Reads the test split too: a digest of its images before normalisation, equal
            for equal images only.
        available_tasks: Names of all tasks that the dataset has, learned or not.
        notes: A line each on how the data were understood, for people.
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
    notes: tuple[str, ...] = ()
