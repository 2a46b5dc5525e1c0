"""What a trained run is worth: the weights that validation chose, measured on every split."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from mtlab.artifacts.model_file import save_model
from mtlab.artifacts.run_dir import RunFolder, write_whole
from mtlab.data.dataset import Split
from mtlab.data.tasks import RegressionTask, is_labelled
from mtlab.errors import MtlabError
from mtlab.objective.metrics import SplitMetrics
from mtlab.runner.build import Experiment
from mtlab.training.predict import predict
from mtlab.training.state import copy_weights

MOST_POINTS = 2000
"""Of a scatter: enough to fill one, and few enough that ten thousand run folders stay small."""


@dataclass(frozen=True)
class Measured:
    """What was measured after training.

    Attributes:
        kept_epoch: Whose weights the model has now; `splits` are measured with them.
        last: The same with the last weights, of a trainer whose last ones may be far from the best;
            None for others.
        converged: Whether the trainer found a solution; None where there is no such notion.
        num_test_labelled: Per task that not every image has a label for.
        seconds: All of it, reading the test split included.
        test_seconds: Of measuring on the test split alone, once it is read.
    """

    kept_epoch: int
    splits: Mapping[str, SplitMetrics]
    last: Mapping[str, SplitMetrics] | None
    converged: bool | None
    num_test_samples: int
    num_test_labelled: Mapping[str, int]
    seconds: float
    test_seconds: float


def measure(experiment: Experiment, folder: RunFolder) -> Measured:
    """Keep the weights that validation chose, read the test split for the first time, measure.

    Raises:
        MtlabError: What is wrong with the test split; the message names the model, which is kept.
    """
    started = time.perf_counter()
    trainer, model = experiment.trainer, experiment.model
    last = copy_weights(model)
    kept, kept_epoch = last, trainer.epoch
    if experiment.config.trainer.keep == "best" and trainer.best is not None:
        kept, kept_epoch = trainer.best.weights, trainer.best.epoch
    model.load_state_dict(kept)
    # Before the test split is read: whatever is wrong with it, the weights are safe.
    save_model(folder.weights, model, experiment.dataset)
    test = _load_test(experiment, folder).to(experiment.device.torch_device)
    splits = {"train": experiment.train, "val": experiment.val, "test": test}
    metrics = {}
    for name, split in splits.items():
        test_started = time.perf_counter()
        metrics[name] = experiment.measure(split)
    test_seconds = time.perf_counter() - test_started
    last_metrics = None
    if trainer.converged is not None and kept is not last:
        # The last weights of pairs that cannot be separated jump about: both are reported.
        model.load_state_dict(last)
        last_metrics = {name: experiment.measure(split) for name, split in splits.items()}
        model.load_state_dict(kept)
    confusions = {
        name: {task: matrix.tolist() for task, matrix in split.confusions.items()}
        for name, split in metrics.items()
    }
    write_whole(folder.confusions, json.dumps(confusions) + "\n")
    _save_scatter(experiment, test, folder)
    seconds = time.perf_counter() - started
    with_gaps = [task.name for task in experiment.dataset.tasks if task.has_gaps]
    return Measured(
        kept_epoch,
        metrics,
        last_metrics,
        trainer.converged,
        num_test_samples=len(test),
        num_test_labelled={name: test.num_labelled(name) for name in with_gaps},
        seconds=seconds,
        test_seconds=test_seconds,
    )


def _load_test(experiment: Experiment, folder: RunFolder) -> Split:
    try:
        return experiment.dataset.load_test()
    except MtlabError as error:
        kept = f"the trained model is kept in {folder.weights}"
        remedy = f"{error.remedy}; {kept}" if error.remedy else kept
        raise type(error)(
            error.subject, rule=error.rule, found=error.found, remedy=remedy
        ) from error


def _save_scatter(experiment: Experiment, test: Split, folder: RunFolder) -> None:
    """Keep the test split's true and predicted values of every regression task."""
    names = [task.name for task in experiment.dataset.tasks if isinstance(task, RegressionTask)]
    if names:
        batch_size = experiment.config.trainer.eval_batch_size
        outputs = predict(experiment.model, test.images, batch_size, experiment.device)
        points = {name: scatter_points(test.targets[name], outputs[name]) for name in names}
        write_whole(folder.scatter, json.dumps({"test": points}) + "\n")


def scatter_points(true: torch.Tensor, predicted: torch.Tensor) -> dict[str, list[float]]:
    """Values of at most 2,000 samples with a label, evenly spaced over the split; both
    `(num_samples,)`.
    """
    has_label = is_labelled(true).cpu()
    true, predicted = true.cpu()[has_label], predicted.cpu()[has_label]
    num_samples = true.shape[0]
    num_points = min(num_samples, MOST_POINTS)
    chosen = torch.linspace(0, num_samples - 1, num_points, dtype=torch.float64).round().long()
    values = {"true": true[chosen], "predicted": predicted[chosen]}
    return {name: [float(f"{value:.6g}") for value in row.tolist()] for name, row in values.items()}
