"""The one validation figure that best epochs, early stopping and plateaus are judged by."""

from __future__ import annotations

from mtlab.errors import ConfigError
from mtlab.objective.metrics import SplitMetrics

LOWER_IS_BETTER = {"loss"}
TASK_FIGURES = ("loss", "accuracy", "precision", "recall", "f1")


class Monitor:
    """Reads `trainer.monitor` from a split's metrics.

    Args:
        name: `loss`, `accuracy` (mean over the tasks, weighted as in the loss), or
            `<task>.<figure>`; `val.` in front is allowed.
        task_weights: The loss's weight of each task by name.
        min_delta: A change up to this size is no improvement.

    Raises:
        ConfigError: No such figure.
    """

    def __init__(self, name: str, task_weights: dict[str, float], min_delta: float = 0.0) -> None:
        self._task, _, self._figure = name.removeprefix("val.").rpartition(".")
        self._weights = task_weights
        self._min_delta = min_delta
        known_alone = self._task == "" and self._figure in ("loss", "accuracy")
        if not known_alone and not (self._task in task_weights and self._figure in TASK_FIGURES):
            first = next(iter(task_weights))
            raise ConfigError(
                "trainer.monitor",
                "must be loss, accuracy, or a task's figure"
                f" (tasks {', '.join(task_weights)}; figures {', '.join(TASK_FIGURES)})",
                name, f"for example trainer.monitor={first}.accuracy",
            )  # fmt: skip
        self.lower_is_better = self._figure in LOWER_IS_BETTER

    def value(self, val: SplitMetrics) -> float:
        """The figure of a validation split."""
        if self._task:
            return val.tasks[self._task].as_dict()[self._figure]
        if self._figure == "loss":
            return val.loss
        weighted = sum(
            weight * val.tasks[task].classification.accuracy
            for task, weight in self._weights.items()
        )
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
