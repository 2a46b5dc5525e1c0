"""What a trained run predicts for images: in memory, and as a .csv or .npz file."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtlab.data.tasks import ClassificationTask, RegressionTask

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
        """The name of the most probable class of each image."""
        return [self.task.class_names[index] for index in self.classes]


@dataclass(frozen=True)
class ValuePrediction:
    """The predictions of a regression task.

    Attributes:
        values: `(N,)`, in the target's unit.
    """

    task: RegressionTask
    values: Float32Array


@dataclass(frozen=True)
class Predictions:
    """Every task's predictions for the same N images, by task name."""

    tasks: dict[str, ClassPrediction | ValuePrediction]

    def __getitem__(self, task: str) -> ClassPrediction | ValuePrediction:
        return self.tasks[task]

    def __len__(self) -> int:
        first = next(iter(self.tasks.values()))
        return len(first.probabilities if isinstance(first, ClassPrediction) else first.values)

    def as_array(self) -> npt.NDArray[np.float64]:
        """`(N, tasks)`: labels and values side by side, in the order of the tasks: y's own form."""
        columns = [
            one.labels if isinstance(one, ClassPrediction) else one.values
            for one in self.tasks.values()
        ]
        return np.stack([column.astype(np.float64) for column in columns], axis=1)

    def as_csv(self, with_probabilities: bool) -> str:
        """One row per image.

        Columns: `image`, then per classification task `<task>` (the class's name), `<task>_class`
        (its label, as in the training data) and, if wanted, `<task>_p_<class's name>`; per
        regression task `<task>`.
        """
        columns: dict[str, list[Any]] = {"image": list(range(len(self)))}
        for name, one in self.tasks.items():
            if isinstance(one, ValuePrediction):
                columns[name] = [f"{value:.9g}" for value in one.values.tolist()]
                continue
            columns[name] = one.class_names
            columns[f"{name}_class"] = one.labels.tolist()
            if with_probabilities:
                for class_name, shares in zip(
                    one.task.class_names, one.probabilities.T, strict=True
                ):
                    columns[f"{name}_p_{class_name}"] = [
                        f"{share:.9g}" for share in shares.tolist()
                    ]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return text.getvalue()

    def save_npz(self, path: Path, with_probabilities: bool) -> None:
        """`y` (N, tasks), and per classification task its labels, names and probabilities.

        `<task>_class` (N,) is the label of the most probable class; `<task>_classes` and
        `<task>_labels` (classes,) are name and label of each class, in the order of
        `<task>_probabilities` (N, classes).
        """
        arrays: dict[str, npt.NDArray[Any]] = {"y": self.as_array()}
        for name, one in self.tasks.items():
            if isinstance(one, ClassPrediction):
                arrays[f"{name}_class"] = one.labels
                arrays[f"{name}_classes"] = np.array(one.task.class_names)
                arrays[f"{name}_labels"] = np.array(one.task.labels)
                if with_probabilities:
                    arrays[f"{name}_probabilities"] = one.probabilities
        with path.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # arrays by name, not its flag
