"""The record of a training: what the run is, and what has happened to it so far."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mtlab.config.preset import are_comparable, published_metrics
from mtlab.config.run import RunConfig
from mtlab.data.tasks import ClassificationTask
from mtlab.objective.metrics import SplitMetrics
from mtlab.runner.build import Experiment
from mtlab.runner.measure import Measured
from mtlab.runner.origin import Origin
from mtlab.runner.record import Record
from mtlab.runner.sinks import Sink
from mtlab.training.trainer import EpochEnd, Event


@dataclass
class History(Sink):
    """Counts a run's epochs and its wall-clock seconds, the import of torch not included.

    Attributes:
        train_seconds: Of training steps.
        evaluate_seconds: Of measuring on validation after each epoch.
        samples: Training images, each time they were seen.
    """

    epochs: int = 0
    best_epoch: int | None = None
    train_seconds: float = 0.0
    evaluate_seconds: float = 0.0
    samples: int = 0

    def receive(self, event: Event) -> None:
        if isinstance(event, EpochEnd):
            self.epochs = event.epoch
            self.best_epoch = event.epoch if event.is_best else self.best_epoch
            self.train_seconds += event.train_seconds
            self.evaluate_seconds += event.seconds - event.train_seconds
            self.samples += event.num_samples

    @property
    def samples_per_second(self) -> float | None:
        return self.samples / self.train_seconds if self.train_seconds else None


class RunRecord(Record):
    """The record of a training.

    Attributes:
        config: With the tasks once the experiment is built; None before it was read.
        experiment, measured_run: None before they are there.
        history: Receives the events of training.
    """

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self.config: RunConfig | None = None
        self.experiment: Experiment | None = None
        self.measured_run: Measured | None = None
        self.history = History()

    def measured(self) -> dict[str, Any]:
        """What stands in summary.json between how the run was started and its versions.

        `train`, `val` and `test` hold per task its metrics, with the weights that were kept; test
        is measured once, after training. `losses` has of each split the tasks' losses added up with
        the weights in `weighting`, `seconds.test` how long the test split took. A perceptron also
        has `converged`, whether its error fell to the tolerance, and `last`, the metrics of its
        last weights where it keeps its best ones. A fine-tuned run has `init_from`: the folder, the
        digest of its weights, whose heads were loaded and whose are fresh.
        """
        history, measured = self.history, self.measured_run
        device = None if self.experiment is None else self.experiment.device
        parts = describe_parts(self.experiment)
        if measured is not None:
            parts["samples"]["test"] = measured.num_test_samples
            for name, count in measured.num_test_labelled.items():
                parts["samples"]["labelled"][name]["test"] = count
        splits: Mapping[str, SplitMetrics] = {} if measured is None else measured.splits
        epochs_seconds = history.train_seconds + history.evaluate_seconds
        values = {
            **describe_study(self.config, device.type if device else None),
            **parts,
            "epochs": history.epochs,
            "best_epoch": history.best_epoch,
            "kept_epoch": measured and measured.kept_epoch,
            **dict.fromkeys(("train", "val", "test")),
            **{name: split.tasks for name, split in splits.items()},
            "losses": {name: split.loss for name, split in splits.items()} or None,
            "seconds": {
                "total": self.seconds,
                "train": history.train_seconds,
                "evaluate": history.evaluate_seconds + (measured.seconds if measured else 0.0),
                "test": measured and measured.test_seconds,
                "epoch_mean": epochs_seconds / history.epochs if history.epochs else None,
            },
            "samples_per_second": history.samples_per_second,
            "device": device and device.type,
            "precision": device and device.precision,
            "hardware": device and {"name": device.name, "threads": device.num_threads},
        }
        if self.experiment is not None and self.experiment.warm_start is not None:
            values["init_from"] = asdict(self.experiment.warm_start)
        if measured is not None and measured.converged is not None:
            values["converged"] = measured.converged
        if measured is not None and measured.last is not None:
            values["last"] = {name: split.tasks for name, split in measured.last.items()}
        return values

    def closing_words(self) -> str:
        timing = f"{self.seconds:.1f} s in all"
        if speed := self.history.samples_per_second:
            seconds = self.history.train_seconds
            timing += f", {seconds:.1f} s of training at {speed:,.0f} images/s"
        return f"{timing}; everything is in {self.folder.path}"

    def job_words(self) -> str:
        if self.measured_run is not None:
            splits = self.measured_run.splits
            return f"val {splits['val'].headline}, test {splits['test'].headline}"
        assert self.experiment is not None
        return f"{self.experiment.parameters.total:,} parameters"

    def interruption(self) -> str:
        return f"after {self.history.epochs} epochs"


def describe_study(config: RunConfig | None, device_type: str | None) -> dict[str, Any]:
    """What the run's preset says of it.

    `published` maps a dotted path in this summary to the published number, and `published_on` says
    what it was measured on, where that is not this run's dataset. Nothing is published for another
    dataset or model. `deviations` are the settings in which the run is not what its preset and row
    say: a dotted key to the `preset`'s value and the `run`'s; None without a preset.
    """
    if config is None:
        names = "experiment row published published_on deviations seed dataset model"
        return dict.fromkeys(names.split())
    published = None
    values = config.as_values()
    if device_type is not None and are_comparable(values, config.deviations or {}):
        published = published_metrics(values, device_type)
    return {
        "experiment": config.preset,
        "row": config.row,
        "published": published,
        "published_on": published and config.published_on,
        "deviations": config.deviations,
        "seed": config.seed,
        "dataset": config.dataset.name,
        "model": config.model.name,
    }


def describe_parts(experiment: Experiment | None) -> dict[str, Any]:
    """The tasks, the images and the network; None for each of a run that was never built.

    `kinds` is `classification` or `regression` per task, `classes` the names of its classes,
    `layers` a mapping of `LayerSize`'s values for each layer. `samples.labelled` has per split the
    images with a label, of tasks that not every image has one for; the test split is counted once
    it is measured.
    """
    if experiment is None:
        names = (
            "tasks kinds classes weighting image_shape samples parameters flops_per_sample layers"
        )
        return dict.fromkeys(names.split()) | {"samples": {}}
    tasks = experiment.dataset.tasks
    with_classes = [task for task in tasks if isinstance(task, ClassificationTask)]
    weights = experiment.objective.task_weights()
    splits = {"train": experiment.train, "val": experiment.val}
    counts = {
        task.name: {name: split.num_labelled(task.name) for name, split in splits.items()}
        for task in tasks
        if task.has_gaps
    }
    labelled = {"labelled": counts} if counts else {}
    return {
        "tasks": [task.name for task in tasks],
        "kinds": {
            task.name: "classification" if task in with_classes else "regression" for task in tasks
        },
        "classes": {task.name: list(task.class_names) for task in with_classes},
        "weighting": weights if len(weights) > 1 else None,
        "image_shape": list(experiment.dataset.image_shape),
        "samples": {**{name: len(split) for name, split in splits.items()}, **labelled},
        "parameters": asdict(experiment.parameters),
        "flops_per_sample": experiment.flops_per_sample,
        "layers": [asdict(layer) for layer in experiment.layers],
    }
