"""A run whose pixels were standardised one by one, put to use."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Runner
from trained_runs import train_run

import mtlab as package
from mtlab.inference.loading import load_run, rebuild_dataset
from mtlab.visualize.ascent import PixelRange


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = ["model=mlp", "model.widths=[8]", "augmentation=affine", "dataset.val_fraction=0.3"]
    folder = tmp_path_factory.mktemp("runs") / "run"
    return train_run(folder, "dataset.normalisation=per_pixel", *words)


def test_statistics_come_back_from_the_file_and_are_told(folder: Path) -> None:
    run = load_run(folder)
    assert run.pixel_statistics == rebuild_dataset(run).pixel_statistics
    assert len(run.pixel_statistics.mean) == 784
    told = (folder / "mtlab.log").read_text(encoding="utf-8")
    assert "pixels are the same in every training image, and are divided by 1" in told


def test_it_is_measured_asked_and_exported_as_it_was_trained(folder: Path, mtlab: Runner) -> None:
    done = mtlab("evaluate", f"run={folder}", "device=cpu")
    assert done.code == 0 and "to the last bit" in done.out, done.err
    done = mtlab("export", f"run={folder}", "format=torch_export")
    assert done.code == 0, done.err
    done = mtlab("ensemble", f"runs={folder}", "device=cpu")
    assert done.code == 0, done.err
    folders = [folder, min(mtlab.folder.glob("outputs/**/members")).parent]
    ours, theirs = [json.loads((one / "summary.json").read_text()) for one in folders]
    assert ours["test"]["digit"]["accuracy"] == theirs["test"]["digit"]["accuracy"]


def test_images_of_another_size_are_refused(folder: Path, mtlab: Runner) -> None:
    np.savez("other.npz", X=np.full((9, 8, 8), 9, np.uint8), digit=np.arange(9) % 3)
    done = mtlab("evaluate", f"run={folder}", "dataset=npz", "dataset.path=other.npz")
    assert done.code == 2 and "must have the size of the training images" in done.err
    with pytest.raises(package.errors.DataError, match="as the run's training images have"):
        package.load(folder).predict(np.zeros((2, 8, 8)))


def test_a_range_of_each_pixel_suits_images_that_were_resized() -> None:
    whole = PixelRange(-torch.ones(1, 1, 8, 8), torch.arange(64.0).view(1, 1, 8, 8))
    half = whole.of_size((4, 4))
    assert half.low.shape == half.high.shape == (1, 1, 4, 4)
    assert whole.of_size((8, 8)) is whole
    channel = PixelRange(-torch.ones(1, 3, 1, 1), torch.ones(1, 3, 1, 1))
    assert channel.of_size((4, 4)) is channel
