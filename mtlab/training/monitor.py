"""The one validation metric that best epochs, early stopping and plateaus are judged by."""

import math
from collections.abc import Mapping, Sequence

from mtlab.data.tasks import ClassificationTask, Task
from mtlab.errors import ConfigError
from mtlab.objective.metrics import SplitMetrics

LOWER_IS_BETTER = ("loss", "mae", "mse", "rmse")
OF_CLASSES = ("loss", "accuracy", "precision", "recall", "f1")
OF_VALUES = ("loss", "mae", "mse", "rmse", "r2")


class Monitor:
    """Reads `trainer.monitor` from a split's metrics.

    Args:
        name: `loss`, `accuracy` (mean over the classification tasks, weighted as in the loss), or
            `<task>.<metric>`; `val.` in front is allowed.
        tasks: The run's tasks.
        task_weights: The loss's weight of each task by name.
        min_delta: A change up to this size is no improvement.

    Raises:
        ConfigError: No such metric.
    """

    def __init__(
        self,
        name: str,
        tasks: Sequence[Task],
        task_weights: Mapping[str, float],
        min_delta: float = 0.0,
    ) -> None:
        self._task, _, self._metric = name.removeprefix("val.").rpartition(".")
        self._min_delta = min_delta
        self.lower_is_better = self._metric in LOWER_IS_BETTER
        with_classes = {task.name for task in tasks if isinstance(task, ClassificationTask)}
        self._weights = {
            task: weight
            for task, weight in task_weights.items()
            if self._metric == "loss" or task in with_classes
        }
        known = {
            task.name: OF_CLASSES if task.name in with_classes else OF_VALUES for task in tasks
        }
        self._check(name, known)

    def _check(self, name: str, known: Mapping[str, Sequence[str]]) -> None:
        is_of_all = not self._task and self._metric in ("loss", "accuracy")
        if not is_of_all and self._metric not in known.get(self._task, ()):
            listed = "; ".join(f"{task}: {', '.join(own)}" for task, own in known.items())
            first, (_, second, *_) = next(iter(known.items()))
            raise ConfigError(
                "trainer.monitor",
                rule=f"must be loss, accuracy, or a task's metric ({listed})",
                found=name,
                remedy=f"for example trainer.monitor={first}.{second}",
            )
        if is_of_all and self._metric == "accuracy" and not any(self._weights.values()):
            raise ConfigError(
                "trainer.monitor",
                rule="accuracy is a mean over classification tasks that have a weight in the loss",
                found=f"none among {', '.join(known)}",
                remedy="use trainer.monitor=loss",
            )

    def value(self, val: SplitMetrics) -> float:
        """The metric of a validation split."""
        if not self._task and self._metric == "loss":
            return val.loss
        return self.recorded_value(val.tasks)

    def recorded_value(self, metrics: Mapping[str, Mapping[str, float]]) -> float:
        """The metric of a split as summary.json has it, per task and without the weighted loss,
        which is put together again.
        """
        if self._task:
            return metrics[self._task][self._metric]
        total = sum(weight * metrics[task][self._metric] for task, weight in self._weights.items())
        return total if self._metric == "loss" else total / sum(self._weights.values())

    def improves(self, value: float, best: float | None) -> bool:
        """Whether a value is better than the best so far by more than `min_delta`."""
        return self.gain(value, best) > self._min_delta

    def gain(self, value: float, best: float | None) -> float:
        """By how much a value is better than the best so far; infinite where there is none."""
        if best is None:
            return math.inf
        return best - value if self.lower_is_better else value - best
