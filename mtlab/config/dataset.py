"""Keys of the group `dataset`: where images come from, how they are split and scaled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mtlab.config.checks import (
    check_between,
    check_each_at_least,
    require,
)
from mtlab.config.tasks import TaskConfig


class Normalisation(Enum):
    """`unit`: pixels in [0, 1]. `standard`: then zero mean and unit variance on train."""

    unit = "unit"
    standard = "standard"


class EmnistVariant(Enum):
    """The EMNIST splits on offer: 47, 26 and 10 classes."""

    balanced = "balanced"
    letters = "letters"
    digits = "digits"


@dataclass
class DatasetConfig:
    """What every dataset has."""

    name: str
    source: str
    normalisation: Normalisation
    val_fraction: float
    limit: int | None
    classes: list[int] | None
    class_names: list[str] | None
    tasks: dict[str, TaskConfig]
    default_tasks: list[str] | None

    def __post_init__(self) -> None:
        check_between(
            self.val_fraction, "dataset.val_fraction", 0, 1, low_open=True, high_open=True
        )
        if self.limit is not None:
            check_between(self.limit, "dataset.limit", 1)
        if self.classes is not None:
            check_each_at_least(self.classes, "dataset.classes", 0)
            require(
                len(set(self.classes)) == len(self.classes) >= 2,
                "dataset.classes",
                "must list at least two different classes",
                self.classes,
                "for example 'dataset.classes=[0,1]'",
            )


@dataclass
class DigitsConfig(DatasetConfig):
    """scikit-learn's bundled digits."""


@dataclass
class DownloadedConfig(DatasetConfig):
    """Sets that are downloaded once into a cache folder."""

    root: str | None


@dataclass
class EmnistConfig(DownloadedConfig):
    """EMNIST, in one of its variants."""

    variant: EmnistVariant


@dataclass
class UndividedConfig(DatasetConfig):
    """Sets that come without a test split of their own."""

    test_fraction: float
    stratify_by: str | None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_between(
            self.test_fraction, "dataset.test_fraction", 0, 1, low_open=True, high_open=True
        )


@dataclass
class NpzConfig(UndividedConfig):
    """A user's own arrays."""

    path: str | None
    images: str
    labels: list[str] | None
    label_names: list[str] | None

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            bool(self.path),
            "dataset.path",
            "must name a .npz file",
            self.path,
            "for example dataset.path=images.npz",
        )


@dataclass
class ShapesConfig(UndividedConfig):
    """The drawn shapes."""

    num_images: int
    image_size: int
    seed: int
    difficulty: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_between(self.num_images, "dataset.num_images", 2)
        check_between(self.image_size, "dataset.image_size", 8)
        check_between(self.seed, "dataset.seed", 0)
        check_between(self.difficulty, "dataset.difficulty", 0, 1)
