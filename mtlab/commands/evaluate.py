"""`mtlab evaluate`: measure a run or an ensemble again, on its own dataset or on another."""

import json
from functools import partial
from pathlib import Path
from typing import Literal

from omegaconf import DictConfig
from rich.console import Console

from mtlab.artifacts.reading import read_summary
from mtlab.artifacts.run_dir import member_folders, output_path, write_whole
from mtlab.config.base import Keys
from mtlab.config.compose import to_dataset_config, to_device_config, to_options
from mtlab.config.files import RunFolderKey
from mtlab.inference.loading import read_run_config
from mtlab.inference.measure import measure_ensemble, measure_run
from mtlab.report.write.result_tables import metrics_tables

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
    members = member_folders(folder)
    measure = measure_ensemble if members else measure_run
    device_like = partial(to_device_config, composed)
    measured, num_samples = measure(folder, other, options.split, device_like)
    metrics = measured.tasks
    name = (other or read_run_config(members[0] if members else folder).dataset).name
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


def compare(found: Metrics, recorded: Metrics | None) -> str:
    """One line: whether these are the metrics of the run's summary."""
    if recorded is None:
        return "the run's summary has no metrics of this split"
    differences = {
        f"{task}.{name}": abs(value - recorded.get(task, {}).get(name, float("nan")))
        for task, metrics in found.items()
        for name, value in metrics.items()
    }
    if all(difference == 0 for difference in differences.values()):
        return "the same metrics as in the run's summary, to the last bit"
    largest = max(differences, key=lambda key: differences[key])
    return (
        f"differs from the run's summary, most in {largest} by {differences[largest]:.3g}: another"
        " device, precision, number of threads, or other files"
    )
