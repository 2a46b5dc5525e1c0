"""model.safetensors: the weights, with what is needed to use them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from mtlab.artifacts.run_dir import write_whole
from mtlab.data.dataset import Dataset, PixelStatistics
from mtlab.data.tasks import ClassificationTask, RegressionTask, Task
from mtlab.errors import RunFolderError

METADATA_KEY = "mtlab"


def save_model(path: Path, model: nn.Module, dataset: Dataset) -> None:
    """Write the model's state; loading it executes nothing.

    The file's metadata has one entry, `mtlab`: a JSON object with `tasks` (names, classes, labels),
    `image_shape` and `pixel_statistics`, so that prediction treats images as training did. One
    entry, because safetensors writes several in an arbitrary order and equal runs are to give equal
    files.
    """
    state: Mapping[str, torch.Tensor] = model.state_dict()
    # safetensors stores values in row-major order, whatever the layout in memory.
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    usage = {
        "tasks": [_without_gaps(asdict(task)) for task in dataset.tasks],
        "image_shape": dataset.image_shape,
        "pixel_statistics": asdict(dataset.pixel_statistics),
    }
    write_whole(path, save(tensors, {METADATA_KEY: json.dumps(usage)}))


@dataclass(frozen=True)
class SavedModel:
    """What `save_model` wrote; `tensors` is the model's state."""

    tensors: dict[str, torch.Tensor]
    tasks: tuple[Task, ...]
    image_shape: tuple[int, int, int]
    pixel_statistics: PixelStatistics


def read_model(path: Path) -> SavedModel:
    """Read what `save_model` wrote; nothing is executed.

    Raises:
        RunFolderError: A damaged file, or one without mtlab's metadata.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise RunFolderError(
            str(path),
            rule="must be a complete safetensors file",
            found=error,
            remedy="restore the file, or train again",
        ) from error
    try:
        usage = json.loads(metadata[METADATA_KEY])
        tasks = tuple(
            ClassificationTask(**values) if "class_names" in values else RegressionTask(**values)
            for values in map(_with_tuples, usage["tasks"])
        )
        channels, height, width = usage["image_shape"]
        statistics = PixelStatistics(**_with_tuples(usage["pixel_statistics"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunFolderError(
            str(path),
            rule="must carry the tasks, image_shape and pixel_statistics that mtlab writes",
            found=f"{type(error).__name__}: {error}",
            remedy="train again with this version",
        ) from error
    return SavedModel(tensors, tasks, (channels, height, width), statistics)


def _without_gaps(values: dict[str, Any]) -> dict[str, Any]:
    """Which samples have labels is of the data, not of the network."""
    return {key: value for key, value in values.items() if key != "has_gaps"}


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """What `asdict` wrote; JSON has turned its tuples into lists."""
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }
