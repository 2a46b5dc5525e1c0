"""A trained run, or an ensemble of several, as a function from images to answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mtlab.artifacts.reading import read_config
from mtlab.artifacts.run_dir import member_folders
from mtlab.data.arrays import to_images
from mtlab.data.dataset import PixelStatistics
from mtlab.data.tasks import ClassificationTask, RegressionTask, Task
from mtlab.device import Device, select_device
from mtlab.errors import ConfigError, RunFolderError
from mtlab.inference.loading import load_run
from mtlab.training.predict import predict

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("float32", "bfloat16")

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ClassPrediction:
    """The answers of a classification task.

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
        """The name of the most probable class of each image."""
        return [self.task.class_names[index] for index in self.classes]


@dataclass(frozen=True)
class ValuePrediction:
    """The answers of a regression task.

    Attributes:
        values: `(N,)`, in the target's unit.
    """

    task: RegressionTask
    values: Float32Array


TaskPrediction = ClassPrediction | ValuePrediction


@dataclass(frozen=True)
class Predictions:
    """Every task's answers for the same N images, by task name."""

    tasks: dict[str, TaskPrediction]

    def __getitem__(self, task: str) -> TaskPrediction:
        return self.tasks[task]

    def __len__(self) -> int:
        first = next(iter(self.tasks.values()))
        return len(first.probabilities if isinstance(first, ClassPrediction) else first.values)

    def as_array(self) -> npt.NDArray[np.float64]:
        """`(N, tasks)`: labels and values side by side, in the order of the tasks: y's own form."""
        columns = [
            answer.labels if isinstance(answer, ClassPrediction) else answer.values
            for answer in self.tasks.values()
        ]
        return np.stack([column.astype(np.float64) for column in columns], axis=1)


@dataclass(frozen=True)
class Member:
    """One network with how its input follows from pixels."""

    model: nn.Module
    pixel_statistics: PixelStatistics


class Predictor:
    """Answers for images; several members vote with their mean probabilities and values.

    Args:
        tasks: Of every member, in order.
        image_shape: `(channels, height, width)` that every member takes.
        members: On the device.
        batch_size: Images per forward pass.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        image_shape: tuple[int, int, int],
        members: Sequence[Member],
        device: Device,
        batch_size: int,
    ) -> None:
        self.tasks = tuple(tasks)
        self.image_shape = image_shape
        self.device = device
        self._members = tuple(members)
        self._batch_size = batch_size

    def predict(self, images: npt.ArrayLike, subject: str = "images") -> Predictions:
        """What every task answers.

        Args:
            images: `(N, H, W)` or `(N, H, W, C)`, uint8 in [0, 255] or floats on the scale of the
                training images ([0, 1] where those were bytes). N may be 0.
            subject: What the array is called, for messages.

        Raises:
            DataError: Another image size, another type of number, NaN or infinite pixels, or
                pixels on another scale; see `PixelStatistics.check`.
        """
        pixels = to_images(images, self.image_shape, subject)
        for member in self._members:
            member.pixel_statistics.check(pixels, subject)
        answers = self._answers(pixels) if len(pixels) else _no_answers(self.tasks)
        return Predictions({task.name: _typed(task, answers[task.name]) for task in self.tasks})

    def predict_array(self, images: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """`(N, H, W)` to `(N, tasks)`: labels and values, in the order of the tasks.

        A class is given as the label that the training data call it by, in 1, 2, ... as in 0, 7;
        one that is made of several labels (by: groups, parity or threshold) as its number from 0.
        """
        return self.predict(images).as_array()

    def _answers(self, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
        """Mean probabilities `(n, classes)` or values `(n,)` per task."""
        votes = [self._vote(member, pixels) for member in self._members]
        return mean_votes(votes)

    def _vote(self, member: Member, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
        normalise = member.pixel_statistics.for_pixels(pixels.dtype).apply
        outputs = predict(member.model, pixels, self._batch_size, self.device, normalise)
        return probabilities_and_values(self.tasks, outputs)


def _no_answers(tasks: Sequence[Task]) -> dict[str, torch.Tensor]:
    """For no images at all, which a network is not asked about."""
    return {
        task.name: torch.zeros(0, dtype=torch.float32) if isinstance(task, RegressionTask)
        else torch.zeros(0, task.num_classes, dtype=torch.float32)
        for task in tasks
    }  # fmt: skip


def _typed(task: Task, answers: torch.Tensor) -> TaskPrediction:
    if isinstance(task, RegressionTask):
        return ValuePrediction(task, answers.numpy())
    return ClassPrediction(task, answers.numpy())


def probabilities_and_values(
    tasks: Sequence[Task], outputs: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """A network's outputs with logits `(n, classes)` turned into probabilities."""
    return {
        task.name: outputs[task.name]
        if isinstance(task, RegressionTask)
        else outputs[task.name].softmax(dim=1)
        for task in tasks
    }


def mean_votes(votes: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Soft voting: the mean of the members' probabilities and values, per task."""
    if len(votes) == 1:
        return votes[0]
    return {
        task: torch.stack([vote[task].double() for vote in votes]).mean(dim=0).float()
        for task in votes[0]
    }


def _check_choice(key: str, value: object, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ConfigError(
            key,
            rule=f"must be one of {', '.join(choices)}",
            found=repr(value),
            remedy=f"for example {key}={choices[0]!r}",
        )


def _check_positive(key: str, value: object, example: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(
            key,
            rule="must be a whole number of at least 1",
            found=repr(value),
            remedy=f"for example {key}={example}",
        )


def load(
    folder: str | Path,
    *,
    device: str = "auto",
    precision: str | None = None,
    threads: int | None = None,
    batch_size: int = 250,
) -> Predictor:
    """A trained run or an ensemble from its folder; nothing in it is executed or unpickled.

    Args:
        device: `auto`, `cpu` or `cuda`.
        precision: `float32` or `bfloat16`; None: the one that the folder's test figures were
            measured in.
        threads: CPU threads, at least 1; None: one per core.
        batch_size: Images per forward pass, at least 1.

    Raises:
        RunFolderError: Not a run's folder, or one that is damaged.
        ConfigError: A device, a precision, a number of threads or a batch size that does not exist.
    """
    if not isinstance(folder, str | Path):
        raise RunFolderError(
            "folder",
            rule="must name the folder of a run",
            found=repr(folder),
            remedy="runs lie under outputs/DATE/TIME",
        )
    _check_choice("device", device, DEVICES)
    if precision is not None:
        _check_choice("precision", precision, PRECISIONS)
    _check_positive("batch_size", batch_size, 250)
    if threads is not None:
        _check_positive("threads", threads, 2)
    path = Path(folder).expanduser()
    runs = [load_run(member) for member in member_folders(path) or [path]]
    first = runs[0]
    for run in runs[1:]:
        if (run.tasks, run.image_shape) != (first.tasks, first.image_shape):
            raise RunFolderError(
                str(run.folder),
                rule=f"must have the tasks, labels and image size of {first.folder}",
                found="others",
                remedy="train the members on the same dataset",
            )
    # An ensemble's configuration has the key where a run's has it.
    chosen = select_device(device, precision or read_config(path)["device"]["precision"], threads)
    members = [Member(chosen.place(run.model), run.pixel_statistics) for run in runs]
    return Predictor(first.tasks, first.image_shape, members, chosen, batch_size)
