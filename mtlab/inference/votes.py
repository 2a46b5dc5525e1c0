"""A network's outputs as votes, probabilities and values, which can be averaged: soft voting."""

from collections.abc import Callable, Mapping, Sequence

import torch

from mtlab.data.tasks import RegressionTask, Task, is_labelled
from mtlab.device import Device
from mtlab.inference.loading import LoadedRun
from mtlab.objective.build import build_objective
from mtlab.objective.losses import regression_loss
from mtlab.objective.metrics import SplitMetrics, new_measures, split_metrics
from mtlab.training.predict import predict

SMALLEST_PROBABILITY = 1e-12

Votes = dict[str, torch.Tensor]
"""Per task, on the CPU: probabilities `(n, classes)` or values `(n,)`."""


def votes_of(
    run: LoadedRun,
    images: torch.Tensor,
    batch_size: int,
    device: Device,
    normalise: Callable[[torch.Tensor], torch.Tensor] | None = None,
) -> Votes:
    """How a run, whose model is on the device, votes on images; arguments as of `predict`."""
    return as_votes(run.tasks, predict(run.model, images, batch_size, device, normalise))


def as_votes(tasks: Sequence[Task], outputs: Mapping[str, torch.Tensor]) -> Votes:
    """A network's outputs with logits `(n, classes)` turned into probabilities."""
    return {
        task.name: outputs[task.name]
        if isinstance(task, RegressionTask)
        else outputs[task.name].softmax(dim=1)
        for task in tasks
    }


def mean_votes(votes: Sequence[Votes]) -> Votes:
    if len(votes) == 1:
        return votes[0]
    return {
        task: torch.stack([vote[task].double() for vote in votes]).mean(dim=0).float()
        for task in votes[0]
    }


def measure_votes(
    run: LoadedRun, votes: Votes, targets: Mapping[str, torch.Tensor]
) -> SplitMetrics:
    """Losses and metrics of votes, of one run or of several that average theirs.

    The loss of a classification task is the cross-entropy of the probabilities, which are kept from
    0 by 1e-12.

    Args:
        run: Has the tasks, and how their losses add up.
        targets: Per task, `(n,)`.
    """
    weights = task_weights(run)
    measures = new_measures(run.tasks, torch.device("cpu"))
    losses = []
    for task in run.tasks:
        has_label = is_labelled(targets[task.name])
        labelled_votes, labels = votes[task.name][has_label], targets[task.name][has_label]
        measures[task.name].add(labelled_votes, labels)
        losses.append(_loss(task, labelled_votes, labels))
    total = sum(weights[task.name] * loss for task, loss in zip(run.tasks, losses, strict=True))
    measured = {name: measure.read() for name, measure in measures.items()}
    return split_metrics(total, losses, measured)


def task_weights(run: LoadedRun) -> dict[str, float]:
    """How the run's losses add up, by task."""
    return build_objective(run.config.mtl, run.config.model, run.tasks).task_weights()


def _loss(task: Task, votes: torch.Tensor, targets: torch.Tensor) -> float:
    if isinstance(task, RegressionTask):
        return float(regression_loss(task.loss, task.huber_delta)(votes, targets))
    logs = votes.double().clamp(min=SMALLEST_PROBABILITY).log()
    return float(torch.nn.functional.nll_loss(logs, targets))
