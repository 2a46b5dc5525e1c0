"""`mtlab` itself: what a run prints and what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from conftest import Runner, composed
from omegaconf import OmegaConf
from PIL import Image
from safetensors.torch import load_file

from mtlab.config.compose import to_run_config
from mtlab.data.digits import Digits
from mtlab.runner.build import build

QUICK = ("trainer.epochs=1", "dataset.limit=200", "device=cpu")
FIGURES = ("confusion_digit", "confusion_parity", "curves_digit", "curves_parity", "total_loss")


def summary_of(folder: Path) -> dict:
    return json.loads((folder / "summary.json").read_text())


def test_the_default_run_learns_both_tasks_and_explains_itself(mtlab: Runner) -> None:
    outcome = mtlab("trainer.epochs=6")
    assert outcome.code == 0, outcome.err
    folder = mtlab.only_run()
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {
        ".hydra/config.yaml",
        ".hydra/hydra.yaml",
        ".hydra/overrides.yaml",
        "config.yaml",
        "confusion.json",
        "metrics.jsonl",
        "model.safetensors",
        "mtlab.log",
        "summary.json",
        *(f"figures/{figure}.{ending}" for figure in FIGURES for ending in ("png", "pdf")),
    }
    summary = summary_of(folder)
    assert summary["status"] == "completed"
    assert summary["command"] == "mtlab trainer.epochs=6"
    assert summary["tasks"] == ["digit", "parity"]
    assert summary["test"]["digit"]["accuracy"] >= 0.9
    assert summary["test"]["parity"]["accuracy"] >= 0.9
    assert set(summary["test"]["digit"]) == {"accuracy", "precision", "recall", "f1", "loss"}
    parameters = summary["parameters"]
    assert parameters["total"] == parameters["shared"] + sum(parameters["heads"].values())
    seconds = summary["seconds"]
    assert seconds["train"] + seconds["evaluate"] <= seconds["total"]
    assert summary["samples"] == {"train": 1294, "val": 144, "test": 359}
    # The terminal said what the log says.
    assert outcome.out.splitlines()[0] in (folder / "mtlab.log").read_text()
    assert str(folder) in outcome.out


def test_the_folder_agrees_with_itself(mtlab: Runner) -> None:
    """Weights, confusion matrices, metrics and summary tell the same story."""
    mtlab(*QUICK, "trainer.epochs=3", "dataset.normalisation=standard")
    folder = mtlab.only_run()
    summary = summary_of(folder)
    epochs = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [epoch["epoch"] for epoch in epochs] == [1, 2, 3]
    assert set(epochs[0]) == {"epoch", "train", "val", "learning_rate", "seconds"}
    kept = epochs[summary["kept_epoch"] - 1]["val"]
    assert kept["digit"]["accuracy"] == summary["val"]["digit"]["accuracy"]
    confusion = json.loads((folder / "confusion.json").read_text())
    counts = np.array(confusion["test"]["digit"])
    assert counts.sum() == summary["samples"]["test"]
    assert counts.trace() / counts.sum() == pytest.approx(summary["test"]["digit"]["accuracy"])

    config = to_run_config(composed(*summary["overrides"]))
    experiment = build(config)
    experiment.model.load_state_dict(load_file(folder / "model.safetensors"))
    measured = experiment.measure(experiment.dataset.load_test())
    assert measured.as_dict() == {"loss": measured.loss, **summary["test"]}


def test_the_configuration_is_resolved_and_can_be_used_again(mtlab: Runner) -> None:
    mtlab(*QUICK, "model=mlp", "model.widths=[8]", "trainer.figures=false")
    text = (mtlab.only_run() / "config.yaml").read_text()
    values = yaml.safe_load(text)
    assert "${" not in text
    assert values["tasks"] == ["digit"]
    assert values["mtl"] is None
    again = to_run_config(OmegaConf.create(values))
    assert again.tasks == ["digit"]
    assert again.mtl is None


@pytest.mark.parametrize("tasks", ["null", "[c]", "[a,b]"])
def test_shapes_run_without_further_settings(mtlab: Runner, tasks: str) -> None:
    small = ("dataset.num_images=480", "trainer.epochs=1", "trainer.figures=false")
    outcome = mtlab("dataset=shapes", f"tasks={tasks}", "model.filters=[2,2,2]", *small)
    assert outcome.code == 0, outcome.err
    folder = mtlab.only_run()
    values = yaml.safe_load((folder / "config.yaml").read_text())
    if tasks == "null":
        assert values["mtl"] == {"name": "weights", "weights": {}}
        assert summary_of(folder)["weighting"] == {"a": 1.0, "b": 1.0, "c": 1.0}
    assert values["trainer"]["monitor"] == ("loss" if tasks == "[c]" else "accuracy")
    # The configuration that is kept is the one that was run.
    assert mtlab("evaluate", f"run={folder}").code == 0


def test_a_presets_weights_of_other_tasks_are_left_aside(mtlab: Runner) -> None:
    small = ("dataset.num_images=60", "trainer.epochs=0")
    outcome = mtlab("experiment=three_targets", "tasks=[a,b]", *small)
    assert outcome.code == 0, outcome.err
    assert mtlab.only_summary()["weighting"] == {"a": 1.0, "b": 1.5}


@pytest.mark.parametrize("model", ["mlp", "cnn", "mtl_cnn", "perceptron"])
def test_no_epochs_count_parameters_and_train_nothing(mtlab: Runner, model: str) -> None:
    outcome = mtlab(f"model={model}", "tasks=[parity]", "trainer.epochs=0")
    assert outcome.code == 0, outcome.err
    summary = mtlab.only_summary()
    assert summary["status"] == "completed"
    assert summary["parameters"]["total"] > 700
    assert summary["flops_per_sample"] > 1000
    assert summary["test"] is None
    assert not (mtlab.only_run() / "model.safetensors").exists()


def test_two_runs_of_one_seed_are_equal_to_the_bit(mtlab: Runner) -> None:
    for _ in range(2):
        assert mtlab(*QUICK, "trainer.figures=false").code == 0
    one, other = sorted(mtlab.folder.glob("outputs/*/*/model.safetensors"))
    assert one.read_bytes() == other.read_bytes()


def test_the_test_split_is_read_once_and_only_after_training(
    mtlab: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = []
    original = Digits.test

    def watched(self):
        (folder,) = mtlab.folder.glob("outputs/*/*")
        moments.append(len((folder / "metrics.jsonl").read_text().splitlines()))
        return original(self)

    monkeypatch.setattr(Digits, "test", watched)
    assert mtlab(*QUICK, "trainer.epochs=2", "trainer.figures=false").code == 0
    assert moments == [2]


def test_keep_last_keeps_the_last_epoch(mtlab: Runner) -> None:
    mtlab(*QUICK, "trainer.epochs=3", "trainer.keep=last", "trainer.figures=false")
    summary = mtlab.only_summary()
    assert summary["kept_epoch"] == 3


def test_a_perceptron_reports_its_pocket_and_its_last_weights(mtlab: Runner) -> None:
    outcome = mtlab("model=perceptron", "dataset.classes=[3,8]", "trainer.epochs=200")
    assert outcome.code == 0, outcome.err
    summary = mtlab.only_summary()
    assert summary["parameters"]["total"] == 785
    assert summary["converged"] is (summary["epochs"] < 200)
    assert set(summary["last"]) == {"train", "val", "test"}
    assert summary["val"]["digit"]["accuracy"] >= summary["last"]["val"]["digit"]["accuracy"]
    assert summary["test"]["digit"]["accuracy"] > 0.85
    assert "test, last epoch" in outcome.out
    # Two hundred iterations do not become two hundred lines.
    assert outcome.out.count("epoch ") < 60


def test_own_arrays_in_colour_train_through_the_same_command(mtlab: Runner) -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, 150)
    images = generator.integers(0, 60, (150, 12, 14, 3), dtype=np.uint8)
    images[np.arange(150), :, :, labels] += 150
    np.savez(mtlab.folder / "colours.npz", X=images, colour=labels, bright=labels > 0)
    outcome = mtlab(
        "dataset=npz",
        "dataset.path=colours.npz",
        "model=cnn",
        "model.filters=[4]",
        "tasks=[colour,bright]",
        "trainer.epochs=8",
        "optimizer.lr=0.01",
        "trainer.figures=false",
    )
    assert outcome.code == 0, outcome.err
    summary = mtlab.only_summary()
    assert summary["image_shape"] == [3, 12, 14]
    assert summary["test"]["colour"]["accuracy"] > 0.9


def test_figures_are_pictures_of_a_readable_size(mtlab: Runner) -> None:
    mtlab(*QUICK)
    for path in (mtlab.only_run() / "figures").glob("*.png"):
        with Image.open(path) as picture:
            width, height = picture.size
        assert 400 < width < 2000
        assert 400 < height < 2000


def test_threads_are_set_and_noted(mtlab: Runner) -> None:
    mtlab(*QUICK, "device.threads=1", "trainer.figures=false")
    assert mtlab.only_summary()["hardware"]["threads"] == 1
    assert torch.get_num_threads() == 1
