"""What is measured of a task, summed on the device and read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch

from mtlab.data.tasks import RegressionTask, Task
from mtlab.objective.regression import RegressionMetrics, RegressionSums


@dataclass(frozen=True)
class ClassificationMetrics:
    """Measures of one classification task on one split, all fractions in [0, 1].

    Attributes:
        accuracy: Share of the samples classified rightly.
        precision, recall, f1: Means over the classes that occur as target or prediction, each
            class counting the same (macro average). A class that is never predicted has precision
            0, one that never occurs has recall 0.
    """

    accuracy: float
    precision: float
    recall: float
    f1: float

    def as_dict(self) -> dict[str, float]:
        return {
            "accuracy": self.accuracy,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
        }


class ConfusionMatrix:
    """Counts of (target, prediction) pairs, accumulated on the device without reading them back."""

    def __init__(self, num_classes: int, device: torch.device) -> None:
        self._num_classes = num_classes
        self._counts = torch.zeros(num_classes * num_classes, dtype=torch.int64, device=device)

    def add(self, logits: torch.Tensor, targets: torch.Tensor) -> None:
        """Count a batch: logits `(batch, classes)`, targets `(batch,)`.

        A tie goes to the smaller class.
        """
        pairs = targets * self._num_classes + logits.argmax(dim=1)
        self._counts.index_add_(0, pairs, torch.ones_like(pairs))

    def reset(self) -> None:
        self._counts.zero_()

    def read(self) -> torch.Tensor:
        """A copy of the counts on the CPU, `(num_classes, num_classes)`: rows are targets."""
        shape = (self._num_classes, self._num_classes)
        return self._counts.view(shape).to("cpu", copy=True)


def classification_metrics(confusion: torch.Tensor) -> ClassificationMetrics:
    """Measures from a confusion matrix `(classes, classes)` with targets in rows.

    The same figures as scikit-learn's `precision_recall_fscore_support(average="macro",
    zero_division=0)`.
    """
    counts = confusion.double()
    right = counts.diagonal()
    occurrences, predictions = counts.sum(dim=1), counts.sum(dim=0)
    seen = (occurrences + predictions) > 0
    precision = right / predictions.clamp(min=1)
    recall = right / occurrences.clamp(min=1)
    f1 = 2 * right / (occurrences + predictions).clamp(min=1)
    total = counts.sum().clamp(min=1)
    return ClassificationMetrics(
        accuracy=float(right.sum() / total),
        precision=float(precision[seen].mean()) if seen.any() else 0.0,
        recall=float(recall[seen].mean()) if seen.any() else 0.0,
        f1=float(f1[seen].mean()) if seen.any() else 0.0,
    )


Measure = ConfusionMatrix | RegressionSums
"""What is summed of a task while batches go by."""


def new_measures(tasks: Iterable[Task], device: torch.device) -> dict[str, Measure]:
    """An empty measure for each task, by name, in order."""
    return {
        task.name: RegressionSums(device)
        if isinstance(task, RegressionTask)
        else ConfusionMatrix(task.num_classes, device)
        for task in tasks
    }


@dataclass(frozen=True)
class TaskMetrics:
    """One task on one split: its mean loss and its measures."""

    loss: float
    figures: ClassificationMetrics | RegressionMetrics

    def as_dict(self) -> dict[str, float]:
        return {"loss": self.loss, **self.figures.as_dict()}

    @property
    def headline(self) -> str:
        """The one measure to show where there is room for one, with its name if not accuracy."""
        if isinstance(self.figures, ClassificationMetrics):
            return f"{self.figures.accuracy:.4f}"
        return f"mae {self.figures.mae:.4f}"


@dataclass(frozen=True)
class SplitMetrics:
    """All tasks on one split.

    Attributes:
        loss: The weighted loss.
        tasks: By task name, in order.
        confusions: Per classification task, counts `(classes, classes)` with targets in rows.
    """

    loss: float
    tasks: dict[str, TaskMetrics]
    confusions: dict[str, torch.Tensor]

    def as_dict(self) -> dict[str, float | dict[str, float]]:
        """`loss`, then per task its loss and measures."""
        return {"loss": self.loss, **{name: task.as_dict() for name, task in self.tasks.items()}}

    @property
    def headline(self) -> str:
        """Each task's name with its main measure."""
        return " ".join(f"{name} {task.headline}" for name, task in self.tasks.items())


def split_metrics(
    total_loss: float,
    losses: list[float],
    measured: Mapping[str, torch.Tensor | RegressionMetrics],
) -> SplitMetrics:
    """Put a split's figures together.

    Args:
        losses: One per task, in the order of `measured`.
        measured: What was read of each task's measure: a confusion matrix, or regression's
            figures.
    """
    tasks, confusions = {}, {}
    for loss, (name, result) in zip(losses, measured.items(), strict=True):
        if isinstance(result, torch.Tensor):
            confusions[name] = result
            tasks[name] = TaskMetrics(loss, classification_metrics(result))
        else:
            tasks[name] = TaskMetrics(loss, result)
    return SplitMetrics(total_loss, tasks, confusions)
