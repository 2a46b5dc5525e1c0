"""Digits side by side in one image, with a label for each place."""

import math
from functools import cached_property

import torch

from mtlab.data.source import LabelledImages, Source, check_classes
from mtlab.errors import DataError
from mtlab.seeding import generator

PLACES = (
    *("first", "second", "third", "fourth", "fifth"),
    *("sixth", "seventh", "eighth", "ninth", "tenth"),
)


class DigitSequence(Source):
    """Images made of another source's: training images of its training images, and so the test.

    Args:
        digits: What is put side by side, `(N, C, H, W)`.
        name: Of that, for messages.
        length: How many, up to ten.
        num_images, num_test_images: None: as many as use every digit once.
        spacing: Pixels between neighbours; below 0 they overlap, and the brighter pixel counts.
        jitter_pixels: Every digit is moved by up to so many pixels, sideways and up or down.
        seed: Decides who stands beside whom, and how far each is moved.
        classes: Digits to use; None: all.
    """

    def __init__(
        self,
        digits: Source,
        name: str,
        *,
        length: int,
        num_images: int | None,
        num_test_images: int | None,
        spacing: int,
        jitter_pixels: int,
        seed: int,
        classes: list[int] | None,
    ) -> None:
        self._digits, self._name, self._seed, self._classes = digits, name, seed, classes
        self._places = PLACES[:length]
        self._num_images, self._num_test_images = num_images, num_test_images
        self._spacing, self._jitter = spacing, jitter_pixels

    @cached_property
    def _training_digits(self) -> LabelledImages:
        digits = self._digits.train()
        check_classes(digits, self._classes, self._name)
        return self._chosen(digits)

    def train(self) -> LabelledImages:
        return self._side_by_side(self._training_digits, self._num_images, "train")

    def test(self) -> LabelledImages:
        digits = self._chosen(self._digits.test())
        return self._side_by_side(digits, self._num_test_images, "test")

    def known_labels(self) -> dict[str, torch.Tensor]:
        present = self._training_digits.main_label.unique()
        return dict.fromkeys(self._places, present)

    def notes(self) -> list[str]:
        length, total = len(self._places), len(self._training_digits)
        uses = length * (self._num_images or 0) / total
        line = f"sequences of {length}, from the {total:,} training digits of {self._name}"
        if uses <= 1:
            return [f"{line}, each of which stands in one image"]
        return [
            f"{line}, each of which stands in up to {math.ceil(uses)} images: validation images"
            " share digits with training images and are easier than test images"
        ]

    def _chosen(self, digits: LabelledImages) -> LabelledImages:
        if self._classes is None:
            return digits
        are_chosen = torch.isin(digits.main_label, torch.tensor(self._classes))
        return digits.select(are_chosen.nonzero().squeeze(1))

    def _side_by_side(
        self, digits: LabelledImages, num_images: int | None, split: str
    ) -> LabelledImages:
        length, total = len(self._places), len(digits)
        num_images = total // length if num_images is None else num_images
        if total < length:
            raise DataError(
                "dataset.length",
                rule=f"must be at most the number of digits to put side by side, {total}",
                found=length,
                remedy="choose a shorter length, or more classes",
            )
        draws = generator(self._seed, f"digit sequence {split}")
        # Every digit once, then every digit once more, until there are enough.
        rounds = [
            torch.randperm(total, generator=draws)
            for _ in range(math.ceil(num_images * length / total))
        ]
        members = torch.cat(rounds)[: num_images * length].view(num_images, length)
        channels, height, width = digits.images.shape[1:]
        step, margin = width + self._spacing, self._jitter
        size = (height + 2 * margin, (length - 1) * step + width + 2 * margin)
        canvas = torch.zeros(num_images, channels, *size, dtype=digits.images.dtype)
        for place in range(length):
            moves = torch.randint(2 * margin + 1, (num_images, 2), generator=draws)
            images = digits.images.index_select(0, members[:, place])
            for down, right in torch.unique(moves, dim=0).tolist():
                moved = (moves == torch.tensor([down, right])).all(dim=1).nonzero().squeeze(1)
                left = place * step + right
                rows, columns = slice(down, down + height), slice(left, left + width)
                there = canvas[moved, :, rows, columns]
                canvas[moved, :, rows, columns] = torch.maximum(there, images[moved])
        inner = canvas[:, :, margin : size[0] - margin, margin : size[1] - margin].contiguous()
        labels = digits.main_label[members]
        return LabelledImages(
            inner, {name: labels[:, place].clone() for place, name in enumerate(self._places)}
        )
