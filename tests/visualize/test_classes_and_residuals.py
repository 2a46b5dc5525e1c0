"""Errors per class and per value, against hand-computed ones."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Runner
from trained_runs import train_run

from mtlab.objective.metrics import class_metrics
from mtlab.visualize.classes import frequent_confusions
from mtlab.visualize.residuals import lines_of_fifths


def test_measures_of_each_class() -> None:
    # Of class 0 three of four are found, one of those called 0 is a 1; class 2 never occurs.
    counts = torch.tensor([[3, 1, 0], [1, 1, 2], [0, 0, 0]])
    measures = class_metrics(counts)
    assert measures["precision"].tolist() == [0.75, 0.5, 0]
    assert measures["recall"].tolist() == [0.75, 0.25, 0]
    assert measures["f1"].tolist() == [0.75, pytest.approx(1 / 3), 0]


def test_the_most_frequent_confusions_come_first() -> None:
    counts = torch.tensor([[9, 1, 0], [4, 5, 1], [0, 4, 6]])
    assert frequent_confusions(counts) == [(1, 0, 4), (2, 1, 4), (0, 1, 1), (1, 2, 1)]


def test_residuals_of_each_fifth() -> None:
    true = np.arange(10.0)
    residuals = np.array([1.0, -1, 0, 0, 0, 0, 0, 0, -2, -4])
    lines = lines_of_fifths(true, residuals)
    assert [line["true_values"] for line in lines] == [
        "0 to 1", "2 to 3", "4 to 5", "6 to 7", "8 to 9", "all",
    ]  # fmt: skip
    assert [line["mean_residual"] for line in lines] == [0, 0, 0, 0, -3, pytest.approx(-0.6)]
    assert [line["mean_absolute_error"] for line in lines] == [1, 0, 0, 0, 3, 0.8]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_tables_agree_with_what_the_run_measured(tmp_path: Path, mtlab: Runner) -> None:
    run = train_run(tmp_path / "run", "model=mtl_cnn", "model.filters=[4]", "model.pool_after=[1]",
                    "model.shared_widths=[8]", "model.branch_widths=[]", "mtl=weights",
                    "dataset=shapes", "dataset.num_images=120", "dataset.image_size=16",
                    "tasks=[a,c]")  # fmt: skip
    outcome = mtlab("visualize", f"run={run}", "what=[classes,residuals]")
    assert outcome.code == 0, outcome.err
    assert "classes of c left out: the task has no classes" in outcome.out
    assert "residuals of a left out: the task has no values" in outcome.out
    test = json.loads((run / "summary.json").read_text())["test"]
    lines = table(run / "pictures" / "classes" / "a.csv")
    seen = [
        float(line["f1"]) for line in lines if line["images"] != "0" or line["precision"] != "0.0"
    ]
    assert np.mean(seen) == pytest.approx(test["a"]["f1"], abs=1e-6)
    assert sum(int(line["images"]) for line in lines) == 24
    overall = table(run / "pictures" / "residuals" / "c.csv")[-1]
    assert float(overall["mean_absolute_error"]) == pytest.approx(test["c"]["mae"], abs=1e-6)
    assert (run / "pictures" / "classes" / "a.tex").read_text().count(r"\\") == 11
