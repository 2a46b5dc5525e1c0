"""`mtlab evaluate`: measure a run or an ensemble again, on its own dataset or on another."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from mtlab.artifacts.reading import read_config, read_summary
from mtlab.artifacts.run_dir import member_folders, output_path, write_whole
from mtlab.commands.experiment import choose_device
from mtlab.config.compose import to_dataset_config, to_device_config, to_options
from mtlab.config.dataset import DatasetConfig
from mtlab.config.device import DeviceConfig
from mtlab.config.run_options import EvaluateOptions, SplitChoice
from mtlab.data.build import build_dataset
from mtlab.data.dataset import Dataset, Split
from mtlab.data.tasks import ClassificationTask, Task
from mtlab.device import select_device
from mtlab.errors import ConfigError, DataError
from mtlab.inference.loading import LoadedRun, load_run, rebuild_dataset
from mtlab.inference.predictor import mean_votes, probabilities_and_values
from mtlab.inference.votes import measure_votes
from mtlab.objective.build import build_objective
from mtlab.objective.metrics import SplitMetrics
from mtlab.report.tables import figures_tables
from mtlab.training.evaluate import evaluate
from mtlab.training.predict import predict

Figures = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Measured:
    """What came out.

    Attributes:
        dataset: Its name.
    """

    dataset: str
    num_samples: int
    figures: Figures


def evaluate_run(composed: DictConfig) -> None:
    """Hydra's job: load, measure, show, compare with what the run itself measured."""
    options = to_options(composed, EvaluateOptions)
    target = None if options.output is None else output_path(options.output)
    folder = Path(options.run or "").expanduser()
    other = None if composed.get("dataset") is None else to_dataset_config(composed)
    measure = measure_ensemble if member_folders(folder) else measure_run
    measured = measure(
        folder, other, options.split, lambda own_device: to_device_config(composed, own_device)
    )
    name = options.split.value
    console = Console(highlight=False)
    console.print(figures_tables(list(measured.figures), [(name, measured.figures)]))
    console.print(f"{measured.num_samples:,} images of {measured.dataset}, split {name}")
    if other is None and options.split is not SplitChoice.all:
        console.print(compare(measured.figures, read_summary(folder).get(name)))
    if target is not None:
        values = {
            "run": str(folder), "dataset": measured.dataset, "split": name,
            "samples": measured.num_samples, "figures": measured.figures,
        }  # fmt: skip
        write_whole(target, json.dumps(values, indent=2) + "\n")


def measure_run(
    folder: Path,
    other: DatasetConfig | None,
    choice: SplitChoice,
    choose: Callable[[DeviceConfig], DeviceConfig],
) -> Measured:
    """Measure as training does: the same batches, layout and precision, so the same bits.

    Args:
        other: Another dataset than the run's own.
        choose: The device to use, given the run's own.
    """
    run = load_run(folder)
    device = choose_device(choose(run.config.device), run.config.model)
    dataset = rebuild_dataset(run) if other is None else other_dataset(run, other, run.config.seed)
    split = choose_split(dataset, choice)
    objective = build_objective(run.config.mtl, run.config.model, run.tasks)
    metrics = evaluate(
        device.place(run.model),
        split.to(device.torch_device),
        objective.to(device.torch_device),
        run.config.trainer.eval_batch_size,
        device,
    )
    return Measured(dataset.name, len(split), _figures(metrics))


def measure_ensemble(
    folder: Path,
    other: DatasetConfig | None,
    choice: SplitChoice,
    choose: Callable[[DeviceConfig], DeviceConfig],
) -> Measured:
    """The mean of the members' answers, as `mtlab ensemble` measured it.

    Args:
        other, choose: See `measure_run`.

    Raises:
        ConfigError: A split that every member has drawn for itself.
    """
    if other is None and choice is not SplitChoice.test:
        raise ConfigError(
            "split",
            rule="must be test for an ensemble, whose members were trained and validated on"
            " other images each",
            found=choice.value,
            remedy="leave it out, or measure a single member",
        )
    # The folder's own configuration says how the members were asked: the same batches and device.
    composed = OmegaConf.create(read_config(folder))
    chosen = choose(to_device_config(composed))
    device = select_device(chosen.name.value, chosen.precision.value, chosen.threads)
    votes: list[dict[str, torch.Tensor]] = []
    for member in member_folders(folder):
        run = load_run(member)
        if not votes:
            first = run
        # With the first member's seed for all, another dataset is divided alike for each of them.
        dataset = (
            rebuild_dataset(run) if other is None else other_dataset(run, other, first.config.seed)
        )
        split = choose_split(dataset, choice)
        model = device.place(run.model)
        outputs = predict(model, split.images, composed.batch_size, device)
        votes.append(probabilities_and_values(run.tasks, outputs))
    weights = build_objective(first.config.mtl, first.config.model, first.tasks).task_weights()
    metrics = measure_votes(first.tasks, mean_votes(votes), split.targets, weights)
    return Measured(dataset.name, len(split), _figures(metrics))


def _figures(metrics: SplitMetrics) -> Figures:
    return {name: task.as_dict() for name, task in metrics.tasks.items()}


def other_dataset(run: LoadedRun, config: DatasetConfig, seed: int) -> Dataset:
    """Another dataset with the run's tasks, its pixels treated as the run's were.

    Args:
        seed: Divides it into train and val.

    Raises:
        ConfigError: It lacks one of the tasks.
        DataError: Images of another size, or classes that the run does not know.
    """
    dataset = build_dataset(
        config,
        [task.name for task in run.tasks],
        run.config.model.task_choice,
        seed,
        run.pixel_statistics,
    )
    if dataset.image_shape != run.image_shape:
        raise DataError(
            f"dataset={dataset.name}",
            rule=f"must have images of {_size(run.image_shape)}, as the run was trained on",
            found=_size(dataset.image_shape),
            remedy="resize them",
        )
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
                    f"task {wanted.name}",
                    rule=f"must have classes that the run knows: {', '.join(wanted.class_names)}",
                    found=", ".join(strangers),
                    remedy="leave them out by dataset.classes, or name them by dataset.class_names",
                )
            numbers = [wanted.class_names.index(name) for name in names]
            of_task = torch.tensor(numbers)[of_task]
        elif type(found) is not type(wanted):
            raise DataError(
                f"task {wanted.name}",
                rule=f"must be a {_kind(wanted)}, as the run learned it",
                found=_kind(found),
                remedy=f"set dataset.tasks.{wanted.name}.kind",
            )
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
