"""What a trained run or an ensemble predicts for images: in memory, and as a .csv or .npz file."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from mtlab.artifacts.reading import read_configuration
from mtlab.artifacts.run_dir import member_folders
from mtlab.config.base import Count, Keys, read_keys
from mtlab.data.array_files import to_images
from mtlab.data.tasks import ClassificationTask, RegressionTask
from mtlab.device import Device, select_device
from mtlab.errors import RunFolderError
from mtlab.inference.loading import LoadedRun, load_run
from mtlab.inference.votes import Votes, mean_votes, votes_of

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ClassPrediction:
    """The predictions of a classification task.

    Attributes:
        probabilities: `(N, classes)`, each row summing to 1.
    """

    task: ClassificationTask
    probabilities: Float32Array

    @property
    def classes(self) -> npt.NDArray[np.int64]:
        """The most probable class by its position in `task.class_names`, `(N,)`."""
        classes: npt.NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return classes

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """The label of the most probable class, `(N,)`, as the training data call it.

        The class's number for classes that are made of several labels, such as even and odd.
        """
        return np.array(self.task.labels, dtype=np.int64)[self.classes]

    @property
    def class_names(self) -> list[str]:
        return [self.task.class_names[index] for index in self.classes]


@dataclass(frozen=True)
class ValuePrediction:
    """The predictions of a regression task: `values`, `(N,)`, in the target's unit."""

    task: RegressionTask
    values: Float32Array


@dataclass(frozen=True)
class Predictions:
    """Every task's predictions for the same N images, by task name."""

    tasks: dict[str, ClassPrediction | ValuePrediction]

    def __getitem__(self, task: str) -> ClassPrediction | ValuePrediction:
        return self.tasks[task]

    def __len__(self) -> int:
        return len(self.as_array())

    def as_array(self) -> npt.NDArray[np.float64]:
        """`(N, tasks)`: labels and values side by side, in the order of the tasks: y's own form."""
        columns = [
            one.labels if isinstance(one, ClassPrediction) else one.values
            for one in self.tasks.values()
        ]
        return np.stack([column.astype(np.float64) for column in columns], axis=1)

    def as_csv(self, with_probabilities: bool, names: Sequence[str] | None = None) -> str:
        """One row per image.

        Columns: `image` (its name, else its number), then per classification task `<task>` (the
        class's name), `<task>_class` (its label, as in the training data) and, if wanted,
        `<task>_p_<class's name>`; per regression task `<task>`.
        """
        columns: dict[str, Sequence[Any]] = {"image": names or range(len(self))}
        for name, one in self.tasks.items():
            if isinstance(one, ValuePrediction):
                columns[name] = _nine_digits(one.values)
                continue
            columns[name] = one.class_names
            columns[f"{name}_class"] = one.labels.tolist()
            if with_probabilities:
                shares = zip(one.task.class_names, one.probabilities.T, strict=True)
                columns |= {f"{name}_p_{of_class}": _nine_digits(each) for of_class, each in shares}
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return text.getvalue()

    def in_words(self, image: int) -> list[str]:
        """A line per task: the class with its probability, and the next two; or the value."""
        lines = []
        for name, one in self.tasks.items():
            if isinstance(one, ValuePrediction):
                lines.append(f"{name}: {one.values[image]:.4g}")
                continue
            shares = one.probabilities[image]
            best, *others = shares.argsort()[::-1][:3].tolist()
            names = one.task.class_names
            rest = ", ".join(f"{names[other]} {shares[other]:.4f}" for other in others)
            lines.append(f"{name}: {names[best]}, probability {shares[best]:.4f} (then {rest})")
        return lines

    def save_npz(
        self, path: Path, with_probabilities: bool, names: Sequence[str] | None = None
    ) -> None:
        """`y` (N, tasks), `image` (N,) where the images have names, and per classification task its
        labels, names and probabilities.

        `<task>_class` (N,) is the label of the most probable class; `<task>_classes` and
        `<task>_labels` (classes,) are name and label of each class, in the order of
        `<task>_probabilities` (N, classes).
        """
        arrays: dict[str, npt.NDArray[Any]] = {"y": self.as_array()}
        if names:
            arrays["image"] = np.array(names)
        for name, one in self.tasks.items():
            if isinstance(one, ClassPrediction):
                arrays[f"{name}_class"] = one.labels
                arrays[f"{name}_classes"] = np.array(one.task.class_names)
                arrays[f"{name}_labels"] = np.array(one.task.labels)
                if with_probabilities:
                    arrays[f"{name}_probabilities"] = one.probabilities
        with path.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # arrays by name, not its flag


