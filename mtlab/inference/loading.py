"""A trained run back from its folder: configuration, tasks and network, without unpickling."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from mtlab.artifacts.model_file import read_model
from mtlab.artifacts.reading import read_configuration
from mtlab.artifacts.run_dir import CONFIG, SUMMARY, WEIGHTS, member_folders
from mtlab.config.base import read_keys
from mtlab.config.run import RunConfig
from mtlab.data.build import build_dataset
from mtlab.data.dataset import Dataset, PixelStatistics
from mtlab.data.tasks import ClassificationTask, Task
from mtlab.errors import ConfigError, DataError, RunFolderError
from mtlab.models.build import build_model


@dataclass(frozen=True)
class LoadedRun:
    """A finished run, ready to be used.

    Attributes:
        tasks: In the order of the outputs.
        image_shape: `(channels, height, width)`.
        model: With the weights that the run's test metrics were measured with, on the CPU, in
            evaluation mode, its parameters without gradients.
    """

    folder: Path
    config: RunConfig
    tasks: tuple[Task, ...]
    image_shape: tuple[int, int, int]
    pixel_statistics: PixelStatistics
    model: nn.Module

    @property
    def classification_tasks(self) -> list[ClassificationTask]:
        return [task for task in self.tasks if isinstance(task, ClassificationTask)]

    def task(self, name: str | None) -> Task:
        """A task by name; None means the first one that has classes, else the first."""
        for task in (*self.classification_tasks, *self.tasks):
            if name in (None, task.name):
                return task
        known = ", ".join(task.name for task in self.tasks)
        raise RunFolderError(
            "task",
            rule=f"must name a task of {self.folder}, which has {known}",
            found=name,
            remedy="choose one of them",
        )


def load_run(folder: Path) -> LoadedRun:
    """Read a run's folder; nothing in it is executed."""
    config = read_run_config(folder)
    path = folder / WEIGHTS
    if not path.is_file():
        raise RunFolderError(
            str(path),
            rule="must be there: a run writes it once it is trained",
            found=f"a run that {_how_it_ended(folder)}",
            remedy="train to the end, with trainer.epochs of at least 1",
        )
    saved = read_model(path)
    # The fresh weights are overwritten; drawing them must not disturb anyone's random numbers.
    with torch.random.fork_rng(devices=[]):
        model = build_model(config.model, saved.image_shape, saved.tasks)
    wanted, found = (
        {name: tuple(tensor.shape) for name, tensor in state.items()}
        for state in (model.state_dict(), saved.tensors)
    )
    for name in wanted | found:
        if wanted.get(name) != found.get(name):
            raise RunFolderError(
                str(path),
                rule=f"must hold {name} with the model's shape {wanted.get(name, '(none)')}",
                found=found.get(name, "none"),
                remedy="the file belongs to another run, or config.yaml was changed",
            )
    model.load_state_dict(saved.tensors)
    model.eval().requires_grad_(False)
    return LoadedRun(folder, config, saved.tasks, saved.image_shape, saved.pixel_statistics, model)


def rebuild_dataset(run: LoadedRun) -> Dataset:
    """The dataset that the run was trained on, with the same splits and tasks."""
    names = [task.name for task in run.tasks]
    config = run.config
    dataset = build_dataset(config.dataset, names, "defaults", config.seed)
    if (dataset.tasks, dataset.image_shape) != (run.tasks, run.image_shape):
        raise DataError(
            f"dataset={config.dataset.name}",
            rule=f"must be the one that {run.folder} was trained on",
            found="other classes or another image size",
            remedy="restore the files, or train again",
        )
    return dataset


def read_run_config(folder: Path) -> RunConfig:
    """A run's config.yaml, typed and checked."""
    _check_is_run(folder)
    values, _ = read_configuration(folder)
    try:
        return read_keys(RunConfig, values)
    except ConfigError as error:
        raise RunFolderError(
            str(folder / CONFIG),
            rule="must be a configuration that this version understands",
            found=f"({error})",
            remedy="correct the file, or train again with this version",
        ) from error


def _check_is_run(folder: Path) -> None:
    members = member_folders(folder)
    if (folder / CONFIG).is_file() and not members:
        return
    found = "none in it" if folder.is_dir() else "no such folder"
    remedy = "runs lie under outputs/DATE/TIME"
    runs_below = sorted(path.parent.name for path in folder.glob(f"[!.]*/{CONFIG}"))
    if members:
        found = f"an ensemble of {len(members)}"
        remedy = f"name one of its members, such as {members[0]}"
    elif runs_below:
        remedy = f"name one of the runs below it, such as {runs_below[0]}"
    raise RunFolderError(
        str(folder),
        rule=f"must be the folder of a run, with its {CONFIG}",
        found=found,
        remedy=remedy,
    )


def _how_it_ended(folder: Path) -> str:
    """What summary.json says of a run without weights, for the message."""
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "left no readable summary"
    status = summary.get("status") if isinstance(summary, dict) else None
    if status == "completed":
        return f"completed with {summary.get('epochs', 0)} epochs"
    return f"is recorded as {status}"
