"""`mtlab data export`: any dataset as arrays in a .npz file."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from omegaconf import DictConfig

from mtlab.artifacts.run_dir import output_path
from mtlab.config.compose import to_dataset_config, to_options
from mtlab.config.run_options import DataExportOptions
from mtlab.data.build import check_classes, kept_samples, open_source
from mtlab.data.source import LabelledImages

Arrays = dict[str, npt.NDArray[Any]]


def data_export(composed: DictConfig) -> None:
    """Hydra's job: read, write, and say how to read it back."""
    options = to_options(composed, DataExportOptions)
    target = output_path(options.output or "")
    config = to_dataset_config(composed)
    source = open_source(config)
    everything = source.train()
    check_classes(everything, config)
    train, test = (
        kept_samples(samples, config, options.seed) for samples in (everything, source.test())
    )
    arrays = as_arrays(joined(train, test)) if options.together else as_arrays(train)
    if not options.together:
        arrays |= {f"{name}_test": array for name, array in as_arrays(test).items()}
    with target.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # arrays by name, not its flag
    shapes = ", ".join(f"{name} {array.shape} {array.dtype}" for name, array in arrays.items())
    print(f"{target}: {shapes}")
    names = f" 'dataset.label_names=[{','.join(train.labels)}]'" if len(train.labels) > 1 else ""
    print(f"read it by: mtlab dataset=npz dataset.path={target}{names}")


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


def joined(train: LabelledImages, test: LabelledImages) -> LabelledImages:
    """The test images behind the training images."""
    return LabelledImages(
        torch.cat([train.images, test.images]),
        {name: torch.cat([label, test.labels[name]]) for name, label in train.labels.items()},
    )
