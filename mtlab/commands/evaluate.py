"""`mtlab evaluate`: measure a run or an ensemble again, on its own dataset or on another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import torch
from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from mtlab.artifacts.reading import read_config, read_summary
from mtlab.artifacts.run_dir import member_folders, output_path, write_whole
from mtlab.config.base import Keys
from mtlab.config.compose import to_dataset_config, to_device_config, to_options
from mtlab.config.dataset import DatasetConfig
from mtlab.config.files import RunFolderKey
from mtlab.data.dataset import Dataset, Split
from mtlab.device import select_device
from mtlab.errors import ConfigError
from mtlab.inference.ensemble import own_test_split, vote
from mtlab.inference.loading import LoadedRun, load_run, read_run_config, rebuild_dataset
from mtlab.inference.other_dataset import other_dataset
from mtlab.objective.build import build_objective
from mtlab.objective.metrics import SplitMetrics
from mtlab.report.write.result_tables import metrics_tables
from mtlab.runner.build import choose_device
from mtlab.training.evaluate import evaluate

Metrics = dict[str, dict[str, float]]


class EvaluateOptions(Keys):
    """conf/evaluate.yaml. The split `all` is the three together."""

    run: RunFolderKey
    split: Literal["train", "val", "test", "all"]
    output: str | None


def evaluate_run(composed: DictConfig) -> None:
    """Hydra's job: load, measure, show, compare with what the run itself measured."""
    options = to_options(composed, EvaluateOptions)
    target = None if options.output is None else output_path(options.output)
    folder = Path(options.run).expanduser()
    other = None if composed.get("dataset") is None else to_dataset_config(composed)
    measure = measure_ensemble if member_folders(folder) else measure_run
    name, num_samples, measured = measure(folder, other, options.split, composed)
    metrics = measured.tasks
    console = Console(highlight=False)
    console.print(metrics_tables(list(metrics), [(options.split, metrics)]))
    console.print(f"{num_samples:,} images of {name}, split {options.split}")
    if other is None and options.split != "all":
        console.print(compare(metrics, read_summary(folder).get(options.split)))
    if target is not None:
        values = {
            "run": str(folder),
            "dataset": name,
            "split": options.split,
            "samples": num_samples,
            "figures": metrics,
        }
        write_whole(target, json.dumps(values, indent=2) + "\n")


def measure_run(
    folder: Path, other: DatasetConfig | None, split_name: str, composed: DictConfig
) -> tuple[str, int, SplitMetrics]:
    """Measure as training does: the same batches, layout and precision, so the same bits.

    Args:
        other: Another dataset than the run's own.

    Returns:
        The dataset's name, the number of its images, and what was measured.
    """
    run = load_run(folder)
    config = run.config
    device = choose_device(to_device_config(composed, config.device), config.model)
    dataset = rebuild_dataset(run) if other is None else other_dataset(run, other, config.seed)
    split = choose_split(dataset, split_name)
    metrics = evaluate(
        device.place(run.model),
        split.to(device.torch_device),
        build_objective(config.mtl, config.model, run.tasks).to(device.torch_device),
        config.trainer.eval_batch_size,
        device,
    )
    return dataset.name, len(split), metrics


def measure_ensemble(
    folder: Path, other: DatasetConfig | None, split_name: str, composed: DictConfig
) -> tuple[str, int, SplitMetrics]:
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
    own = OmegaConf.create(read_config(folder))
    chosen = to_device_config(composed, to_device_config(own))
    device = select_device(chosen.name, chosen.precision, chosen.threads)
    members = member_folders(folder)
    config = read_run_config(members[0])

    def open_split(run: LoadedRun) -> tuple[Split, str]:
        if other is None:
            return own_test_split(run)
        # With the first member's seed, the dataset is divided alike for all of them.
        return choose_split(other_dataset(run, other, config.seed), split_name), ""

    ensemble = vote(members, open_split, own.batch_size, device)
    return (other or config.dataset).name, len(ensemble.split), ensemble.metrics


def choose_split(dataset: Dataset, name: str) -> Split:
    """One split, or all images: train, val and test in this order."""
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


def compare(found: Metrics, recorded: Metrics | None) -> str:
    """One line: whether these are the metrics of the run's summary."""
    if recorded is None:
        return "the run's summary has no figures of this split"
    differences = {
        f"{task}.{name}": abs(value - recorded.get(task, {}).get(name, float("nan")))
        for task, metrics in found.items()
        for name, value in metrics.items()
    }
    if all(difference == 0 for difference in differences.values()):
        return "the same figures as in the run's summary, to the last bit"
    largest = max(differences, key=lambda key: differences[key])
    return (
        f"differs from the run's summary, most in {largest} by {differences[largest]:.3g}: another"
        " device, precision, number of threads, or other files"
    )
