"""`mtlab rerun`: config.yaml alone makes the same run again, to the bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Runner

QUICK = ("dataset.limit=200", "trainer.epochs=2", "trainer.figures=false", "device=cpu")


def read(folder: Path) -> tuple[bytes, dict, list[dict]]:
    summary = json.loads((folder / "summary.json").read_text())
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        del line["seconds"]
    for key in ("command", "overrides", "started_at", "seconds", "samples_per_second"):
        del summary[key]
    return (folder / "model.safetensors").read_bytes(), summary, lines


def test_another_process_makes_the_same_run_from_its_configuration(mtlab: Runner) -> None:
    # Everything that draws numbers, and both kinds of `auto`.
    settings = ("augmentation=affine", "model.dropout=0.3", "optimizer=sgd", "scheduler=plateau")
    assert mtlab(*QUICK, *settings, "seed=5", "hydra.run.dir=first").code == 0
    elsewhere = mtlab.folder / "elsewhere"
    elsewhere.mkdir()
    command = ["-m", "mtlab", "rerun", str(mtlab.folder / "first"), "hydra.run.dir=again"]
    root = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {"PYTHONPATH": root}
    subprocess.run(
        [sys.executable, *command], cwd=elsewhere, env=environment, check=True, capture_output=True
    )
    again = elsewhere / "again"
    assert (again / "config.yaml").read_text() == Path("first/config.yaml").read_text()
    assert read(again) == read(Path("first"))


@pytest.mark.parametrize(
    "settings",
    [
        ("model=perceptron", "dataset.classes=[3,8]", "trainer.epochs=5"),
        ("model=mlp", "mtl=uncertainty", "tasks=[digit,parity]", "device.precision=bfloat16"),
        ("experiment=digit_parity_threshold", "row=loss_weights", "dataset=digits"),
    ],
    ids=["perceptron", "uncertainty", "row"],
)
def test_a_rerun_is_the_run(mtlab: Runner, settings: tuple[str, ...]) -> None:
    assert mtlab(*settings, *QUICK, "hydra.run.dir=first").code == 0
    assert mtlab("rerun", "first", "hydra.run.dir=again").code == 0
    weights, summary, lines = read(Path("again"))
    assert (weights, lines) == (read(Path("first"))[0], read(Path("first"))[2])
    assert summary == read(Path("first"))[1]


def test_what_is_no_run_is_told_in_one_line(mtlab: Runner) -> None:
    outcome = mtlab("rerun", "nowhere")
    assert outcome.code == 2
    assert "nowhere: " in outcome.err and outcome.err.count("\n") == 1
    assert mtlab("rerun").code == 2
    assert not Path("outputs").exists()
