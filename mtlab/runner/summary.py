"""summary.json of a run, made from what it is and what has happened to it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mtlab.config.preset import are_comparable, published_metrics
from mtlab.config.run import RunConfig
from mtlab.data.tasks import ClassificationTask
from mtlab.objective.metrics import SplitMetrics
from mtlab.runner.build import Experiment
from mtlab.runner.measure import Measured
from mtlab.runner.sinks import Sink
from mtlab.training.trainer import EpochEnd, Event


@dataclass
class History(Sink):
    """Counts a run's epochs and its wall-clock seconds, the import of torch not included.

    Attributes:
        train: Seconds of training steps.
        evaluate: Seconds of measuring on validation, and on every split at the end.
        samples: Training images, each time they were seen.
    """

    epochs: int = 0
    best_epoch: int | None = None
    train: float = 0.0
    evaluate: float = 0.0
    epoch_mean: float | None = None
    samples: int = 0

    def receive(self, event: Event) -> None:
        if isinstance(event, EpochEnd):
            self.epochs = event.epoch
            self.best_epoch = event.epoch if event.is_best else self.best_epoch
            self.train += event.train_seconds
            self.evaluate += event.seconds - event.train_seconds
            self.epoch_mean = (self.train + self.evaluate) / event.epoch
            self.samples += event.num_samples


def describe_study(config: RunConfig | None, device_type: str | None) -> dict[str, Any]:
    """What the run's preset says of it.

    `published` maps a dotted path in this summary to the published number, and `published_on` says
    what it was measured on, where that is not this run's dataset. Nothing is published for another
    dataset or model. `deviations` are the settings in which the run is not what its preset and row
    say: a dotted key to the `preset`'s value and the `run`'s; None without a preset.
    """
    published = None
    if config is not None and device_type is not None:
        values = config.as_values()
        if are_comparable(values, config.deviations or {}):
            published = published_metrics(values, device_type)
    return {
        "experiment": config and config.preset,
        "row": config and config.row,
        "published": published,
        "published_on": config and published and config.published_on,
        "deviations": config and config.deviations,
        "seed": config and config.seed,
        "dataset": config and config.dataset.name,
        "model": config and config.model.name,
    }


def describe_parts(experiment: Experiment | None) -> dict[str, Any]:
    """The tasks, the images and the network; None for each of a run that was never built.

    `kinds` is `classification` or `regression` per task, `classes` the names of its classes.
    """
    if experiment is None:
        names = "tasks kinds classes weighting image_shape samples parameters flops_per_sample"
        return dict.fromkeys(names.split()) | {"samples": {}}
    tasks = experiment.dataset.tasks
    with_classes = [task for task in tasks if isinstance(task, ClassificationTask)]
    weights = experiment.objective.task_weights()
    return {
        "tasks": [task.name for task in tasks],
        "kinds": {
            task.name: "classification" if task in with_classes else "regression" for task in tasks
        },
        "classes": {task.name: list(task.class_names) for task in with_classes},
        "weighting": weights if len(weights) > 1 else None,
        "image_shape": list(experiment.dataset.image_shape),
        "samples": {"train": len(experiment.train), "val": len(experiment.val)},
        "parameters": asdict(experiment.parameters),
        "flops_per_sample": experiment.flops_per_sample,
    }


def summarise(
    config: RunConfig | None,
    experiment: Experiment | None,
    history: History,
    measured: Measured | None,
    seconds: float,
) -> dict[str, Any]:
    """What stands in summary.json between how the run was started and its versions.

    `train`, `val` and `test` hold per task its metrics, with the weights that were kept; test is
    measured once, after training. A perceptron also has `converged`, whether its error fell to the
    tolerance, and `last`, the metrics of its last weights where it keeps its best ones.

    Args:
        config: None where the run failed before it was read; so for the others.
        seconds: Since the run began.
    """
    device = None if experiment is None else experiment.device
    parts = describe_parts(experiment)
    if measured is not None:
        parts["samples"]["test"] = measured.num_test_samples
    splits: Mapping[str, SplitMetrics] = {} if measured is None else measured.splits
    values = {
        **describe_study(config, None if device is None else device.type),
        **parts,
        "epochs": history.epochs,
        "best_epoch": history.best_epoch,
        "kept_epoch": measured and measured.kept_epoch,
        **{name: _per_task(splits.get(name)) for name in ("train", "val", "test")},
        "seconds": {
            "total": seconds,
            "train": history.train,
            "evaluate": history.evaluate + (0.0 if measured is None else measured.seconds),
            "epoch_mean": history.epoch_mean,
        },
        "samples_per_second": history.samples / history.train if history.train else None,
        "device": device and device.type,
        "precision": device and device.precision,
        "hardware": device and {"name": device.name, "threads": device.num_threads},
    }
    if measured is not None and measured.converged is not None:
        values["converged"] = measured.converged
    if measured is not None and measured.last is not None:
        values["last"] = {name: _per_task(split) for name, split in measured.last.items()}
    return values


def _per_task(split: SplitMetrics | None) -> dict[str, dict[str, float]] | None:
    return None if split is None else split.tasks
