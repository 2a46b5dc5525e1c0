"""model.safetensors: the weights, with what is needed to use them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save
from torch import nn

from mtlab.data.dataset import Dataset

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
        "tasks": [asdict(task) for task in dataset.tasks],
        "image_shape": dataset.image_shape,
        "pixel_statistics": asdict(dataset.pixel_statistics),
    }
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(save(tensors, {METADATA_KEY: json.dumps(usage)}))
    unfinished.replace(path)
