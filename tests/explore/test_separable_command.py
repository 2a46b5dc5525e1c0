"""`mtlab separable` trains each pair as a run would, and leaves numbers and a picture."""

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

import numpy as np
import pytest
from conftest import Runner
from trained_runs import train_run


def test_each_pair_is_the_run_that_train_makes_of_it(mtlab: Runner) -> None:
    outcome = mtlab(
        "separable", "dataset=digits", "pairs=[[0,1],[8,3]]", "trainer.epochs=4", "processes=2",
        "++published.digits=[[0,1]]", "hydra.run.dir=here",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    folder = mtlab.folder / "here"
    summary = json.loads((folder / "summary.json").read_text())
    assert [entry["pair"] for entry in summary["pairs"]] == [[0, 1], [3, 8]]
    assert 'src="figures/pairs.png"' in (folder / "index.html").read_text()
    numbers = np.load(folder / "figures" / "pairs.npz")
    assert numbers["labels"].tolist() == [0, 1, 3, 8]
    assert numbers["converged"][1, 0] == summary["pairs"][0]["converged"]
    assert max(len(line) for line in outcome.out.splitlines() if line.startswith("│")) <= 80
    assert "published" in outcome.out and "iterations" in outcome.out
    with (folder / "separable.csv").open(newline="") as file:
        assert [row["published"] for row in csv.DictReader(file)] == ["yes", "no"]
    run = train_run(mtlab.folder / "run", "model=perceptron", "dataset.classes=[3,8]",
                    "dataset.limit=null", "trainer.epochs=4")  # fmt: skip
    recorded = json.loads((run / "summary.json").read_text())
    hard = summary["pairs"][1]
    assert hard["kept_test_accuracy"] == recorded["test"]["digit"]["accuracy"]
    assert hard["iterations"] == recorded["epochs"]
    assert hard["converged"] == recorded["converged"]


def test_published_measures_stand_beside_those_of_their_pairs(mtlab: Runner) -> None:
    measures = "{pair: [1,0], iterations: 2, seconds: 3.5, test_accuracy: 0.5}"
    outcome = mtlab(
        "separable", "dataset=digits", "pairs=[[0,1],[3,8]]", "trainer.epochs=3", "processes=1",
        f"++published.digits={{separable: [[0,1]], measured: [{measures}]}}", "hydra.run.dir=here",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    with (mtlab.folder / "here" / "separable.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert first["published_iterations"] == "2" and first["published_seconds"] == "3.5"
    assert first["published_test_accuracy"] == "0.5" and second["published_seconds"] == ""
    assert "pairs with published measures" in outcome.out
    assert max(len(line) for line in outcome.out.splitlines() if line.startswith("│")) <= 80


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (("pairs=[[0,77]]",), "pairs: must hold labels of digits"),
        (("pairs=[[0,0]]",), "pairs: must be a list of pairs of two different labels"),
        (("trainer.epochs=0",), "trainer.epochs: must be at least 1 iteration"),
        (("model=mlp",), "model: must be perceptron here"),
        (("processes=0",), "processes: must be a whole number of at least 1"),
        (("pairs=[]",), "pairs: must be a list of"),
        (("dataset.classes=[0,17]",), "dataset.classes: must hold labels of digits"),
        (("tasks=[parity]",), "tasks: must name one task that takes the labels as they are"),
        (("tasks=[digit,parity]",), "tasks: must name one task"),
        (("published.mnist.separable=[[0]]",), "separable: must be a list of pairs"),
        (("++published.digits=[[0]]",), "must be a list of pairs of two different labels"),
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