def _nine_digits(values: Float32Array) -> list[str]:
    """Enough for every float32 to be read back as it was."""
    return [f"{value:.9g}" for value in values.tolist()]


class Predictor:
    """Predicts for images; several members, on the device, vote with their mean."""

    def __init__(self, members: Sequence[LoadedRun], device: Device, batch_size: int) -> None:
        self.tasks = members[0].tasks
        self.image_shape = members[0].image_shape
        self.pixel_statistics = members[0].pixel_statistics
        self.device = device
        self._members = members
        self._batch_size = batch_size

    def predict(self, images: npt.ArrayLike, subject: str = "images") -> Predictions:
        """Every task's predictions.

        Args:
            images: `(N, H, W)` or `(N, H, W, C)`, uint8 in [0, 255] or floats on the scale of the
                training images ([0, 1] where those were bytes). N may be 0.
            subject: What the array is called, for messages.

        Raises:
            DataError: Another size, scale or type of number, NaN or infinite pixels.
        """
        pixels = to_images(images, self.image_shape, subject)
        for member in self._members:
            member.pixel_statistics.check(pixels, subject)
        # A network cannot be asked about no images at all: it gets one, whose votes are left out.
        asked = pixels if len(pixels) else torch.zeros(1, *self.image_shape)
        votes = mean_votes([self._votes(member, asked) for member in self._members])
        predictions: dict[str, ClassPrediction | ValuePrediction] = {}
        for task in self.tasks:
            found = votes[task.name][: len(pixels)].numpy()
            predictions[task.name] = (
                ValuePrediction(task, found)
                if isinstance(task, RegressionTask)
                else ClassPrediction(task, found)
            )
        return Predictions(predictions)

    def _votes(self, member: LoadedRun, pixels: torch.Tensor) -> Votes:
        normalise = member.pixel_statistics.for_pixels(pixels.dtype).apply
        return votes_of(member, pixels, self._batch_size, self.device, normalise)

    def predict_array(self, images: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """`(N, H, W)` to `(N, tasks)`: labels and values, in the order of the tasks.

        A class is given as the label that the training data call it by, in 1, 2, ... as in 0, 7;
        one that is made of several labels (by: groups, parity or threshold) as its number from 0.
        """
        return self.predict(images).as_array()


class LoadOptions(Keys):
    """What `load` can be told."""

    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["float32", "bfloat16"] | None
    threads: Count | None
    batch_size: Count


def load(folder: str | Path, **options: object) -> Predictor:
    """See `mtlab.load`, which has the options' defaults."""
    if not isinstance(folder, str | Path):
        raise RunFolderError(
            "folder",
            rule="must name the folder of a run",
            found=repr(folder),
            remedy="runs lie under outputs/DATE/TIME",
        )
    chosen = read_keys(LoadOptions, options)
    path = Path(folder).expanduser()
    members = [load_run(member) for member in member_folders(path) or [path]]
    first = members[0]
    for run in members[1:]:
        if (run.tasks, run.image_shape) != (first.tasks, first.image_shape):
            raise RunFolderError(
                str(run.folder),
                rule=f"must have the tasks, labels and image size of {first.folder}",
                found="others",
                remedy="train the members on the same dataset",
            )
    # An ensemble's configuration has the key where a run's has it.
    tested_in = read_configuration(path)[0]["device"]["precision"]
    device = select_device(chosen.device, chosen.precision or tested_in, chosen.threads)
    for run in members:
        device.place(run.model)
    return Predictor(members, device, chosen.batch_size)
