"""The study of pairs ends with the curves of several learning rates and the list of all pairs."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from conftest import Runner

PAIRS = (
    "-m", "experiment=perceptron_pairs", "dataset=digits", "dataset.limit=120", "trainer.epochs=3",
    "trainer.figures=false", "dataset.classes=[0,1],[3,8]", "after_sweep.processes=1",
    "hydra.sweep.dir=sweep",
)  # fmt: skip


def test_the_study_of_pairs_ends_with_learning_rates_and_the_list_of_all_pairs(
    mtlab: Runner,
) -> None:
    outcome = mtlab(*PAIRS, "++after_sweep.published.digits=[[0,1]]")
    assert outcome.code == 0, outcome.err
    sweep = mtlab.folder / "sweep"
    curves = np.load(sweep / "figures" / "learning_rates.npz")
    assert sorted(curves) == ["lr 0.004", "lr 0.01", "lr 0.02", "lr 0.08"]
    assert all(1 <= len(curves[name]) <= 3 for name in curves)
    with (sweep / "separable" / "separable.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 45
    assert rows[0] | {"pair": "0 1", "published": "yes"} == rows[0]
    # The same settings as the sweep's own runs.
    (run,) = sweep.glob("1_*/summary.json")
    recorded = json.loads(run.read_text())
    (listed,) = [row for row in rows if row["pair"] == "3 8"]
    assert float(listed["kept_test_accuracy"]) == pytest.approx(
        recorded["test"]["digit"]["accuracy"], abs=1e-4
    )
    assert int(listed["iterations"]) == recorded["epochs"]
    assert "45 pairs of digits, at most 3 iterations" in outcome.out
    assert "of 45 converged" in outcome.out and "published: 0-1" in outcome.out
    assert 'src="separable/figures/pairs.png"' in (sweep / "index.html").read_text()
    # Only the jobs are runs in the eyes of a report.
    assert mtlab("report", "sweep", "--output", "reported").code == 0
    report = (mtlab.folder / "reported" / "report.csv").read_text()
    assert len(report.splitlines()) == 3


def test_the_list_and_the_learning_rates_can_be_switched_off(mtlab: Runner) -> None:
    assert mtlab(*PAIRS, "after_sweep=null").code == 0
    assert not (mtlab.folder / "sweep" / "separable").exists()
    assert mtlab(*PAIRS[:-1], "after_sweep.separable=false", "hydra.sweep.dir=second").code == 0
    assert (mtlab.folder / "second" / "figures" / "learning_rates.png").is_file()
    assert not (mtlab.folder / "second" / "separable" / "separable.csv").exists()


def test_a_sweep_over_another_key_says_that_it_leaves_the_list_out(mtlab: Runner) -> None:
    outcome = mtlab(*PAIRS, "model.lr=0.01,0.02")
    assert outcome.code == 0, outcome.err
    assert "left out" in outcome.out
    assert "differ in dataset.classes alone; found model.lr" in outcome.out
    assert not (mtlab.folder / "sweep" / "separable" / "separable.csv").exists()


def test_a_mistake_in_what_ends_a_sweep_is_told_before_the_first_run(mtlab: Runner) -> None:
    outcome = mtlab("experiment=perceptron_pairs", "dataset=digits",
                    "after_sweep.learning_rates=[-1]")  # fmt: skip
    assert outcome.code == 2
    assert "after_sweep.learning_rates: must be a list of numbers above 0" in outcome.err
    assert not list(mtlab.folder.glob("outputs/**/metrics.jsonl"))
