"""Every mistake gets one line, exit code 2 and no traceback."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Runner

from mtlab import cli
from mtlab.errors import ConfigError

MISTAKES = [
    (["trainer.epoch=3"], ["trainer.epoch", "did you mean trainer.epochs=3?"]),
    (["modle=cnn"], ["modle", "did you mean model=cnn?"]),
    (["model=cn"], ["model", "mlp, mtl_cnn, perceptron", "did you mean cnn?"]),
    (["model=mlp", "model.filters=[3]"], ["model.filters", "widths"]),
    (["trainer.epochs=abc"], ["trainer.epochs", "whole number", "abc"]),
    (["optimizer.lr=-1"], ["optimizer.lr", "above 0", "-1"]),
    (["model.filters=[8"], ["model.filters=[8", "bracket"]),
    (["tasks=[digit,colour]"], ["tasks", "digit, parity, threshold", "colour"]),
    (["dataset.classes=[0,11]"], ["dataset.classes", "0 to 9", "11"]),
    (["tasks=[digit,parity,threshold]", "mtl.lambda=0.5"], ["mtl", "exactly two", "mtl=weights"]),
    (["dataset=shapes", "tasks=[c]", "trainer.monitor=accuracy"], ["trainer.monitor=loss"]),
    (["mtl=weights", "mtl.weights.digti=2"], ["mtl.weights.digti", "digit, parity"]),
    (["model=mlp", "mtl.lambda=0.3"], ["mtl", "this run has one", "mtl.lambda=0.3"]),
    (["model=perceptron"], ["perceptron", "10 classes", "dataset.classes=[0,1]"]),
    (["model=cnn", "model.kernel_size=30"], ["model.kernel_size", "1x28x28"]),
    (["dataset=npz", "dataset.path=none.npz"], ["dataset.path", "none.npz", "numpy.savez"]),
    (["dataset=npz"], ["dataset.path", "must be a .npz file"]),
    (["hydra.run.dir=in_the_way/run"], ["in_the_way", "name another folder"]),
    (["trian"], ["command", "did you mean train?"]),
    (["--multirum"], ["flag", "did you mean --multirun?"]),
    (["train", "cnn"], ["override", "KEY=VALUE", "cnn"]),
    (["=3"], ["override", "KEY=VALUE"]),
    (["-m", "seed=1,2", "--cfg", "job"], ["flags", "-m --cfg"]),
    (["--config-dir", "nowhere"], ["--config-dir", "nowhere"]),
    (["--config-dir", "own", "dataset=broken"], ["broken"]),
    (["--config-dir", "own", "experiment=misspelt"], ["optimizr", "did you mean optimizer?"]),
    (["--config-dir", "own", "experiment=astray"], ["experiment/astray.yaml", "mnist_base"]),
    (["tasks=digit,parity"], ["tasks", "'tasks=[digit,parity]'", "-m"]),
    (["--config-dir", "own", "experiment=latin"], ["UTF-8"]),
    (["--config-dir", "own", "experiment=number"], ["mtl", "found 3"]),
    (["--config-dir"], ["--config-dir", "nothing"]),
    (["--config-dir", "own", "data", "export"], ["put the command first: mtlab data export"]),
    (["-m", "evaluate", "run=none"], ["put the command first: mtlab evaluate"]),
    (["--config-dir", "own", "model=my3"], ["model.name", "found my3", "`name: cnn`"]),
    (["model.name=cn"], ["found cn", "another file of the group is chosen by model=OPTION"]),
    (["ensemble", "runs=nowhere"], ["nowhere: ", "no such folder; runs lie under outputs"]),
    (["ensemble", "runs=own"], ["own: ", "found no summary.json in it"]),
    (["--cfg", "nonsense"], ["--cfg", "job, hydra, all"]),
    (["+new=3"], ["new", "must be a key that exists"]),
    (["model=null"], ["model", "null", "default"]),
    (["dataset=3"], ["dataset", "name a file", "found 3"]),
    (["-m", "mtl=weights,0.5"], ["mtl", "found 0.5"]),
    (["model.name=[a]"], ["model.name", "mlp", "cnn"]),
    (["seed=${nope}"], ["nope"]),
    (["trainer.epochs=x"], ["for example 'trainer.epochs=3'"]),
    (["mtl=weights", "mtl.weights.digit=1e300"], ["mtl.weights.digit", "1e+06"]),
    (["device.threads=100000000"], ["device.threads", "1024"]),
    (["model=perceptron", "tasks=[parity]", "device.precision=bfloat16"], ["device.precision"]),
    (["model=perceptron", "tasks=[parity]", "model.lr=1e200"], ["model.lr", "finite"]),
    (["model=mlp", "model.batch_norm=true", "trainer.batch_size=1"], ["trainer.batch_size"]),
    (["model=cnn", "model.padding=99999"], ["model.padding", "between 0 and 1024"]),
    (["scheduler=cosine", "scheduler.min_lr=1"], ["scheduler.min_lr", "optimizer.lr=0.001"]),
    (["predict", "run=none", "input=X.npy", "output=nodir/y.csv"], ["output", "no folder nodir"]),
    (["export", "run=none", "output=nodir/model.onnx"], ["output", "no folder nodir"]),
    (["evaluate", "run=none", "output=nodir/y.json"], ["output", "no folder nodir"]),
    (["data", "export", "output=nodir/y.npz"], ["output", "no folder nodir"]),
    (["data", "export", "output=folder.npz"], ["output", "which is a folder"]),
    (["model=mlp", "model.widths=[900000000]"], ["parameters", "memory"]),
    (["--resolve"], ["--resolve", "add --cfg job"]),
    (["--package", "foo"], ["--package", "add --cfg job"]),
    (["--experimental-rerun", "x"], ["--experimental-rerun", "mtlab rerun FOLDER"]),
    (["--config-path", "own"], ["--config-path", "--config-dir FOLDER"]),
    (["--shell-completion"], ["--shell-completion", "install=bash"]),
    (["mtl=pcgrd"], ["mtl", "pcgrad", "did you mean pcgrad?"]),
    (["tracker=[csw]"], ["tracker", "csv"]),
    (["model.filters={a:1}"], ["model.filters", "must keep the form", "{a:1}"]),
    (["mtl.weights=[1,2]"], ["mtl.weights", "must keep the form"]),
    (["rows={a:1}"], ["rows", "must keep the form"]),
    (["tracker=null"], ["tracker", "name a file", "found null"]),
    (["tracker=[csv,null]"], ["tracker", "name a file", "found null"]),
    (["experiment=null"], ["experiment", "name a file", "found null"]),
    (["mtl.lambda=0.3", "mtl.weights.digit=2"], ["mtl.weights", "mtl.lambda=0.3", "leave one"]),
    (["optimizer.lr=inf"], ["optimizer.lr", "a finite number above 0"]),
    (["dataset.tasks.new=3"], ["dataset.tasks.new", "group of keys", "{KEY: VALUE}"]),
    (["trainer.monitor=3"], ["trainer.monitor", "name of a metric", "trainer.monitor=loss"]),
    (["tracker=[csv]", "tracker.csv.delimiter=x"], ["tracker.csv.delimiter"]),
    (["rerun", "nowhere"], ["nowhere: ", "no such folder"]),
    (["trainer.epochs='3'"], ["a whole number", "found '3', a text"]),
    (["trainer.figures=null"], ["true or false; found null"]),
    (["seed=true"], ["found true"]),
    (["tracker=[csv]", "tracker.csv.delimiter='|'"], ['one of ",", ";", "\\t"; found |']),
    (["dataset.tasks=null"], ["a mapping of names to a group of keys; found null"]),
    (["published=3"], ["a mapping of paths in summary.json to numbers or null; found 3"]),
    (["~trainer.epochs"], ["trainer.epochs", "found ~trainer.epochs; leave it out"]),
    (["--config-name", "foo"], ["--config-name", "found foo; leave it out"]),
    (["--config-dir", "own", "experiment=truth"], ["groups: must have names", "in quotes, as in"]),
    (["+foo=3"], ["trainer, tracker, row, rows, published, published_ensemble"]),
    (["foo=3"], ["after_sweep, tracker, experiment; found foo"]),
    (["evaluate", "empty"], ["empty/config.yaml", "found an empty file; restore the file"]),
    (["evaluate", "listed"], ["must hold keys with their values; found [3]"]),
    (
        ["dataset=npz", "dataset.path=none.npz", "model=mlp", "tasks=[a]", "mtl.lambda=0.3"],
        ["this run has one"],
    ),
    (["rerun"], ["run", "must be the folder of a run"]),
]


@pytest.mark.parametrize(("arguments", "needles"), MISTAKES, ids=" ".join)
def test_a_mistake_is_told_in_one_line(
    mtlab: Runner, arguments: list[str], needles: list[str]
) -> None:
    (mtlab.folder / "in_the_way").write_text("a file")
    (mtlab.folder / "folder.npz").mkdir()
    own = mtlab.folder / "own" / "dataset"
    own.mkdir(parents=True)
    (own / "broken.yaml").write_text("name: broken\n  tasks: [")
    studies = mtlab.folder / "own" / "experiment"
    studies.mkdir()
    (mtlab.folder / "own" / "model").mkdir()
    (mtlab.folder / "own" / "model" / "my3.yaml").write_text("name: my3\nfilters: [8]")
    package = "# @package _global_\n"
    for folder, text in (("empty", ""), ("listed", "[3]")):
        (mtlab.folder / folder).mkdir()
        (mtlab.folder / folder / "config.yaml").write_text(text)
    (studies / "truth.yaml").write_text(
        f"{package}dataset: {{tasks: {{loops: {{by: groups, groups: {{yes: [0], no: [1]}}}}}}}}"
    )
    (studies / "misspelt.yaml").write_text(f"{package}optimizr: {{lr: 3}}")
    (studies / "number.yaml").write_text(f"{package}mtl: 3")
    (studies / "latin.yaml").write_bytes(f"{package}# caf\u00e9".encode("latin-1"))
    (studies / "astray.yaml").write_text(f"{package}defaults:\n  - mnist_base\n", encoding="utf-8")
    outcome = mtlab(*arguments)
    assert outcome.code == 2
    assert outcome.out == "" or "training and" in outcome.out
    assert outcome.err.startswith("mtlab: ")
    assert outcome.err.count("\n") == 1
    for needle in needles:
        assert needle in outcome.err
    # Nothing was trained but where the loss exploded: a run that is refused leaves no folder.
    if "-m" not in arguments and "model.lr=1e200" not in arguments:
        assert not Path("outputs").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_cuda_where_there_is_none(mtlab: Runner) -> None:
    outcome = mtlab("device=cuda")
    assert outcome.code == 2
    assert "device=cpu" in outcome.err


def test_an_unreadable_npz_is_named_and_leaves_no_model(mtlab: Runner) -> None:
    np.savez("images.npz", X=np.zeros((20, 4, 4), np.uint8), y=np.arange(20) % 2)
    path = mtlab.folder / "images.npz"
    path.write_bytes(path.read_bytes()[:200])
    outcome = mtlab("dataset=npz", "dataset.path=images.npz")
    assert outcome.code == 2
    assert "images.npz" in outcome.err
    assert "numpy.savez" in outcome.err
    assert not Path("outputs").exists()


def test_a_test_split_with_a_class_of_its_own_leaves_the_trained_model(mtlab: Runner) -> None:
    images = np.zeros((20, 28, 28), np.uint8)
    np.savez(
        "images.npz", X=images, y=np.arange(20) % 2, X_test=images[:3], y_test=np.array([0, 1, 2])
    )
    outcome = mtlab("dataset=npz", "dataset.path=images.npz", "model=mlp", "trainer.epochs=1")
    assert outcome.code == 2
    weights = mtlab.only_run() / "model.safetensors"
    assert weights.is_file()
    for needle in ("label 2, which no training image has", f"model is kept in {weights}"):
        assert needle in outcome.err
    assert mtlab.only_summary()["status"] == "failed"


def test_a_folder_with_a_run_in_it_is_not_written_over(mtlab: Runner) -> None:
    def contents() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in Path("mine").rglob("*") if path.is_file()}

    assert mtlab("trainer.epochs=0", "seed=1", "hydra.run.dir=mine").code == 0
    before = contents()
    outcome = mtlab("trainer.epochs=0", "seed=2", "hydra.run.dir=mine")
    assert outcome.code == 2
    assert "without a run in it" in outcome.err
    assert Path("mine/.hydra/overrides.yaml") in before
    assert contents() == before


def test_debug_shows_the_traceback(mtlab: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTLAB_DEBUG", "1")
    with pytest.raises(ConfigError):
        mtlab("trainer.epochs=-1")


def test_a_loss_that_explodes_fails_the_run_and_names_step_and_task(mtlab: Runner) -> None:
    outcome = mtlab("optimizer=sgd", "optimizer.lr=1e30", "dataset.limit=100")
    assert outcome.code == 2
    assert "task digit" in outcome.err
    summary = mtlab.only_summary()
    assert summary["status"] == "failed"
    assert "step" in summary["error"]
    assert summary["test"] is None


def test_flags_are_put_before_overrides() -> None:
    assert cli.arrange(["a=1", "-m", "b=2", "-cd", "x"]) == ["-m", "-cd", "x", "a=1", "b=2"]
    assert cli.arrange(["--config-dir=x", "a=1"]) == ["--config-dir", "x", "a=1"]
    assert cli.arrange(["mtl.weights.digit=2"]) == ["++mtl.weights.digit=2"]


def test_no_run_folder_is_left_by_a_configuration_that_does_not_compose(mtlab: Runner) -> None:
    mtlab("model=cn")
    assert not Path("outputs").exists()


def test_a_folder_of_the_users_own_stays_when_a_run_is_refused(mtlab: Runner) -> None:
    Path("mine/keep").mkdir(parents=True)
    assert mtlab("trainer.epochs=x", "hydra.run.dir=mine/keep").code == 2
    assert Path("mine/keep").is_dir()
    assert mtlab("trainer.epochs=x", "hydra.run.dir=mine/new/run").code == 2
    assert not Path("mine/new").exists() and Path("mine").is_dir()


def test_names_of_tasks_may_be_numbers(mtlab: Runner) -> None:
    outcome = mtlab("dataset.tasks.3={by: parity}", "tasks=[3]", "trainer.epochs=0")
    assert outcome.code == 0, outcome.err
    assert mtlab.only_summary()["tasks"] == ["3"]
