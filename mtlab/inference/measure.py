"""Measuring a finished run or an ensemble again, on its own dataset or on another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from mtlab.artifacts.reading import read_configuration
from mtlab.artifacts.run_dir import member_folders
from mtlab.config.base import read_keys
from mtlab.config.dataset import DatasetConfig
from mtlab.config.device import DeviceConfig
from mtlab.data.dataset import Dataset, Split
from mtlab.device import select_device
from mtlab.errors import ConfigError
from mtlab.inference.ensemble import own_test_split, vote
from mtlab.inference.loading import LoadedRun, load_run, read_run_config, rebuild_dataset
from mtlab.inference.other_dataset import other_dataset
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
        split_name: See `choose_split`.
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
        build_objective(config.mtl, config.model, run.tasks).to(device.torch_device),
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
    """Measure the mean of the members' votes, as `mtlab ensemble` did; see `measure_run`.

    Raises:
        ConfigError: A split that every member has drawn for itself.
    """
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
    if name == "train":
        return dataset.train
    if name == "val":
        return dataset.val
    test = dataset.load_test()
    if name == "test":
        return test
    splits = (dataset.train, dataset.val, test)
    return Split(
        torch.cat([split.images for split in splits]),
        {task: torch.cat([split.targets[task] for split in splits]) for task in test.targets},
    )
