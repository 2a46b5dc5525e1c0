"""What every source of images and labels provides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch


@dataclass(frozen=True)
class LabelledImages:
    """Images with their labels, as they were read.

    Attributes:
        images: `(num_samples, channels, height, width)`, uint8 in [0, 255] or float32.
        labels: Per label name, `(num_samples,)`: whole numbers from 0 are int64, others float32.
    """

    images: torch.Tensor
    labels: dict[str, torch.Tensor]

    def __len__(self) -> int:
        return self.images.shape[0]

    @property
    def main_label_name(self) -> str:
        """The first label, which `dataset.classes` selects by and the splits stratify by."""
        return next(iter(self.labels))

    @property
    def main_label(self) -> torch.Tensor:
        return self.labels[self.main_label_name]

    def select(self, indices: torch.Tensor) -> LabelledImages:
        """The samples at these positions, in this order."""
        return LabelledImages(
            self.images.index_select(0, indices),
            {name: label.index_select(0, indices) for name, label in self.labels.items()},
        )


Strata = Callable[[LabelledImages, int], torch.Tensor]
"""From samples, and how many of them are to be chosen, to the classes `(num_samples,)` whose shares
the choice keeps."""


class Source(Protocol):
    """A dataset on disk or in a package. Nothing of the test split is read before `test()`."""

    def train(self) -> LabelledImages:
        """Read the training images, validation included."""

    def test(self) -> LabelledImages:
        """Read the test images."""

    def known_labels(self) -> dict[str, torch.Tensor]:
        """Per label that the source knows all classes of, those classes, ascending.

        Of images that come undivided these are the classes of all of them, so that one which only
        test images have is a class too. A test split with files of its own is not read for this.
        """

    def class_names(self) -> list[str] | None:
        """Names of the main label's values; None where the source knows none."""
