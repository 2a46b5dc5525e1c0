"""`mtlab data export`: any dataset as arrays in a .npz file."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from omegaconf import DictConfig, OmegaConf

from mtlab.artifacts.run_dir import output_path
from mtlab.config.arguments import literal
from mtlab.config.base import Keys, Whole, read_keys
from mtlab.config.compose import conf_folder, to_dataset_config, to_options
from mtlab.config.dataset import DatasetConfig, ShapesConfig, TaskConfig
from mtlab.config.files import NpzFile
from mtlab.data.build import kept_samples, kept_test_samples, open_source
from mtlab.data.source import LabelledImages, check_classes

Arrays = dict[str, npt.NDArray[Any]]

THREE_TARGETS = "three_targets"
"""The option of the group `dataset` that reads arrays of the drawn shapes' form."""
MOST_NAMES_SHOWN = 32
"""A command line that names more classes could not be read any more."""


class DataExportOptions(Keys):
    """conf/data_export.yaml."""

    output: NpzFile
    together: bool
    seed: Whole


def data_export(composed: DictConfig) -> None:
    """Hydra's job: read, write, and say how to read it back."""
    options = to_options(composed, DataExportOptions)
    target = output_path(options.output)
    config = to_dataset_config(composed)
    source = open_source(config)
    everything = source.train()
    check_classes(everything, config.classes, config.name)
    train = kept_samples(everything, config, options.seed)
    test = kept_test_samples(source.test(), config)
    arrays = as_arrays(train)
    given = source.val()
    if given is not None:
        # A .npz file's validation images are drawn from its training images.
        val = as_arrays(kept_test_samples(given, config))
        arrays = {name: np.concatenate([array, val[name]]) for name, array in arrays.items()}
        print(f"the {len(val['y']):,} validation images stand behind the training images")
    for name, array in as_arrays(test).items():
        if options.together:
            arrays[name] = np.concatenate([arrays[name], array])
        else:
            arrays[f"{name}_test"] = array
    with target.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # arrays by name, not its flag
    shapes = ", ".join(f"{name} {array.shape} {array.dtype}" for name, array in arrays.items())
    print(f"{target}: {shapes}")
    class_names = config.class_names or source.class_names().get(train.main_label_name, [])
    print(f"read it by: {reading_command(config, list(train.labels), class_names, target)}")


def reading_command(
    config: DatasetConfig, labels: Sequence[str], class_names: Sequence[str], target: Path
) -> str:
    """What reads the file back with the tasks that the dataset had.

    Args:
        class_names: Of the first label. Left out where they are its numbers, or too many to read.
    """
    names = []
    if len(class_names) <= MOST_NAMES_SHOWN and any(
        name != str(number) for number, name in enumerate(class_names)
    ):
        names = [f"dataset.class_names={literal(list(class_names))}"]
    if isinstance(config, ShapesConfig) and config.tasks == _tasks_of(THREE_TARGETS):
        return shlex.join(["mtlab", f"dataset={THREE_TARGETS}", f"dataset.path={target}", *names])
    words = ["mtlab", "dataset=npz", f"dataset.path={target}", *names]
    if len(labels) > 1:
        words.append(f"dataset.label_names=[{','.join(labels)}]")
    if config.tasks:
        rules = {
            name: task.model_dump(exclude_defaults=True) or {"by": "label"}
            for name, task in config.tasks.items()
        }
        words.append(f"dataset.tasks={literal(rules)}")
    if config.default_tasks not in (None, list(config.tasks)):
        words.append(f"dataset.default_tasks={literal(config.default_tasks)}")
    return shlex.join(words)


def _tasks_of(option: str) -> dict[str, TaskConfig]:
    """The tasks of a file of the group `dataset`."""
    values = OmegaConf.load(conf_folder() / "dataset" / f"{option}.yaml").tasks
    return {
        str(name): read_keys(TaskConfig, OmegaConf.to_container(task))
        for name, task in values.items()
    }


def as_arrays(samples: LabelledImages) -> Arrays:
    """X `(N, H, W)` or `(N, H, W, C)` as it was read, y `(N,)` or `(N, labels)`."""
    pixels = samples.images.numpy().transpose(0, 2, 3, 1)
    labels = list(samples.labels.values())
    # Double precision holds every float32 and every class number exactly.
    has_values = any(label.is_floating_point() for label in labels)
    columns = [label.double() if has_values else label for label in labels]
    targets = torch.stack(columns, dim=1).numpy()
    return {
        "X": np.ascontiguousarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels),
        "y": targets[:, 0] if len(labels) == 1 else targets,
    }
