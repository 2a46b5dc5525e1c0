"""What may become a member of an ensemble."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Runner
from trained_runs import train_run

from mtlab.errors import RunFolderError
from mtlab.inference.ensemble import find_candidates


def write_images(path: Path, brightness: int) -> Path:
    images = np.full((40, 6, 6), brightness, np.uint8)
    images[::2, :3] += 100
    np.savez(path, X=images, y=np.arange(40) % 2)
    return path


def test_a_condition_that_none_meets_is_answered_with_the_best_values(tmp_path: Path) -> None:
    for job in range(20):
        folder = tmp_path / f"{job}_x"
        folder.mkdir()
        summary = {"status": "completed", "seed": job, "val": {"b": {"mae": 0.5 + job / 100}}}
        (folder / "summary.json").write_text(json.dumps(summary))
        if job < 18:
            (folder / "model.safetensors").touch()
    with pytest.raises(RunFolderError) as caught:
        find_candidates([tmp_path], "val.b.mae<0.5")
    assert str(caught.value) == (
        "keep: must leave at least one member; found it kept no weights (2 of 20); val.b.mae at"
        " best 0.5 (#0, seed 0), 0.51 (#1, seed 1), 0.52 (#2, seed 2); loosen it, or name other"
        " runs"
    )


def train(folder: Path, brightness: int, *overrides: str) -> Path:
    data = write_images(folder / f"{brightness}.npz", brightness)
    name = "_".join([str(brightness), *overrides]).replace("=", "_")
    return train_run(
        folder / name,
        "dataset=npz",
        f"dataset.path={data}",
        "model=mlp",
        "model.widths=[4]",
        *overrides,
    )


def test_runs_tested_on_other_images_are_refused_though_their_targets_are_equal(
    mtlab: Runner,
) -> None:
    runs = [train(mtlab.folder, brightness) for brightness in (10, 50)]
    outcome = mtlab("ensemble", f"runs=[{runs[0]},{runs[1]}]", "device=cpu")
    assert outcome.code == 2
    assert f"test split of {runs[0]}; found other test images" in outcome.err
    assert "Traceback" not in outcome.err


def test_runs_that_normalise_the_same_images_otherwise_may_vote_together(mtlab: Runner) -> None:
    runs = [
        train(mtlab.folder, 10, f"dataset.normalisation={kind}") for kind in ("unit", "standard")
    ]
    outcome = mtlab("ensemble", f"runs=[{runs[0]},{runs[1]}]", "device=cpu")
    assert outcome.code == 0, outcome.err
    assert "2 of 2 runs are members" in outcome.out


def test_runs_are_measured_again_from_another_folder_than_they_were_started_in(
    mtlab: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images(mtlab.folder / "images.npz", 10)
    train_run(
        mtlab.folder / "run",
        "dataset=npz",
        "dataset.path=images.npz",
        "model=mlp",
        "model.widths=[4]",
    )
    (mtlab.folder / "elsewhere").mkdir()
    monkeypatch.chdir(mtlab.folder / "elsewhere")
    outcome = mtlab("evaluate", "run=../run")
    assert outcome.code == 0, outcome.err
    assert "to the last bit" in outcome.out
    outcome = mtlab("ensemble", "runs=../run", "device=cpu")
    assert outcome.code == 0, outcome.err
