"""The same runs on a GPU."""

from __future__ import annotations

import json

import pytest
import torch
from conftest import Runner

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here")

QUICK = ("trainer.epochs=3", "trainer.figures=false", "device=cuda")


def summaries(mtlab: Runner) -> list[dict]:
    return [
        json.loads(path.read_text())
        for path in sorted(mtlab.folder.glob("outputs/*/*/summary.json"))
    ]


def test_auto_takes_the_gpu_and_says_which(mtlab: Runner) -> None:
    assert mtlab("trainer.epochs=0", "device=auto").code == 0
    (summary,) = summaries(mtlab)
    assert summary["device"] == "cuda"
    assert summary["hardware"]["name"] == torch.cuda.get_device_name()


@pytest.mark.parametrize("model", ["mlp", "cnn", "mtl_cnn"])
def test_the_same_seed_gives_the_same_bits(mtlab: Runner, model: str) -> None:
    for _ in range(2):
        outcome = mtlab(*QUICK, f"model={model}", "model.dropout=0.2")
        assert outcome.code == 0, outcome.err
    one, other = sorted(mtlab.folder.glob("outputs/*/*/model.safetensors"))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_gpu_learns_what_a_processor_learns(mtlab: Runner, precision: str) -> None:
    assert mtlab(*QUICK, "trainer.epochs=6", f"device.precision={precision}").code == 0
    (summary,) = summaries(mtlab)
    assert summary["precision"] == precision
    assert summary["test"]["digit"]["accuracy"] > 0.9
    assert summary["test"]["parity"]["accuracy"] > 0.9


def test_a_step_never_waits_for_the_gpu() -> None:
    from test_loop import experiment
    from test_step import step_of

    parts = experiment("device=cuda", "trainer.clip_norm=1", "model.dropout=0.3")
    step, sums = step_of(parts)
    positions = torch.arange(32, device="cuda")
    step(parts.train, positions, sums, 0)
    torch.cuda.set_sync_debug_mode("error")
    try:
        step(parts.train, positions, sums, 1)
    finally:
        torch.cuda.set_sync_debug_mode("default")
