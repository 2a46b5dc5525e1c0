"""Shared fixtures: running mtlab, tiny datasets, the real ones where they are there."""

from __future__ import annotations

import os

# As tune_for_training() below, but before torch is loaded by the imports.
os.environ.setdefault("GOMP_SPINCOUNT", "5000")

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig

from mtlab import cli
from mtlab.config.compose import conf_folder, register_resolvers
from mtlab.process import tune_for_training

tune_for_training()

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass
class Outcome:
    """A command's exit code, and what it printed."""

    code: int
    out: str
    err: str


class Runner:
    """Runs commands in this process, in an empty folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Outcome:
        self._capsys.readouterr()
        code = cli.main(list(arguments))
        printed = self._capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    def only_run(self) -> Path:
        """The folder of the one run that is there."""
        (summary,) = self.folder.glob("outputs/**/summary.json")
        return summary.parent

    def only_summary(self) -> Any:
        return json.loads((self.only_run() / "summary.json").read_text(encoding="utf-8"))


@pytest.fixture
def mtlab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Runner:
    """Run `mtlab` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    # Set by the command itself; restored here so that no test depends on another.
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.setattr("sys.argv", ["mtlab"])
    return Runner(tmp_path, capsys)


def composed(*overrides: str, config_name: str = "train") -> DictConfig:
    """The composed configuration of a command."""
    from hydra import compose, initialize_config_dir

    register_resolvers()
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        return compose(config_name, overrides=list(overrides))


@pytest.fixture(scope="session")
def real_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of MNIST and Fashion-MNIST as MTLAB_DATA wants it."""
    if not REAL_DATA.is_dir():
        reason = f"the real datasets are not in {REAL_DATA}"
        if os.environ.get("MTLAB_REQUIRE_REAL_DATA"):
            pytest.fail(reason)
        pytest.skip(reason)
    root = tmp_path_factory.mktemp("data")
    for name in ("MNIST", "FashionMNIST"):
        shutil.copytree(REAL_DATA / name, root / name)
    return root


@pytest.fixture(autouse=True)
def restored_threads() -> None:
    """Every test starts with the same number of threads, whatever the one before it set."""
    torch.set_num_threads(min(2, os.cpu_count() or 1))
