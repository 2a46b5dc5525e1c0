"""What beginners type: understood where there is one meaning, else told with what to type."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from conftest import Runner
from trained_runs import QUICK

import mtlab as package
from mtlab.artifacts.latest import latest, named_folder
from mtlab.cli import with_folders
from mtlab.config.arguments import without_quotes
from mtlab.errors import MtlabError, RunFolderError

TRAPS = [
    (["lr=0.1"], "did you mean optimizer.lr=0.1?"),
    (["model=perceptron", "lr=0.1"], "did you mean model.lr=0.1?"),
    (["epochs=3"], "did you mean trainer.epochs=3?"),
    (["epoch=3"], "did you mean trainer.epochs=3?"),
    (["lambda=0.3"], "did you mean mtl.lambda=0.3?"),
    (["widths=[10]"], "did you mean 'model.widths=[10]', a key of model=mlp?"),
    (["model.width=[10]"], "did you mean 'model.widths=[10]', a key of model=mlp?"),
    (["model.widths=[10]"], "it is a key of model=mlp"),
    (["model=mlp", "model.width=[10]"], "did you mean 'model.widths=[10]'?"),
    (["trainer.lr=0.1"], "did you mean optimizer.lr=0.1?"),
    (["optimiser=sgd"], "did you mean optimizer=sgd?"),
    (["mtl.weight.digit=2"], "did you mean mtl.weights.digit=2?"),
    (["evaluate", "run=none", "epochs=3"], "found epochs; see --cfg job"),
    (["visualize", "run=none", "device.threads=1"], "found device; see --cfg job"),
    (["modle.filters=[4]"], "did you mean 'model.filters=[4]'?"),
    (["experiment=mlp_grid,cnn_grid"], "add -m to sweep over them: mtlab -m experiment=mlp_grid,"),
    (["seed=0,1"], "write 'seed=[0,1]' for a list, or add -m"),
    (["mtl=lambda", "tasks=[digit,parity,threshold]", "mtl.weights.digit=2"], "use mtl=weights"),
    (["'tasks=[digit,"], "a word that begins with ' must end with it"),
    (["evaluate", "latest"], "newest trained run; found none below outputs/"),
    (["ensemble", "latest"], "newest trained sweep; found none below outputs/"),
    (["visualize", "nowhere"], "nowhere: must be the folder of a run"),
    (["predict", "nowhere", "input=X.npy", "output=y.csv"], "nowhere: must be the folder of a run"),
    (["rerun", "nowhere", "seed=3"], "takes no changes but hydra.run.dir=FOLDER; found seed=3"),
]


@pytest.mark.parametrize(("arguments", "told"), TRAPS, ids=str)
def test_a_trap_is_told_with_what_to_type(mtlab: Runner, arguments: list[str], told: str) -> None:
    outcome = mtlab(*arguments)
    assert outcome.code == 2
    assert told in outcome.err and outcome.err.count("\n") == 1
    assert not Path("outputs").exists()


def test_a_key_that_one_of_a_sweeps_models_lacks_is_named(mtlab: Runner) -> None:
    outcome = mtlab("-m", "model=cnn,mlp", "model.filters=[4]")
    assert outcome.code == 2
    assert outcome.err.startswith("mtlab: model.filters: must be a key that exists; model has name")
    assert "found filters; it is a key of model=cnn" in outcome.err


def test_quotes_that_windows_passes_on_are_taken_off(mtlab: Runner) -> None:
    assert without_quotes(["-m", "'a=[1,2]'", "b=x's"]) == ["-m", "a=[1,2]", "b=x's"]
    assert without_quotes(["'a=[1,", "2]'", "c=3"]) == ["a=[1, 2]", "c=3"]
    with pytest.raises(MtlabError, match=r"found 'a=\[1, 2\]"):
        without_quotes(["'a=[1,", "2]"])
    assert mtlab("'model.filters=[3,", "2,2]'", "trainer.epochs=0").code == 0
    assert mtlab.only_summary()["overrides"][0] == "model.filters=[3, 2,2]"


def test_a_run_is_named_by_its_folder_or_as_the_latest(mtlab: Runner) -> None:
    small = (*QUICK, "model=mlp", "model.widths=[4]")
    assert mtlab(*small, "hydra.run.dir=outputs/a").code == 0
    Path("outputs/a").rename("outputs/a=1")
    assert mtlab(*small, "-m", "seed=1,2", "hydra.sweep.dir=outputs/sweep").code == 0
    assert mtlab(*small, "trainer.epochs=0", "hydra.run.dir=outputs/counted").code == 0
    for word in ("outputs/a=1", "run=outputs/a=1"):
        outcome = mtlab("evaluate", "split=val", word)
        assert "to the last bit" in outcome.out, outcome.err
    (newest,) = Path("outputs/sweep").glob("1_*")
    outcome = mtlab("evaluate", "latest")
    assert outcome.out.startswith(f"latest: {newest}\n") and "to the last bit" in outcome.out
    outcome = mtlab("rerun", "run=latest", "model.widths=[5]")
    command = json.loads((newest / "summary.json").read_text())["command"]
    assert outcome.err.endswith(f"behind it: {command} 'model.widths=[5]'\n")
    assert with_folders(["keep=seed==1", "latest"], "runs")[1] == "runs=outputs/sweep"
    assert with_folders(["-cd", "own", "~row", "latest"], "run")[3] == f"run={newest}"
    assert len(package.runs("latest")) == 2
    os.utime("outputs/a=1/summary.json")
    assert latest("either") == latest("run") == Path("outputs/a=1")
    assert latest("sweep") == Path("outputs/sweep")
    assert package.load("latest").tasks[0].name == "digit"
    Path("latest").mkdir()
    assert named_folder("latest", "run") == Path("latest")
    with pytest.raises(RunFolderError, match="none below elsewhere/"):
        latest("run", Path("elsewhere"))


@pytest.mark.parametrize(
    ("group", "own", "shipped"),
    [
        ("model", "name: cnn\nfilters: [4, 4]", "cnn"),
        ("dataset", "source: digits\nlimit: 100", "digits"),
        ("optimizer", "name: sgd\nlr: 0.3", "sgd"),
        ("trainer", "epochs: 0", "default"),
    ],
)
def test_a_file_of_ones_own_holds_only_what_differs(
    mtlab: Runner, group: str, own: str, shipped: str
) -> None:
    (mtlab.folder / "mine" / group).mkdir(parents=True)
    alone, whole = (mtlab.folder / "mine" / group / f"{name}.yaml" for name in ("alone", "whole"))
    alone.write_text(own)
    outcome = mtlab("--config-dir", "mine", f"{group}=alone")
    assert outcome.code == 2
    assert f"begin your file with `defaults: [{shipped}, _self_]`" in outcome.err
    whole.write_text(f"defaults: [{shipped}, _self_]\n{own}")
    assert mtlab("--config-dir=mine", f"{group}=whole", "trainer.epochs=0").code == 0


def test_a_key_that_a_file_of_ones_own_leaves_out_is_told_with_the_file(mtlab: Runner) -> None:
    (mtlab.folder / "mine" / "model").mkdir(parents=True)
    (mtlab.folder / "mine" / "model" / "tiny.yaml").write_text("name: cnn\nfilters: [4, 4]")
    outcome = mtlab("--config-dir", "mine", "model=tiny", "model.kernel_size=3")
    assert "model has name, filters; found kernel_size" in outcome.err
    assert "`defaults: [cnn, _self_]`" in outcome.err
