"""`mtlab evaluate`: measure a trained run again, on its own dataset or on another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from omegaconf import DictConfig
from rich.console import Console

from mtlab.artifacts.loading import LoadedRun, load_run, rebuild_dataset
from mtlab.artifacts.reading import read_summary
from mtlab.artifacts.run_dir import output_path, write_whole
from mtlab.commands.experiment import choose_device
from mtlab.config.compose import to_dataset_config, to_device_config, to_options
from mtlab.config.dataset import DatasetConfig
from mtlab.config.run_options import EvaluateOptions, SplitChoice
from mtlab.data.build import build_dataset
from mtlab.data.dataset import Dataset, Split
from mtlab.data.tasks import ClassificationTask, Task
from mtlab.device import Device
from mtlab.errors import DataError
from mtlab.objective.build import build_objective
from mtlab.objective.metrics import SplitMetrics
from mtlab.report.tables import figures_tables
from mtlab.training.evaluate import evaluate

Figures = dict[str, dict[str, float]]


def evaluate_run(composed: DictConfig) -> None:
    """Hydra's job: load, measure, show, compare with what the run itself measured."""
    options = to_options(composed, EvaluateOptions)
    target = None if options.output is None else output_path(options.output)
    run = load_run(Path(options.run or "").expanduser())
    is_its_own = composed.get("dataset") is None
    device_config = (
        run.config.device if composed.get("device") is None else to_device_config(composed)
    )
    device = choose_device(device_config, run.config.model)
    dataset = (
        rebuild_dataset(run) if is_its_own else other_dataset(run, to_dataset_config(composed))
    )
    split = choose_split(dataset, options.split)
    metrics = measure_run(run, split, device)
    figures = {name: task.as_dict() for name, task in metrics.tasks.items()}
    name = options.split.value
    console = Console(highlight=False)
    console.print(figures_tables(list(figures), [(name, figures)]))
    console.print(f"{len(split):,} images of {dataset.name}, split {name}")
    if is_its_own and options.split is not SplitChoice.all:
        console.print(compare(figures, read_summary(run.folder).get(name)))
    if target is not None:
        values = {
            "run": str(run.folder), "dataset": dataset.name, "split": name,
            "samples": len(split), "figures": figures,
        }  # fmt: skip
        write_whole(target, json.dumps(values, indent=2) + "\n")


def measure_run(run: LoadedRun, split: Split, device: Device) -> SplitMetrics:
    """Measure as training does: the same batches, layout and precision, so the same bits."""
    objective = build_objective(run.config.mtl, run.config.model, run.tasks)
    return evaluate(
        device.place(run.model),
        split.to(device.torch_device),
        objective.to(device.torch_device),
        run.config.trainer.eval_batch_size,
        device,
    )


def other_dataset(run: LoadedRun, config: DatasetConfig) -> Dataset:
    """Another dataset with the run's tasks, its pixels treated as the run's were.

    Raises:
        ConfigError: It lacks one of the tasks.
        DataError: Images of another size, or classes that the run does not know.
    """
    dataset = build_dataset(
        config,
        [task.name for task in run.tasks],
        run.config.model.task_choice,
        run.config.seed,
        run.pixel_statistics,
    )
    if dataset.image_shape != run.image_shape:
        raise DataError(
            f"dataset={dataset.name}", f"must have images of {_size(run.image_shape)}, as the run"
            " was trained on", _size(dataset.image_shape), "resize them",
        )  # fmt: skip
    pairs = list(zip(dataset.tasks, run.tasks, strict=True))
    return replace(
        dataset,
        tasks=run.tasks,
        pixel_statistics=run.pixel_statistics,
        train=_renumbered(dataset.train, pairs),
        val=_renumbered(dataset.val, pairs),
        load_test=lambda: _renumbered(dataset.load_test(), pairs),
    )


def _renumbered(split: Split, pairs: Sequence[tuple[Task, Task]]) -> Split:
    """Targets in the run's numbers for the same class names."""
    targets = {}
    for found, wanted in pairs:
        of_task = split.targets[wanted.name]
        if isinstance(found, ClassificationTask) and isinstance(wanted, ClassificationTask):
            names = _run_names(found.class_names, wanted)
            strangers = [name for name in names if name not in wanted.class_names]
            if strangers:
                raise DataError(
                    f"task {wanted.name}", "must have classes that the run knows:"
                    f" {', '.join(wanted.class_names)}", ", ".join(strangers),
                    "leave them out by dataset.classes, or name them by dataset.class_names",
                )  # fmt: skip
            numbers = [wanted.class_names.index(name) for name in names]
            of_task = torch.tensor(numbers)[of_task]
        elif type(found) is not type(wanted):
            raise DataError(
                f"task {wanted.name}", f"must be a {_kind(wanted)}, as the run learned it",
                _kind(found), f"set dataset.tasks.{wanted.name}.kind",
            )  # fmt: skip
        targets[wanted.name] = of_task
    return Split(split.images, targets)


def _run_names(found: Sequence[str], wanted: ClassificationTask) -> list[str]:
    """Class names; bare numbers, which a dataset without names has, are the run's labels."""
    if set(found) <= set(wanted.class_names) or not all(name.isdigit() for name in found):
        return list(found)
    name_of = dict(zip(wanted.labels, wanted.class_names, strict=True))
    return [name_of.get(int(name), name) for name in found]


def choose_split(dataset: Dataset, choice: SplitChoice) -> Split:
    """One split, or all images: train, val and test in this order."""
    match choice:
        case SplitChoice.train:
            return dataset.train
        case SplitChoice.val:
            return dataset.val
        case SplitChoice.test:
            return dataset.load_test()
        case SplitChoice.all:
            splits = (dataset.train, dataset.val, dataset.load_test())
            return Split(
                torch.cat([split.images for split in splits]),
                {
                    name: torch.cat([split.targets[name] for split in splits])
                    for name in dataset.train.targets
                },
            )


def compare(found: Figures, recorded: Figures | None) -> str:
    """One line: whether these are the figures of the run's summary."""
    if recorded is None:
        return "the run's summary has no figures of this split"
    differences = {
        f"{task}.{name}": abs(value - recorded.get(task, {}).get(name, float("nan")))
        for task, figures in found.items()
        for name, value in figures.items()
    }
    if all(difference == 0 for difference in differences.values()):
        return "the same figures as in the run's summary, to the last bit"
    largest = max(differences, key=lambda key: differences[key])
    return (
        f"differs from the run's summary, most in {largest} by {differences[largest]:.3g}: another"
        " device, precision, number of threads, or other files"
    )


def _size(image_shape: tuple[int, int, int]) -> str:
    channels, height, width = image_shape
    return f"{height}x{width} pixels in {channels} channels"


def _kind(task: Task) -> str:
    return "classification" if isinstance(task, ClassificationTask) else "regression"
