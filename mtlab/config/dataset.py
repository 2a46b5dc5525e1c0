"""Keys of the group `dataset`: where images come from, how they are split and scaled, its tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from mtlab.config.base import Count, Keys, Name, Positive, Share, ShareInside, Whole, described
from mtlab.errors import ConfigError

# In full, so that a run can be measured again from any folder.
Place = Annotated[
    str, AfterValidator(lambda typed: typed and str(Path(typed).expanduser().absolute()))
]


class TaskConfig(Keys):
    """One task, `dataset.tasks.<name>`.

    Attributes:
        by: How a classification task's target follows from a label; `groups` and `at` belong to it.
        label: The label it reads; None: the one of its own name, else the only one, or the first
            where `by` derives classes from it.
        range: Of a regression, lowest and highest value of the target; None: any number.
        activation: What turns a regression head's last number into its answer. `sigmoid` reaches
            over the range ([0, 1] without one), `softplus` from 0 upwards.
        huber_delta: Where Huber's loss turns from squares to absolute values, in the target's unit.
    """

    kind: Literal["classification", "regression"] = "classification"
    by: Literal["label", "groups", "parity", "threshold"] = "label"
    label: str | None = None
    groups: dict[Name, list[int]] = Field(default_factory=dict)
    at: int | None = None
    range: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    activation: Literal["identity", "sigmoid", "softplus"] = "identity"
    loss: Literal["mse", "mae", "huber"] = "mse"
    huber_delta: Positive = 1.0


class DatasetKeys(Keys):
    """What every dataset has."""

    name: str
    normalisation: Literal["unit", "standard"]
    val_fraction: ShareInside
    limit: Count | None
    classes: list[Whole] | None
    class_names: list[Name] | None
    tasks: dict[Name, TaskConfig]
    default_tasks: list[Name] | None

    @model_validator(mode="after")
    def _check_classes(self) -> Self:
        classes = self.classes
        if classes is not None and not len(set(classes)) == len(classes) >= 2:
            raise ConfigError(
                "dataset.classes",
                rule="must list at least two different classes",
                found=classes,
                remedy="for example 'dataset.classes=[0,1]'",
            )
        return self


class DigitsConfig(DatasetKeys):
    """scikit-learn's bundled digits."""

    source: Literal["digits"]


class DownloadedConfig(DatasetKeys):
    """Sets that are downloaded once into a cache folder."""

    source: Literal["mnist", "fashion_mnist", "kmnist"]
    root: Place | None


class EmnistConfig(DatasetKeys):
    """EMNIST, in one of its variants of 47, 26 and 10 classes."""

    source: Literal["emnist"]
    root: Place | None
    variant: Literal["balanced", "letters", "digits"]


class UndividedKeys(DatasetKeys):
    """Sets that come without a test split of their own."""

    test_fraction: ShareInside
    stratify_by: str | None


class NpzConfig(UndividedKeys):
    """A user's own arrays."""

    source: Literal["npz"]
    path: Annotated[Place, described("a .npz file", "images.npz")]
    images: str
    labels: list[Name] | None
    label_names: list[Name] | None


class ShapesConfig(UndividedKeys):
    """The drawn shapes."""

    source: Literal["shapes"]
    num_images: Annotated[int, Field(ge=2)]
    image_size: Annotated[int, Field(ge=8)]
    seed: Whole
    difficulty: Share


DatasetConfig = Annotated[
    DigitsConfig | DownloadedConfig | EmnistConfig | NpzConfig | ShapesConfig,
    Field(discriminator="source"),
]
