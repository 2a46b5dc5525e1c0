"""`mtlab.train`, `mtlab.sweep` and `mtlab.runs`: the command line's runs, with results at hand."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import Runner
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from trained_runs import QUICK

import mtlab as package
from mtlab.config.arguments import as_override
from mtlab.errors import ConfigError, MtlabError, RunFolderError
from mtlab.results import Run

SMALL = (*QUICK, "model.filters=[2,2,2]", "model.branch_widths=[4]")
DIFFERS = ("started_at", "seconds", "samples_per_second")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def without_times(summary: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in summary.items() if key not in DIFFERS}


def test_a_run_made_in_python_is_the_one_that_is_typed(mtlab: Runner) -> None:
    assert mtlab(*QUICK, "model=mlp", "model.widths=[8]", "seed=3", "trainer.epochs=2").code == 0
    typed = Run(mtlab.only_run())
    made = package.train(*QUICK, "model=mlp", "model.widths=[8]", seed=3, epochs=2)
    assert made.folder.parent == typed.folder.parent
    weights = (run.folder / "model.safetensors" for run in (made, typed))
    assert next(weights).read_bytes() == next(weights).read_bytes()
    assert without_times(made.summary) == without_times(typed.summary)
    assert made.config == typed.config
    for name in (".hydra/config.yaml", ".hydra/overrides.yaml"):
        assert (made.folder / name).read_text() == (typed.folder / name).read_text()


def test_a_runs_numbers_are_flat_records(capsys: pytest.CaptureFixture[str]) -> None:
    run = package.train(*SMALL, "trainer.figures=true", tasks=["digit"], epochs=2, quiet=True)
    assert capsys.readouterr().out == ""
    assert [row["epoch"] for row in run.metrics] == [1, 2]
    kept = run.metrics[run.summary["kept_epoch"] - 1]
    assert kept["val.digit.accuracy"] == run.val["digit"]["accuracy"]
    assert not any(isinstance(value, dict) for row in run.metrics for value in row.values())
    assert run.config["trainer"]["epochs"] == 2
    assert f"test digit.accuracy {run.test['digit']['accuracy']:.4f}" in repr(run)
    assert {"confusion_digit", "curves_digit"} <= set(run.figures)
    picture = run.figures["curves_digit"]
    assert picture._repr_png_().startswith(b"\x89PNG") and picture.path.is_file()
    assert run.figures._repr_html_().count("<img ") == len(run.figures)
    drawn = run.visualize("filters", layer="conv1", quiet=True)
    assert list(drawn) == ["conv1"] and drawn["conv1"].path.parent.name == "filters"
    with pytest.raises(ConfigError, match="must be one of filters"):
        run.visualize("filter")
    answers = run.predict(np.zeros((3, 28, 28), np.uint8))
    assert answers.as_array().shape == (3, 1)


def test_a_sweep_is_a_table_of_what_varied_and_what_was_measured() -> None:
    sweep = package.sweep(*SMALL, "mtl.lambda=0,1", seed=[0, 1], quiet=True)
    rows = sweep.records()
    assert [(row["mtl.lambda"], row["seed"]) for row in rows] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert [run.folder.name.partition("_")[0] for run in sweep] == ["0", "1", "2", "3"]
    names = list(rows[0])
    assert names[:3] == ["mtl.lambda", "seed", "status"]
    assert names.index("val.digit.accuracy") < names.index("test.digit.accuracy")
    assert rows[3]["test.digit.accuracy"] == sweep[3].test["digit"]["accuracy"]
    table = sweep._repr_html_()
    assert table.count("<tr>") == 5 and "mtl.lambda" in table and "folder" not in table
    assert (sweep.folder / "sweep.csv").is_file()
    first, second = (sum(row["val.digit.loss"] for row in pair) for pair in (rows[:2], rows[2:]))
    assert sweep.best("val.digit.loss") is sweep[0 if first < second else 2]
    with pytest.raises(ConfigError, match="whoever chooses by them"):
        sweep.best("test.digit.accuracy")
    everything = package.runs("outputs")
    assert len(everything) == 4 and everything.problems == []


def test_a_sweep_keeps_the_runs_that_failed_in_its_table_unless_all_did() -> None:
    sweep = package.sweep(*SMALL, optimizer="sgd", lr=[1e30, 0.01], quiet=True)
    assert [row["status"] for row in sweep.records()] == ["failed", "completed"]
    assert "must stay finite" in sweep.records()[0]["error"]
    with pytest.raises(ConfigError, match=r"tasks: .*found colour"):
        package.sweep(*QUICK, seed=[0, 1], tasks=[["colour"]], quiet=True)


def test_mistakes_are_told_as_on_the_command_line(mtlab: Runner) -> None:
    for words in (["model=cn"], ["trainer.epoch=3"], ["seed=0,1"], ["model.filters=[8"]):
        with pytest.raises(MtlabError) as caught:
            package.train(*words)
        assert mtlab(*words).err == f"mtlab: {caught.value}\n"
    for word in ("-m", 3):
        with pytest.raises(MtlabError, match=r"mtlab.sweep\(...\) stands for -m"):
            package.train(word, "seed=0,1")  # type: ignore[arg-type]
    with pytest.raises(RunFolderError, match="no such folder"):
        package.runs("nowhere")
    assert caught.value._render_traceback_() == [f"ConfigError: {caught.value}"]
    assert not Path("outputs").exists()


def test_groups_of_ones_own_are_found(tmp_path: Path) -> None:
    own = tmp_path / "mine" / "model"
    own.mkdir(parents=True)
    (own / "small.yaml").write_text("defaults: [mlp, _self_]\nwidths: [3]")
    run = package.train(model="small", config_dir="mine", epochs=0, quiet=True)
    assert run.config["model"]["widths"] == [3]
    assert run.test == {} and run.metrics == []


def test_the_callers_process_stays_as_it_was(tmp_path: Path) -> None:
    torch.manual_seed(7)
    wanted = torch.rand(3)
    torch.manual_seed(7)
    typed, threads = sys.argv, torch.get_num_threads()
    os.environ.pop("HYDRA_FULL_ERROR", None)
    with initialize_config_dir(str(tmp_path), version_base="1.3"):
        owner = GlobalHydra.instance().hydra
        package.train(*SMALL, folder=tmp_path / "run", quiet=True, **{"device.threads": 1})
        assert GlobalHydra.instance().hydra is owner
    assert (tmp_path / "run" / "model.safetensors").is_file()
    assert torch.equal(torch.rand(3), wanted)
    assert sys.argv is typed and "HYDRA_FULL_ERROR" not in os.environ
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(
    ("name", "value", "one", "several"),
    [
        ("epochs", 2, "trainer.epochs=2", "trainer.epochs=2"),
        ("model.filters", (32, 64), "model.filters=[32,64]", "model.filters=32,64"),
        ("model.filters", [[3], [4, 5]], "model.filters=[[3],[4,5]]", "model.filters=[3],[4,5]"),
        ("seed", range(3), "seed=[0,1,2]", "seed=0,1,2"),
        ("lambda_", np.linspace(0, 1, 3), "mtl.lambda=[0.0,0.5,1.0]", "mtl.lambda=0.0,0.5,1.0"),
        ("optimizer.lr", np.float64(0.1), "optimizer.lr=0.1", "optimizer.lr=0.1"),
        ("model", ["mlp", "cnn"], "model=[mlp,cnn]", "model=mlp,cnn"),
        ("trainer.figures", False, "trainer.figures=false", "trainer.figures=false"),
        ("tasks", None, "tasks=null", "tasks=null"),
        ("folder", Path("a b"), "hydra.run.dir=a b", "hydra.sweep.dir=a b"),
    ],
)
def test_keyword_arguments_are_read_as_typed(
    name: str, value: object, one: str, several: str
) -> None:
    assert as_override(name, value) == one
    assert as_override(name, value, is_sweep=True) == several
