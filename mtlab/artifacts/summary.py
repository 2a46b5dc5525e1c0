"""summary.json: everything measured of one run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

# Readers of run folders import this module too, and do without torch.
if TYPE_CHECKING:
    from mtlab.device import Device
    from mtlab.models.counting import ParameterCounts
    from mtlab.objective.metrics import SplitMetrics
    from mtlab.training.events import EpochEnd


class Status(Enum):
    """How a run ended; `running` also stands in the folder of a run that was killed."""

    running = "running"
    completed = "completed"
    failed = "failed"
    interrupted = "interrupted"


@dataclass
class Seconds:
    """Wall-clock seconds, the import of torch not included.

    Attributes:
        total: From the start of the run's own work to the end of its figures.
        train: Training steps.
        evaluate: Measuring on validation, and on every split at the end.
        epoch_mean: Mean of an epoch with its validation.
    """

    total: float = 0.0
    train: float = 0.0
    evaluate: float = 0.0
    epoch_mean: float | None = None


@dataclass
class RunSummary:
    """What summary.json holds, filled in as the run goes on; None where it never got there.

    Attributes:
        kinds: Per task, `classification` or `regression`.
        classes: Per classification task, the names of its classes.
        train, val, test: Per task its figures, with the weights that were kept. Test is measured
            once, after training.
        experiment, row: Names of the preset and of its table's row; None where there is none.
        published: What this run stands against: a dotted path in this summary to the published
            number; None where nothing is published.
        published_on: What those numbers were measured on, where it is not this run's dataset.
        deviations: Settings in which the run is not what its preset and row say: a dotted key to
            the `preset`'s value and the `run`'s; None without a preset.
        last: For a perceptron that keeps its best weights, the same with its last ones.
        converged: For a perceptron, whether the error fell to the tolerance.
        samples_per_second: Training images per second of training.
    """

    status: Status = Status.running
    error: str | None = None
    command: str = ""
    overrides: list[str] = field(default_factory=list)
    experiment: str | None = None
    row: str | None = None
    published: dict[str, float] | None = None
    published_on: str | None = None
    deviations: dict[str, dict[str, Any]] | None = None
    seed: int | None = None
    dataset: str | None = None
    model: str | None = None
    tasks: list[str] | None = None
    kinds: dict[str, str] | None = None
    classes: dict[str, list[str]] | None = None
    weighting: dict[str, float] | None = None
    image_shape: list[int] | None = None
    samples: dict[str, int] = field(default_factory=dict)
    parameters: ParameterCounts | None = None
    flops_per_sample: int | None = None
    epochs: int = 0
    best_epoch: int | None = None
    kept_epoch: int | None = None
    converged: bool | None = None
    train: SplitMetrics | None = None
    val: SplitMetrics | None = None
    test: SplitMetrics | None = None
    last: dict[str, SplitMetrics] | None = None
    seconds: Seconds = field(default_factory=Seconds)
    samples_per_second: float | None = None
    device: Device | None = None
    versions: dict[str, str] = field(default_factory=dict)
    started_at: str = ""

    def note_epoch(self, event: EpochEnd) -> None:
        """Count an epoch and its seconds."""
        self.epochs = event.epoch
        self.best_epoch = event.epoch if event.is_best else self.best_epoch
        self.seconds.train += event.train_seconds
        self.seconds.evaluate += event.seconds - event.train_seconds
        self.seconds.epoch_mean = (self.seconds.train + self.seconds.evaluate) / event.epoch
        self.samples_per_second = event.epoch * event.num_samples / self.seconds.train

    def as_dict(self) -> dict[str, Any]:
        """The JSON object."""
        values: dict[str, Any] = {
            "status": self.status.value,
            "error": self.error,
            "command": self.command,
            "overrides": self.overrides,
            "started_at": self.started_at,
            "experiment": self.experiment,
            "row": self.row,
            "published": self.published,
            "published_on": self.published_on,
            "deviations": self.deviations,
            "seed": self.seed,
            "dataset": self.dataset,
            "model": self.model,
            "tasks": self.tasks,
            "kinds": self.kinds,
            "classes": self.classes,
            "weighting": self.weighting,
            "image_shape": self.image_shape,
            "samples": self.samples,
            "parameters": None if self.parameters is None else asdict(self.parameters),
            "flops_per_sample": self.flops_per_sample,
            "epochs": self.epochs,
            "best_epoch": self.best_epoch,
            "kept_epoch": self.kept_epoch,
            "train": _figures(self.train),
            "val": _figures(self.val),
            "test": _figures(self.test),
            "seconds": asdict(self.seconds),
            "samples_per_second": self.samples_per_second,
            "device": None if self.device is None else self.device.type,
            "precision": None if self.device is None else self.device.precision,
            "hardware": None
            if self.device is None
            else {"name": self.device.name, "threads": self.device.num_threads},
            "versions": self.versions,
        }
        if self.converged is not None:
            values["converged"] = self.converged
        if self.last is not None:
            values["last"] = {split: _figures(figures) for split, figures in self.last.items()}
        return values


def _figures(split: SplitMetrics | None) -> dict[str, dict[str, float]] | None:
    return None if split is None else split.tasks
