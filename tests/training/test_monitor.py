"""Which validation figure is watched, and in which direction."""

import pytest
import torch

from mtlab.data.tasks import ClassificationTask, RegressionTask
from mtlab.errors import ConfigError
from mtlab.objective.metrics import split_metrics
from mtlab.training.monitor import Monitor

TASKS = (
    ClassificationTask("a", ("no", "yes")),
    ClassificationTask("b", ("no", "yes")),
    RegressionTask("c"),
)
WEIGHTS = {"a": 1.0, "b": 3.0, "c": 0.3}
VAL = split_metrics(
    0.7,
    [0.1, 0.2, 0.3],
    {
        "a": torch.tensor([[4, 0], [0, 4]]),
        "b": torch.tensor([[2, 2], [2, 2]]),
        "c": {"mae": 0.2, "mse": 0.05, "rmse": 0.22, "r2": 0.4},
    },
)


def test_a_figure_of_any_task_can_be_watched():
    assert Monitor("val.b.accuracy", TASKS, WEIGHTS).value(VAL) == 0.5
    assert Monitor("c.r2", TASKS, WEIGHTS).value(VAL) == 0.4
    assert Monitor("c.loss", TASKS, WEIGHTS).value(VAL) == 0.3


def test_accuracy_is_the_weighted_mean_over_classification_tasks_alone():
    assert Monitor("accuracy", TASKS, WEIGHTS).value(VAL) == pytest.approx((1 + 3 * 0.5) / 4)


@pytest.mark.parametrize(
    ("name", "lower"), [("c.mae", True), ("c.rmse", True), ("c.r2", False), ("b.f1", False)]
)
def test_the_direction_follows_from_the_figure(name: str, lower: bool):
    monitor = Monitor(name, TASKS, WEIGHTS)
    assert monitor.lower_is_better is lower
    assert monitor.improves(0.1, 0.2) is lower


@pytest.mark.parametrize("name", ["c.accuracy", "a.mae", "d.loss", "r2", ""])
def test_a_figure_that_the_task_does_not_have_is_an_error(name: str):
    with pytest.raises(ConfigError, match=r"a: loss, accuracy.*c: loss, mae"):
        Monitor(name, TASKS, WEIGHTS)


def test_accuracy_without_a_classification_task_is_an_error():
    with pytest.raises(ConfigError, match=r"trainer\.monitor=loss"):
        Monitor("accuracy", TASKS[2:], {"c": 1.0})
