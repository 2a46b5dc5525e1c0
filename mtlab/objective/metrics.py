"""What is measured of a task: summed on the device while batches go by, and read once."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch

from mtlab.data.tasks import RegressionTask, Task, is_labelled

TaskMetrics = dict[str, float]
"""One task on one split: `loss`, its mean, then by name

- of a classification `accuracy`, `precision`, `recall` and `f1`, all fractions in [0, 1];
- of a regression `mae`, `mse` and `rmse`, in the target's unit, and `r2`.
"""


class ConfusionMatrix:
    """Counts of (target, prediction) pairs."""

    def __init__(self, num_classes: int, device: torch.device, *, has_gaps: bool = False) -> None:
        self._num_classes = num_classes
        self._has_gaps = has_gaps
        self._counts = torch.zeros(num_classes * num_classes, dtype=torch.int64, device=device)

    def add(self, logits: torch.Tensor, targets: torch.Tensor) -> None:
        """Count a batch: logits `(batch, classes)`, targets `(batch,)`.

        A tie goes to the smaller class; a sample without a label is not counted.
        """
        pairs = targets * self._num_classes + logits.argmax(dim=1)
        if self._has_gaps:
            self._counts.index_add_(0, pairs.clamp(min=0), is_labelled(targets).to(pairs.dtype))
        else:
            self._counts.index_add_(0, pairs, torch.ones_like(pairs))

    def reset(self) -> None:
        self._counts.zero_()

    def read(self) -> torch.Tensor:
        """A copy of the counts on the CPU, `(num_classes, num_classes)`: rows are targets."""
        shape = (self._num_classes, self._num_classes)
        return self._counts.view(shape).to("cpu", copy=True)


def class_metrics(confusion: torch.Tensor) -> dict[str, torch.Tensor]:
    """Precision, recall and f1 of each class, `(classes,)`, in double precision.

    From a confusion matrix `(classes, classes)` with targets in rows. A class that is never
    predicted has precision 0, one that never occurs has recall 0.
    """
    counts = confusion.double()
    right = counts.diagonal()
    occurrences, predictions = counts.sum(dim=1), counts.sum(dim=0)
    return {
        "precision": right / predictions.clamp(min=1),
        "recall": right / occurrences.clamp(min=1),
        "f1": 2 * right / (occurrences + predictions).clamp(min=1),
    }


def classification_metrics(confusion: torch.Tensor) -> dict[str, float]:
    """Measures from a confusion matrix `(classes, classes)` with targets in rows.

    Precision, recall and f1 are means over the classes that occur as target or prediction, each
    counting the same: scikit-learn's `precision_recall_fscore_support(average="macro",
    zero_division=0)`; see `class_metrics`.
    """
    counts = confusion.double()
    right = counts.diagonal()
    seen = (counts.sum(dim=1) + counts.sum(dim=0)) > 0
    means = {
        name: float(values[seen].mean()) if seen.any() else 0.0
        for name, values in class_metrics(confusion).items()
    }
    return {"accuracy": float(right.sum() / counts.sum().clamp(min=1)), **means}


class RegressionSums:
    """Sums over the samples so far, in double precision.

    The targets' spread is merged batch by batch (Chan, Golub, LeVeque 1979, "Updating formulae and
    a pairwise algorithm for computing sample variances"): subtracting two large sums at the end
    would lose it for targets far from zero.
    """

    def __init__(self, device: torch.device, *, has_gaps: bool = False) -> None:
        self._has_gaps = has_gaps
        self._sums = torch.zeros(5, dtype=torch.float64, device=device)
        # Views, each a single number.
        self._count, self._absolute_errors, self._squared_errors = self._sums[:3].unbind()
        self._squared_deviations, self._target_mean = self._sums[3:].unbind()

    def add(self, predictions: torch.Tensor, targets: torch.Tensor) -> None:
        """Add a batch: predictions and targets `(batch,)`, at least one sample.

        Samples without a label are not counted.
        """
        predictions, targets = predictions.double(), targets.double()
        num_new: int | torch.Tensor = targets.shape[0]
        if self._has_gaps:
            has_label = is_labelled(targets)
            num_new = has_label.sum()
            # With the others' mean as target, and predicted so, a sample adds nothing to any sum.
            targets = torch.where(has_label, targets, targets.nanmean().nan_to_num())
            predictions = torch.where(has_label, predictions, targets)
        errors = predictions - targets
        self._absolute_errors += errors.abs().sum()
        self._squared_errors += errors.square().sum()
        batch_variance, batch_mean = torch.var_mean(targets, correction=0)
        shift = batch_mean - self._target_mean
        count = self._count + num_new
        total = count.clamp(min=1) if self._has_gaps else count
        self._squared_deviations += (
            batch_variance * targets.shape[0] + shift.square() * self._count * num_new / total
        )
        self._target_mean += shift * num_new / total
        self._count.copy_(count)

    def reset(self) -> None:
        self._sums.zero_()

    def read(self) -> dict[str, float]:
        """`mae`, `mse`, `rmse` and `r2` over everything added; one transfer.

        r2 is 1 for perfect predictions, 0 for those as good as the mean of the targets, below 0 for
        worse ones. Where all targets are equal it is 1 or 0, as in scikit-learn's `r2_score`.
        """
        count, absolute, squared, deviations, _ = self._sums.tolist()
        count = max(count, 1.0)
        mse = squared / count
        r2_of_equal_targets = 1.0 if squared == 0 else 0.0
        r2 = 1 - squared / deviations if deviations > 0 else r2_of_equal_targets
        return {"mae": absolute / count, "mse": mse, "rmse": math.sqrt(mse), "r2": r2}


Measure = ConfusionMatrix | RegressionSums


def new_measures(tasks: Iterable[Task], device: torch.device) -> dict[str, Measure]:
    """An empty measure for each task, by name, in order."""
    return {
        task.name: RegressionSums(device, has_gaps=task.has_gaps)
        if isinstance(task, RegressionTask)
        else ConfusionMatrix(task.num_classes, device, has_gaps=task.has_gaps)
        for task in tasks
    }


@dataclass(frozen=True)
class SplitMetrics:
    """All tasks on one split.

    Attributes:
        loss: The tasks' losses, added up by the weights that are reported.
        tasks: By task name, in order.
        confusions: Per classification task, counts `(classes, classes)` with targets in rows.
    """

    loss: float
    tasks: dict[str, TaskMetrics]
    confusions: dict[str, torch.Tensor]

    def as_dict(self) -> dict[str, float | dict[str, float]]:
        """`loss`, then per task its loss and measures."""
        return {"loss": self.loss, **self.tasks}

    @property
    def headline(self) -> str:
        """Each task's name with the one measure to show where there is room for one."""
        return " ".join(
            f"{name} {task['accuracy']:.4f}"
            if "accuracy" in task
            else f"{name} mae {task['mae']:.4f}"
            for name, task in self.tasks.items()
        )


def split_metrics(
    loss: float, losses: list[float], measured: Mapping[str, torch.Tensor | dict[str, float]]
) -> SplitMetrics:
    """Put a split's metrics together.

    Args:
        losses: One per task, in the order of `measured`.
        measured: What was read of each task's measure: a confusion matrix, or regression's
            measures.
    """
    confusions = {name: one for name, one in measured.items() if isinstance(one, torch.Tensor)}
    tasks = {}
    for task_loss, (name, one) in zip(losses, measured.items(), strict=True):
        values = classification_metrics(one) if isinstance(one, torch.Tensor) else one
        tasks[name] = {"loss": task_loss, **values}
    return SplitMetrics(loss, tasks, confusions)
