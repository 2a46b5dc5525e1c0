"""Small runs that tests look into, trained by the command itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mtlab import cli
from mtlab.data.tasks import ClassificationTask
from mtlab.models.convolutional import ConvolutionalTrunk
from mtlab.models.heads import Head
from mtlab.models.layers import LayerSpec, build_layers, dense_specs

QUICK = ("trainer.figures=false", "trainer.epochs=1", "dataset.limit=200", "device=cpu")


def train_run(folder: Path, *overrides: str) -> Path:
    """Train into a folder and return it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDRA_FULL_ERROR", "1")
        patch.setattr("sys.argv", ["mtlab"])
        assert cli.main([*QUICK, f"hydra.run.dir={folder}", *overrides]) == 0
    return folder


def write_colour_images(path: Path) -> Path:
    """Sixty 12x12 images in colour with two labels: which third is bright, and in what colour."""
    random = np.random.default_rng(0)
    images = random.integers(0, 60, (60, 12, 12, 3)).astype(np.uint8)
    third, colour = np.arange(60) % 3, np.arange(60) // 3 % 2
    for index in range(60):
        images[index, 4 * third[index] : 4 * third[index] + 4, :, colour[index]] += 180
    np.savez(path, X=images, third=third, colour=colour)
    return path


def files_below(folder: Path) -> list[str]:
    """Every file, relative to the folder."""
    return sorted(os.path.relpath(path, folder) for path in folder.rglob("*") if path.is_file())


def classification_head(num_features: int, branch_widths: list[int], num_classes: int) -> Head:
    """A head on its own, for a task whose classes are called by their numbers."""
    names = tuple(str(number) for number in range(num_classes))
    task = ClassificationTask("task", names)
    return Head(task, dense_specs(branch_widths), (num_features,))


def cnn_trunk(
    image_shape: tuple[int, int, int],
    plans: list[LayerSpec],
    *,
    shared_widths: Sequence[int] = (),
    gives_maps: bool = False,
) -> ConvolutionalTrunk:
    layers, shapes = build_layers(plans, image_shape, "relu")
    return ConvolutionalTrunk(
        layers, shapes[-1], shared_widths=shared_widths, gives_maps=gives_maps
    )
