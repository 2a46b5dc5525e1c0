"""`mtlab pca` and `mtlab separable` leave numbers and pictures."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Runner
from trained_runs import files_below, train_run


def test_pca_of_the_bundled_digits(mtlab: Runner) -> None:
    outcome = mtlab("pca", "dataset=digits", "pca.points=50", "pca.three_dimensional=true",
                    "hydra.run.dir=here")  # fmt: skip
    assert outcome.code == 0, outcome.err
    folder = mtlab.folder / "here"
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "completed"
    assert summary["samples"] == {"train_and_validation": 1438, "test": 359}
    assert summary["num_features"] == 784
    # Bilinear enlargement of 8x8 scans has rank 64 at most, but for rounding to bytes.
    assert 1 < summary["axes_of_train"]["components_for_share"] < 64
    assert len(summary["pairs"]) == 45
    zero_and_one = summary["pairs"][0]
    assert zero_and_one["pair"] == ["0", "1"]
    assert zero_and_one["all_pixels_train_error"] < 0.01
    drawn = {name for name in files_below(folder / "figures") if name.endswith(".png")}
    assert drawn == {
        "explained_variance.png", "plane_points.png", "plane_test.png", "plane_test_own_axes.png",
        "plane_train.png", "separability.png", "space.png",
    }  # fmt: skip


def test_pca_of_two_classes_by_another_task(mtlab: Runner) -> None:
    outcome = mtlab("pca", "dataset=digits", "task=parity", "dataset.classes=[1,2,3]",
                    "hydra.run.dir=here")  # fmt: skip
    assert outcome.code == 0, outcome.err
    summary = json.loads((mtlab.folder / "here" / "summary.json").read_text())
    assert summary["classes"] == ["even", "odd"]
    assert [entry["pair"] for entry in summary["pairs"]] == [["even", "odd"]]


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (("pca.points=1",), "pca.points: must be a number of at least 2"),
        (("pca.variance_share=2",), "pca.variance_share: must lie between 0"),
        (("task=colour",), "must name tasks of dataset=digits"),
    ],
)
def test_a_mistake_of_pca_is_told_in_one_line(
    mtlab: Runner, overrides: tuple[str, ...], told: str
) -> None:
    outcome = mtlab("pca", "dataset=digits", *overrides)
    assert outcome.code == 2
    assert told in outcome.err
    assert outcome.err.count("\n") == 1


def test_each_pair_is_the_run_that_train_makes_of_it(mtlab: Runner) -> None:
    outcome = mtlab(
        "separable", "dataset=digits", "pairs=[[0,1],[8,3]]", "trainer.epochs=4", "processes=2",
        "++published.digits=[[0,1]]", "hydra.run.dir=here",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    folder = mtlab.folder / "here"
    summary = json.loads((folder / "summary.json").read_text())
    assert [entry["pair"] for entry in summary["pairs"]] == [[0, 1], [3, 8]]
    assert (folder / "figures" / "pairs.png").is_file()
    with (folder / "separable.csv").open(newline="") as file:
        assert [row["published"] for row in csv.DictReader(file)] == ["yes", "no"]
    run = train_run(mtlab.folder / "run", "model=perceptron", "dataset.classes=[3,8]",
                    "dataset.limit=null", "trainer.epochs=4")  # fmt: skip
    recorded = json.loads((run / "summary.json").read_text())
    hard = summary["pairs"][1]
    assert hard["test_accuracy"] == recorded["test"]["digit"]["accuracy"]
    assert hard["iterations"] == recorded["epochs"]
    assert hard["converged"] == recorded["converged"]


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (("pairs=[[0,77]]",), "pairs: must hold labels of digits"),
        (("pairs=[[0,0]]",), "pairs: must hold pairs of two different labels"),
        (("trainer.epochs=0",), "trainer.epochs: must be at least 1 iteration"),
        (("model=mlp",), "model: must be perceptron here"),
        (("processes=0",), "processes: must be a number of at least 1"),
    ],
)
def test_a_mistake_of_separable_is_told_in_one_line(
    mtlab: Runner, overrides: tuple[str, ...], told: str
) -> None:
    outcome = mtlab("separable", "dataset=digits", *overrides)
    assert outcome.code == 2
    assert told in outcome.err
    assert outcome.err.count("\n") == 1


def test_an_interruption_ends_the_processes_that_train_pairs(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mtlab", "separable", "dataset=digits", "processes=2",
         "trainer.epochs=10000000", "model.tolerance=0", "pairs=[[1,8],[3,9],[8,9]]"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert "3 pairs" in process.stdout.readline()
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 130
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                os.killpg(process.pid, 0)
            except ProcessLookupError:
                break
            time.sleep(0.1)
        else:
            pytest.fail("processes were left running")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
