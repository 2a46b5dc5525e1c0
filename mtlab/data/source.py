"""What every source of images and labels provides."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch

from mtlab.data.splits import count_held_out, strata_of, stratified_folds, stratified_split
from mtlab.data.tasks import is_labelled
from mtlab.errors import ConfigError
from mtlab.seeding import generator

TEST_SPLIT_SEED = 0


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

    def select(self, indices: torch.Tensor) -> "LabelledImages":
        """The samples at these positions, in this order."""
        return LabelledImages(
            self.images.index_select(0, indices),
            {name: label.index_select(0, indices) for name, label in self.labels.items()},
        )


Strata = Callable[[LabelledImages, int], torch.Tensor]
"""From samples, and how many of them are to be chosen, to the classes `(num_samples,)` whose shares
the choice keeps."""


def by_main_label(samples: LabelledImages, num_chosen: int) -> torch.Tensor:
    return strata_of(samples.main_label, num_chosen)


def divide(
    samples: LabelledImages, fraction: float, strata: Strata, draws: torch.Generator
) -> tuple[LabelledImages, LabelledImages]:
    """The rest and the held-out part, see `stratified_split`."""
    of_samples = strata(samples, count_held_out(len(samples), fraction))
    rest, held_out = stratified_split(of_samples, fraction, draws)
    return samples.select(rest), samples.select(held_out)


def divide_by_fold(
    samples: LabelledImages, num_folds: int, fold: int, strata: Strata, draws: torch.Generator
) -> tuple[LabelledImages, LabelledImages]:
    """The rest and one fold, see `stratified_folds`."""
    of_samples = strata(samples, len(samples) // num_folds)
    folds = stratified_folds(of_samples, num_folds, draws)
    rest, held_out = ((folds != fold).nonzero(), (folds == fold).nonzero())
    return samples.select(rest.squeeze(1)), samples.select(held_out.squeeze(1))


def check_classes(samples: LabelledImages, classes: list[int] | None, dataset: str) -> None:
    """Every label of `dataset.classes` must occur among the training samples."""
    if classes is None:
        return
    if samples.main_label.is_floating_point():
        raise ConfigError(
            "dataset.classes",
            rule="selects by the first label, whose values must be whole numbers",
            found=f"{samples.main_label_name} with fractions",
            remedy="set it to null, or put classes first",
        )
    present = samples.main_label[is_labelled(samples.main_label)].unique().tolist()
    strangers = sorted(set(classes) - set(present))
    if strangers:
        is_range = present == list(range(present[0], present[-1] + 1))
        known = f"{present[0]} to {present[-1]}" if is_range else ", ".join(map(str, present))
        raise ConfigError(
            "dataset.classes",
            rule=f"must list labels of {dataset}, which are {known}",
            found=strangers,
            remedy="leave them out",
        )


class Source:
    """A dataset on disk or in a package. Nothing of the test split is read before `test()`."""

    def train(self) -> LabelledImages:
        """Read the training images, validation included."""
        raise NotImplementedError

    def test(self) -> LabelledImages:
        raise NotImplementedError

    def val(self) -> LabelledImages | None:
        """Validation images that came as such; None where they are drawn from `train()`."""
        return None

    def known_labels(self) -> dict[str, torch.Tensor]:
        """Per label that the source knows all classes of, those classes, ascending.

        Of images that come undivided these are the classes of all of them, so that one which only
        test images have is a class too. A test split with files of its own is not read for this.
        """
        return {}

    def class_names(self) -> dict[str, list[str]]:
        """Per label whose values the source has names for, those names; once `train()` was read."""
        return {}

    def notes(self) -> list[str]:
        """A line each on how the training images were understood; once `train()` was read."""
        return []


class Undivided(Source):
    """Images that come undivided; those held out for the test are the same for every run's seed."""

    def __init__(self, name: str, test_fraction: float, strata: Strata = by_main_label) -> None:
        self._name = name
        self._test_fraction = test_fraction
        self._strata = strata

    def read(self) -> LabelledImages:
        """Read all images."""
        raise NotImplementedError

    def train(self) -> LabelledImages:
        return self._divided[0]

    def test(self) -> LabelledImages:
        return self._divided[1]

    @cached_property
    def everything(self) -> LabelledImages:
        return self.read()

    @cached_property
    def _divided(self) -> tuple[LabelledImages, LabelledImages]:
        draws = generator(TEST_SPLIT_SEED, f"{self._name} test split")
        return divide(self.everything, self._test_fraction, self._strata, draws)
