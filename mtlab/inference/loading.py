"""A trained run back from its folder: configuration, tasks and network, without unpickling."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
        tasks: With their classes, in the order of the outputs.
        image_shape: `(channels, height, width)`.
        pixel_statistics: How the network's input follows from pixels.
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
        """The tasks that have classes, in order."""
        return [task for task in self.tasks if isinstance(task, ClassificationTask)]

    def task(self, name: str | None) -> Task:
        """A task by name; None means the first one that has classes, else the first.

        Raises:
            RunFolderError: The run has no such task.
        """
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
    """Read a run's folder; nothing in it is executed.

    Raises:
        RunFolderError: No such folder, not a run's folder, a run without weights, a damaged file,
            a configuration of another version, or weights that do not fit the configuration.
        ConfigError, ModelError: Layers or tasks that do not fit each other.
    """
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
    _check_shapes(path, model.state_dict(), saved.tensors)
    model.load_state_dict(saved.tensors)
    model.eval().requires_grad_(False)
    return LoadedRun(folder, config, saved.tasks, saved.image_shape, saved.pixel_statistics, model)


def rebuild_dataset(run: LoadedRun) -> Dataset:
    """The dataset that the run was trained on, from its configuration: the same splits and tasks.

    Raises:
        DataError: The files are gone, or their classes are no longer those of the run.
    """
    names = [task.name for task in run.tasks]
    config = run.config
    dataset = build_dataset(config.dataset, names, config.model.task_choice, config.seed)
    if (dataset.tasks, dataset.image_shape) != (run.tasks, run.image_shape):
        raise DataError(
            f"dataset={config.dataset.name}",
            rule=f"must be the one that {run.folder} was trained on",
            found="other classes or another image size",
            remedy="restore the files, or train again",
        )
    return dataset


def read_run_config(folder: Path) -> RunConfig:
    """A run's config.yaml, typed and checked.

    Raises:
        RunFolderError: No run's folder, no YAML, or keys or values that this version does not
            understand.
    """
    _check_is_run(folder)
    values, _ = read_configuration(folder)
    try:
        return read_keys(RunConfig, values)
    except ConfigError as error:
        raise RunFolderError(
            str(folder / CONFIG),
            rule="must be a configuration that this version understands",
            found=f"({error})",
            remedy="train again with this version",
        ) from error


def _check_is_run(folder: Path) -> None:
    if not folder.is_dir():
        raise RunFolderError(
            str(folder),
            rule="must be the folder of a run",
            found="no such folder",
            remedy="runs lie under outputs/DATE/TIME",
        )
    members = member_folders(folder)
    if members:
        raise RunFolderError(
            str(folder),
            rule="must be the folder of a single run",
            found=f"an ensemble of {len(members)}",
            remedy=f"name one of its members, such as {members[0]}",
        )
    if not (folder / CONFIG).is_file():
        runs_below = sorted(path.parent.name for path in folder.glob(f"*/{CONFIG}"))
        raise RunFolderError(
            str(folder),
            rule=f"must be the folder of a run, with its {CONFIG}",
            found="none in it",
            remedy=f"name one of the runs below it, such as {runs_below[0]}"
            if runs_below
            else "runs lie under outputs/DATE/TIME",
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


def _check_shapes(
    path: Path, wanted: Mapping[str, torch.Tensor], found: Mapping[str, torch.Tensor]
) -> None:
    expected, there = (
        {name: tuple(tensor.shape) for name, tensor in state.items()} for state in (wanted, found)
    )
    for name in expected | there:
        if expected.get(name) != there.get(name):
            raise RunFolderError(
                str(path),
                rule=f"must hold {name} with the model's shape {expected.get(name, '(none)')}",
                found=there.get(name, "none"),
                remedy="the file belongs to another run, or config.yaml was changed",
            )
