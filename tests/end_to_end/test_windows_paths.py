"""Paths as Windows has them, typed raw; here they are odd names of files and folders."""

import numpy as np
import yaml
from conftest import Runner

TINY = ("model=mlp", "model.widths=[2]", "trainer.epochs=1", "trainer.figures=false", "device=cpu")
DATA = "C:\\new data (x86)\\x.npz"


def test_paths_with_drives_and_backslashes_reach_runs_sweeps_and_commands(mtlab: Runner) -> None:
    rows = np.random.default_rng(0).integers(0, 255, (30, 4, 4), dtype=np.uint8)
    np.savez(DATA, X=rows, y=np.arange(30) % 2)
    words = ["dataset=npz", f"dataset.path={DATA}", *TINY]
    done = mtlab(*words, "hydra.run.dir=C:\\runs (1)\\one\\")
    assert done.code == 0, done.err
    folder = mtlab.folder / "C:\\runs (1)\\one\\"
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    assert config["dataset"]["path"] == str(mtlab.folder / DATA)
    done = mtlab("evaluate", f"run={folder}", "device=cpu")
    assert done.code == 0 and "to the last bit" in done.out, done.err
    done = mtlab(*words, "trainer.epochs=0", "-m", "seed=0,1", "hydra.sweep.dir=C:\\sweep\\")
    assert done.code == 0 and "2 of 2 runs completed" in done.out, done.err
    assert len(list((mtlab.folder / "C:\\sweep\\").glob("*/summary.json"))) == 2
