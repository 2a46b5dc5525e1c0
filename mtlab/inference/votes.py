"""Measuring averaged votes: probabilities and values in place of a network's outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from mtlab.data.tasks import RegressionTask, Task
from mtlab.objective.losses import regression_loss
from mtlab.objective.metrics import SplitMetrics, new_measures, split_metrics

SMALLEST_PROBABILITY = 1e-12


def measure_votes(
    tasks: Sequence[Task],
    votes: Mapping[str, torch.Tensor],
    targets: Mapping[str, torch.Tensor],
    task_weights: Mapping[str, float],
) -> SplitMetrics:
    """Losses and measures of probabilities `(n, classes)` and values `(n,)`, on the CPU.

    The loss of a classification task is the cross-entropy of the probabilities, which are kept from
    0 by 1e-12.

    Args:
        targets: Per task, `(n,)`.
        task_weights: How the tasks' losses add up.
    """
    measures = new_measures(tasks, torch.device("cpu"))
    losses = []
    for task in tasks:
        measures[task.name].add(votes[task.name], targets[task.name])
        losses.append(_loss(task, votes[task.name], targets[task.name]))
    total = sum(
        task_weights.get(task.name, 1.0) * loss for task, loss in zip(tasks, losses, strict=True)
    )
    return split_metrics(
        total, losses, {name: measure.read() for name, measure in measures.items()}
    )


def _loss(task: Task, votes: torch.Tensor, targets: torch.Tensor) -> float:
    if isinstance(task, RegressionTask):
        return float(regression_loss(task.loss, task.huber_delta)(votes, targets))
    logs = votes.double().clamp(min=SMALLEST_PROBABILITY).log()
    return float(torch.nn.functional.nll_loss(logs, targets))
