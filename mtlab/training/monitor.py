"""The one validation figure that best epochs, early stopping and plateaus are judged by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mtlab.data.tasks import ClassificationTask, Task
from mtlab.errors import ConfigError
from mtlab.objective.metrics import SplitMetrics

LOWER_IS_BETTER = ("loss", "mae", "mse", "rmse")
CLASSIFICATION_FIGURES = ("loss", "accuracy", "precision", "recall", "f1")
REGRESSION_FIGURES = ("loss", "mae", "mse", "rmse", "r2")


class Monitor:
    """Reads `trainer.monitor` from a split's metrics.

    Args:
        name: `loss`, `accuracy` (mean over the classification tasks, weighted as in the loss), or
            `<task>.<figure>`; `val.` in front is allowed.
        tasks: The run's tasks.
        task_weights: The loss's weight of each task by name.
        min_delta: A change up to this size is no improvement.

    Raises:
        ConfigError: No such figure.
    """

    def __init__(
        self,
        name: str,
        tasks: Sequence[Task],
        task_weights: Mapping[str, float],
        min_delta: float = 0.0,
    ) -> None:
        self._task, _, self._figure = name.removeprefix("val.").rpartition(".")
        self._min_delta = min_delta
        self._all = dict(task_weights)
        self._weights = {
            task.name: task_weights[task.name]
            for task in tasks
            if isinstance(task, ClassificationTask)
        }
        self._check(name, tasks)
        self.lower_is_better = self._figure in LOWER_IS_BETTER

    def _check(self, name: str, tasks: Sequence[Task]) -> None:
        figures = {task.name: _figures(task) for task in tasks}
        known = self._figure in figures.get(self._task, ())
        if not known and not (self._task == "" and self._figure in ("loss", "accuracy")):
            listed = "; ".join(f"{task}: {', '.join(own)}" for task, own in figures.items())
            first, (_, second, *_) = next(iter(figures.items()))
            raise ConfigError(
                "trainer.monitor",
                rule=f"must be loss, accuracy, or a task's figure ({listed})",
                found=name,
                remedy=f"for example trainer.monitor={first}.{second}",
            )
        if not self._task and self._figure == "accuracy" and not any(self._weights.values()):
            raise ConfigError(
                "trainer.monitor",
                rule="accuracy is a mean over classification tasks that have a weight in the loss",
                found=f"none among {', '.join(figures)}",
                remedy="use trainer.monitor=loss",
            )

    def value(self, val: SplitMetrics) -> float:
        """The figure of a validation split."""
        if not self._task and self._figure == "loss":
            return val.loss
        return self.recorded_value(val.tasks)

    def recorded_value(self, figures: Mapping[str, Mapping[str, float]]) -> float:
        """The figure of a split as summary.json has it, per task and without the weighted loss,
        which is put together again.
        """
        if self._task:
            return figures[self._task][self._figure]
        if self._figure == "loss":
            return sum(weight * figures[task]["loss"] for task, weight in self._all.items())
        weighted = sum(weight * figures[task]["accuracy"] for task, weight in self._weights.items())
        return weighted / sum(self._weights.values())

    def improves(self, value: float, best: float | None) -> bool:
        """Whether a value is better than the best so far by more than `min_delta`."""
        if best is None:
            return True
        gain = best - value if self.lower_is_better else value - best
        return gain > self._min_delta

    def at_least(self, value: float, best: float | None) -> bool:
        """Whether a value is as good as the best so far, or better; `min_delta` plays no part."""
        if best is None:
            return True
        return value <= best if self.lower_is_better else value >= best


def _figures(task: Task) -> tuple[str, ...]:
    is_classification = isinstance(task, ClassificationTask)
    return CLASSIFICATION_FIGURES if is_classification else REGRESSION_FIGURES
