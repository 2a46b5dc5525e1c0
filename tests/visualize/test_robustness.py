"""Noise takes accuracy away, for one run and for the configurations of a sweep."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Runner
from trained_runs import QUICK, train_run

from mtlab.visualize.sweep import by_number, varied_keys, write_settings


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_without_noise_the_accuracy_is_that_of_the_run(tmp_path: Path, mtlab: Runner) -> None:
    run = train_run(tmp_path / "run", "model=mlp", "model.widths=[20]", "dataset.limit=null",
                    "trainer.epochs=3", "tasks=[digit,parity]")  # fmt: skip
    outcome = mtlab("visualize", f"run={run}", "what=robustness", "robustness.levels=[0,0.7,5]")
    assert outcome.code == 0, outcome.err
    pictures = run / "pictures" / "robustness"
    test = json.loads((run / "summary.json").read_text())["test"]
    for task in ("digit", "parity"):
        lines = table(pictures / f"{task}.csv")
        accuracies = [float(line["accuracy"]) for line in lines]
        assert accuracies[0] == pytest.approx(test[task]["accuracy"], abs=1e-6)
        assert accuracies[0] > accuracies[1] > accuracies[2]
    with np.load(pictures / "examples.npz") as numbers:
        assert numbers["images"].shape == (2, 3, 1, 28, 28)
        assert 0 <= numbers["images"].min() <= numbers["images"].max() <= 1


def test_a_sweep_has_a_line_per_configuration_and_a_band_over_its_seeds(mtlab: Runner) -> None:
    mtlab("-m", "model=mlp", "model.widths=[],[4]", "seed=0,1", *QUICK, "hydra.sweep.dir=sweep")
    sweep = mtlab.folder / "sweep"
    next(sweep.glob("3_*/model.safetensors")).unlink()
    outcome = mtlab("visualize", "run=sweep", "robustness.images=30", "robustness.levels=[0,1]")
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("left out") == 1
    assert "3_" in outcome.out
    with np.load(sweep / "pictures" / "robustness" / "digit.npz") as numbers:
        shapes = {label: values.shape for label, values in numbers.items()}
    assert shapes == {"levels": (2,), "widths []": (2, 2), "widths [4]": (1, 2)}
    lines = table(sweep / "pictures" / "robustness" / "digit.csv")
    assert [(line["configuration"], line["seed"]) for line in lines[::2]] == [
        ("widths []", "0"), ("widths []", "1"), ("widths [4]", "0"),
    ]  # fmt: skip
    assert (sweep / "pictures" / "curves" / "error.png").is_file()
    # What looks into one run names those that there are; a report still finds the sweep's four.
    outcome = mtlab("visualize", "run=sweep", "what=[robustness,filters]")
    assert outcome.code == 2
    assert "name one of the runs below it" in outcome.err
    assert "4 runs" in mtlab("report", "sweep").out


def test_configurations_are_told_by_what_varied() -> None:
    overrides = [
        {"seed": str(repeat), "dataset.fold": str(repeat), "lr": rate, "epochs": "3"}
        for rate in ("0.08", "0.004")
        for repeat in (0, 1)
    ]
    names = varied_keys(overrides)
    assert names == ["lr"]
    labels = [write_settings(typed, names) for typed in overrides]
    assert labels == ["lr 0.08"] * 2 + ["lr 0.004"] * 2
    assert sorted(set(labels), key=by_number) == ["lr 0.004", "lr 0.08"]
