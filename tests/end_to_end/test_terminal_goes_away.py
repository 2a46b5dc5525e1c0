"""Whoever reads the output may go away; the run goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])
QUICK = ["dataset.limit=100", "model=mlp", "hydra.run.dir=run", "device=cpu"]


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "mtlab", *QUICK, *arguments],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": ROOT},
    )


def test_a_closed_pipe_costs_nothing(tmp_path: Path) -> None:
    with start(tmp_path, "trainer.epochs=5") as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith("mlp on digits")
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=120) == 0
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["status"] == "completed"
    assert "epoch 5/5" in (tmp_path / "run" / "mtlab.log").read_text()


def test_a_terminal_that_hangs_up_does_not_end_the_run(tmp_path: Path) -> None:
    with start(tmp_path, "trainer.epochs=100", "trainer.figures=false") as process:
        metrics = tmp_path / "run" / "metrics.jsonl"
        deadline = time.monotonic() + 120
        while not (metrics.exists() and metrics.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=240)
        assert process.returncode == 0
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["epochs"] == 100


def test_a_full_disk_is_told_of() -> None:
    command = [sys.executable, "-m", "mtlab", "--cfg", "job"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            env=os.environ | {"PYTHONPATH": ROOT},
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "mtlab: output: No space left on device; free some space, and run again\n"
    )
