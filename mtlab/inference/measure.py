"""Measuring a finished run or an ensemble again, on its own dataset or on another."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from mtlab.artifacts.reading import read_configuration
from mtlab.artifacts.run_dir import member_folders
from mtlab.config.base import read_keys
from mtlab.config.dataset import DatasetConfig
from mtlab.config.device import DeviceConfig
from mtlab.data.build import build_dataset
from mtlab.data.dataset import Dataset, Split
from mtlab.data.tasks import UNLABELLED, ClassificationTask, RegressionTask, Task
from mtlab.device import select_device
from mtlab.errors import ConfigError, DataError
from mtlab.inference.ensemble import own_test_split, vote
from mtlab.inference.loading import LoadedRun, load_run, read_run_config, rebuild_dataset
from mtlab.objective.build import build_objective
from mtlab.objective.metrics import SplitMetrics
from mtlab.runner.build import choose_device
from mtlab.training.evaluate import evaluate


def measure_run(
    folder: Path,
    other: DatasetConfig | None,
    split_name: str,
    device_like: Callable[[DeviceConfig], DeviceConfig],
) -> tuple[SplitMetrics, int]:
    """Measure as training does: the same batches, layout and precision, so the same bits.

    Args:
        other: Another dataset than the run's own.
        device_like: Where to measure, from where the run itself was measured.

    Returns:
        What was measured, and on how many images.
    """
    run = load_run(folder)
    config = run.config
    device = choose_device(device_like(config.device), config.model)
    dataset = rebuild_dataset(run) if other is None else other_dataset(run, other, config.seed)
    split = choose_split(dataset, split_name)
    metrics = evaluate(
        device.place(run.model),
        split.to(device.torch_device),
        build_objective(config.mtl, config.model, dataset.tasks).to(device.torch_device),
        config.trainer.eval_batch_size,
        device,
    )
    return metrics, len(split)


def measure_ensemble(
    folder: Path,
    other: DatasetConfig | None,
    split_name: str,
    device_like: Callable[[DeviceConfig], DeviceConfig],
) -> tuple[SplitMetrics, int]:
    """Measure the mean of the members' votes, as `mtlab ensemble` did; see `measure_run`."""
    if other is None and split_name != "test":
        raise ConfigError(
            "split",
            rule="must be test for an ensemble, whose members were trained and validated on"
            " other images each",
            found=split_name,
            remedy="leave it out, or measure a single member",
        )
    # The folder's own configuration says how the members were asked: the same batches and device.
    own, _ = read_configuration(folder)
    chosen = device_like(read_keys(DeviceConfig, own["device"], "device"))
    device = select_device(chosen.name, chosen.precision, chosen.threads)
    members = member_folders(folder)
    seed = read_run_config(members[0]).seed

    def open_split(run: LoadedRun) -> tuple[Split, str]:
        if other is None:
            return own_test_split(run)
        # With the first member's seed, the dataset is divided alike for all of them.
        return choose_split(other_dataset(run, other, seed), split_name), ""

    ensemble = vote(members, open_split, own["batch_size"], device)
    return ensemble.metrics, len(ensemble.split)


def choose_split(dataset: Dataset, name: str) -> Split:
    """`train`, `val` or `test`, or with `all` their images in this order."""
    if name in ("train", "val"):
        return dataset.train if name == "train" else dataset.val
    test = dataset.load_test()
    if name == "test":
        return test
    splits = (dataset.train, dataset.val, test)
    return Split(
        torch.cat([split.images for split in splits]),
        {task: torch.cat([split.targets[task] for split in splits]) for task in test.targets},
    )


def other_dataset(run: LoadedRun, config: DatasetConfig, seed: int) -> Dataset:
    """Another dataset with the run's tasks, its pixels treated as the run's were.

    Args:
        seed: Divides it into train and val.
    """
    names = [task.name for task in run.tasks]
    dataset = build_dataset(config, names, "defaults", seed, run.pixel_statistics)
    if dataset.image_shape != run.image_shape:
        raise DataError(
            f"dataset={dataset.name}",
            rule=f"must have images of {_size(run.image_shape)}, as the run was trained on",
            found=_size(dataset.image_shape),
            remedy="resize them",
        )
    pairs = list(zip(dataset.tasks, run.tasks, strict=True))
    numbers = {
        wanted.name: new for found, wanted in pairs if (new := _numbers(found, wanted)) is not None
    }

    def renumbered(split: Split) -> Split:
        new = {task: numbers[task][split.targets[task]] for task in numbers}
        return Split(split.images, split.targets | new)

    return replace(
        dataset,
        tasks=tuple(replace(wanted, has_gaps=found.has_gaps) for found, wanted in pairs),
        train=renumbered(dataset.train),
        val=renumbered(dataset.val),
        load_test=lambda: renumbered(dataset.load_test()),
    )


def _size(image_shape: tuple[int, int, int]) -> str:
    channels, height, width = image_shape
    return f"{height}x{width} pixels in {channels} channels"


def _numbers(found: Task, wanted: Task) -> torch.Tensor | None:
    """For each class of the other dataset its number in the run's task; None for values.

    Bare numbers, which a dataset without names has, are the run's labels. Behind the last class
    stands what a target of -1 stays, a sample without a label.
    """
    if not isinstance(found, ClassificationTask) or not isinstance(wanted, ClassificationTask):
        if type(found) is type(wanted):
            return None
        kinds = {ClassificationTask: "classification", RegressionTask: "regression"}
        raise DataError(
            f"task {wanted.name}",
            rule=f"must be a {kinds[type(wanted)]}, as the run learned it",
            found=kinds[type(found)],
            remedy=f"set dataset.tasks.{wanted.name}.kind",
        )
    names = list(found.class_names)
    if not set(names) <= set(wanted.class_names) and all(name.isdigit() for name in names):
        name_of = dict(zip(wanted.labels, wanted.class_names, strict=True))
        names = [name_of.get(int(name), name) for name in names]
    strangers = [name for name in names if name not in wanted.class_names]
    if strangers:
        raise DataError(
            f"task {wanted.name}",
            rule=f"must have classes that the run knows: {', '.join(wanted.class_names)}",
            found=", ".join(strangers),
            remedy="leave them out by dataset.classes, or name them by dataset.class_names",
        )
    return torch.tensor([*(wanted.class_names.index(name) for name in names), UNLABELLED])
