"""Keys of the group `dataset`: where images come from, how they are split and scaled, its tasks."""

from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mtlab.config.base import Count, Keys, Name, Positive, Share, ShareInside, Whole, described
from mtlab.config.files import Place
from mtlab.errors import ConfigError

T = TypeVar("T")


def _none_twice(values: list[T]) -> list[T]:
    if len(set(values)) < len(values):
        raise ValueError("one is there twice")
    return values


def _ascending(limits: list[float]) -> list[float]:
    if limits[0] >= limits[1]:
        raise ValueError("the higher one comes first")
    return limits


NoneTwice = AfterValidator(_none_twice)
Classes = Annotated[
    list[Whole], NoneTwice, described("at least two different classes", "[0,1]", min_length=2)
]
ClassNames = Annotated[
    list[Name], NoneTwice, described("a list of names, each label with a name of its own", "[a,b]")
]
Marker = Annotated[
    float | Literal["nan"],
    # Hydra reads nan as a number, YAML as a name.
    BeforeValidator(lambda value: "nan" if str(value) == "nan" else value),
    described("a number, or nan", "-1"),
]
"""What an array holds in place of a label that is not there."""
TaskNames = Annotated[list[Name], NoneTwice, described("a list of tasks, none twice", "[a,b]")]
TwoCounts = Annotated[list[Count], Field(min_length=2, max_length=2)]
Limits = Annotated[
    list[float],
    described(
        "a list of two numbers, the lowest and the highest value",
        "[0,1]",
        min_length=2,
        max_length=2,
    ),
    AfterValidator(_ascending),
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
        missing: What stands in the label's place where a sample has none; None: every sample has.
    """

    kind: Literal["classification", "regression"] = "classification"
    by: Literal["label", "groups", "parity", "threshold"] = "label"
    label: Name | None = None
    groups: dict[Name, list[int]] = Field(default_factory=dict)
    at: int | None = None
    range: Limits | None = None
    activation: Literal["identity", "sigmoid", "softplus"] = "identity"
    loss: Literal["mse", "mae", "huber"] = "mse"
    huber_delta: Positive = 1.0
    missing: Marker | None = None

    def check(self, key: str) -> None:
        """Rules over several keys of a task, which stands under this one.

        Raises:
            ConfigError: Keys that do not fit each other.
        """
        if self.kind == "regression":
            self._check_regression(key)
            return
        for name in ("range", "activation", "loss", "huber_delta"):
            if getattr(self, name) != type(self).model_fields[name].default:
                raise ConfigError(
                    f"{key}.{name}",
                    rule="belongs to regression tasks",
                    found="kind: classification",
                    remedy=f"leave it out, or set {key}.kind=regression",
                )
        if self.by == "threshold" and self.at is None:
            raise ConfigError(
                f"{key}.at", rule="must be a label", found=None, remedy=f"for example {key}.at=5"
            )
        grouped = [label for labels in self.groups.values() for label in labels]
        twice = next((label for label in grouped if grouped.count(label) > 1), None)
        if self.by == "groups" and twice is not None:
            owners = [
                name for name, labels in self.groups.items() for _ in range(labels.count(twice))
            ]
            raise ConfigError(
                f"{key}.groups",
                rule="must put every label in one group",
                found=f"label {twice} in {' and '.join(owners)}",
                remedy="take it out of one",
            )

    def _check_regression(self, key: str) -> None:
        if self.by != "label" or self.groups or self.at is not None:
            raise ConfigError(
                f"{key}.by",
                rule="derives classes, and this task is a regression",
                found=self.by,
                remedy="leave by, groups and at out",
            )
        if self.activation == "softplus" and self.range is not None and self.range[0] < 0:
            raise ConfigError(
                f"{key}.activation",
                rule="softplus reaches from 0 upwards",
                found=f"range {self.range}",
                remedy="use sigmoid, which reaches over the range, or identity",
            )


class DatasetKeys(Keys):
    """What every dataset has."""

    name: str
    normalisation: Literal["unit", "standard", "per_pixel"]
    val_fraction: ShareInside
    limit: Count | None
    classes: Classes | None
    class_names: ClassNames | None
    tasks: dict[Name, TaskConfig]
    default_tasks: TaskNames | None
    folds: Annotated[int, Field(ge=2)] | None = None
    fold: Whole | None = None

    @model_validator(mode="after")
    def _check_fold(self) -> Self:
        last = None if self.folds is None else self.folds - 1
        if (self.fold is None) != (last is None):
            key, found = ("folds", f"fold {self.fold}") if last is None else ("fold", "none")
            raise ConfigError(
                f"dataset.{key}",
                rule="must be set with the other: dataset.folds says into how many parts training"
                " images are divided, dataset.fold which of them is validation",
                found=found,
                remedy="for example dataset.folds=5 -m dataset.fold=0,1,2,3,4",
            )
        if self.fold is not None and last is not None and self.fold > last:
            raise ConfigError(
                "dataset.fold",
                rule=f"must be one of dataset.folds={self.folds}, from 0 to {last}",
                found=self.fold,
                remedy=f"sweep over all by -m dataset.fold={','.join(map(str, range(last + 1)))}",
            )
        return self

    @model_validator(mode="after")
    def _check_tasks(self) -> Self:
        for name, task in self.tasks.items():
            task.check(f"dataset.tasks.{name}")
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
    stratify_by: Name | None


class NpzConfig(UndividedKeys):
    """A user's own arrays."""

    source: Literal["npz"]
    path: Annotated[Place, described("a .npz file", "images.npz")]
    images: str
    white: Positive | None = None
    labels: list[Name] | None
    label_names: list[Name] | None


class FolderConfig(UndividedKeys):
    """Pictures in a folder per class."""

    source: Literal["folder"]
    path: Annotated[Place, described("a folder of pictures by class", "photos")]
    image_size: Count | TwoCounts | None
    channels: Literal[1, 3] | None

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width."""
        if isinstance(self.image_size, list):
            return self.image_size[0], self.image_size[1]
        return None if self.image_size is None else (self.image_size, self.image_size)


class ShapesConfig(UndividedKeys):
    """The drawn shapes."""

    source: Literal["shapes"]
    num_images: Annotated[int, Field(ge=2)]
    image_size: Annotated[int, Field(ge=8)]
    seed: Whole
    difficulty: Share


class DigitSequenceConfig(DatasetKeys):
    """Digits side by side."""

    source: Literal["digit_sequence"]
    of: Literal["digits", "mnist", "fashion_mnist", "kmnist"]
    root: Place | None
    length: Annotated[int, Field(ge=2, le=10)]
    num_images: Annotated[int, Field(ge=2)] | None
    num_test_images: Count | None
    spacing: Annotated[int, Field(ge=-14, le=256)]
    jitter_pixels: Annotated[int, Field(ge=0, le=14)]
    seed: Whole


DatasetConfig = Annotated[
    DigitsConfig
    | DownloadedConfig
    | EmnistConfig
    | NpzConfig
    | FolderConfig
    | ShapesConfig
    | DigitSequenceConfig,
    Field(discriminator="source"),
]
