"""Presets as a user types them, small, on the bundled digits."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from conftest import Runner
from safetensors.torch import load_file

SMALL = (
    "dataset=digits",
    "dataset.limit=60",
    "trainer.epochs=1",
    "trainer.figures=false",
    "device=cpu",
    "device.threads=1",
)
# The bundled digits in the part of MNIST, so that they stand against its published figures.
AS_MNIST = ("dataset.name=mnist",)
# The same in the part of Fashion-MNIST.
AS_FASHION = (
    "dataset.name=fashion_mnist",
    "dataset.tasks.article={by:label}",
    "dataset.tasks.group={by:groups,groups:{a:[5,7,9],b:[3,6,8],c:[0,1,2,4]}}",
    "dataset.default_tasks=[article,group]",
)


def summaries(folder: Path) -> list[dict[str, Any]]:
    """Of a sweep's runs in order."""
    paths = sorted(folder.glob("outputs/multirun/*/*/*/summary.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def sweep_rows(folder: Path) -> list[dict[str, str]]:
    (table,) = folder.glob("outputs/multirun/*/*/sweep.csv")
    return list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize(
    "preset",
    [
        "mlp_baseline",
        "cnn_baseline",
        "fashion_article",
        "fashion_group",
        "digit_parity_vgg",
        "perceptron_pairs",
    ],
)
def test_a_preset_runs_without_a_sweep(preset: str, mtlab: Runner) -> None:
    part = AS_FASHION if preset.startswith("fashion") else AS_MNIST
    outcome = mtlab(f"experiment={preset}", *SMALL, *part)
    assert outcome.code == 0, outcome.err
    summary = mtlab.only_summary()
    assert summary["status"] == "completed"
    assert summary["experiment"] == preset
    task = summary["tasks"][0]
    assert f"test.{task}.accuracy" in summary["published"]
    assert f"{task}" in summary["test"]


def test_one_command_runs_a_whole_grid_and_overrides_shrink_it(mtlab: Runner) -> None:
    outcome = mtlab("-m", "experiment=mlp_grid", *SMALL, "trainer.epochs=0")
    assert outcome.code == 0, outcome.err
    rows = sweep_rows(mtlab.folder)
    assert [row["row"] for row in rows][:3] == ["1000-1000", "992-544", "768-1088-384"]
    assert rows[1]["model.widths"] == "[992,544]"
    assert [int(row["parameters"]) for row in rows] == [
        1796010,
        1324362,
        1861578,
        4253258,
        3405418,
        848170,
        3165482,
        3085354,
        4458314,
    ]


def test_a_row_that_chooses_another_model_trains(mtlab: Runner) -> None:
    assert mtlab("-m", "experiment=mlp_vs_cnn", *SMALL).code == 0
    mlp, cnn = sweep_rows(mtlab.folder)
    assert (mlp["model"], mlp["model.widths"], mlp["model.filters"]) == ("mlp", "[1000]", "")
    assert (cnn["model"], cnn["model.widths"], cnn["model.filters"]) == ("cnn", "", "[16]")
    assert [summary["model"] for summary in summaries(mtlab.folder)] == ["mlp", "cnn"]
    assert [summary["row"] for summary in summaries(mtlab.folder)] == ["mlp", "cnn"]


def test_ablations_show_the_baselines_values_too(mtlab: Runner) -> None:
    outcome = mtlab(
        "-m",
        "experiment=digit_parity_threshold",
        "row=baseline,loss_weights,modified",
        *SMALL,
        *AS_MNIST,
    )
    assert outcome.code == 0, outcome.err
    baseline, weights, modified = sweep_rows(mtlab.folder)
    assert baseline["model.dropout"] == "0" and modified["model.dropout"] == "0.3"
    assert baseline["mtl.weights.digit"] == "1" and weights["mtl.weights.digit"] == "2"
    runs = summaries(mtlab.folder)
    assert runs[1]["weighting"] == {"digit": 2, "parity": 1, "threshold": 1}
    assert [run["published"] and run["published"]["test.digit.accuracy"] for run in runs] == [
        0.9924,
        None,
        0.9923,
    ]


def test_a_sweep_over_a_key_finds_the_published_row_of_each_value(mtlab: Runner) -> None:
    outcome = mtlab(
        "-m",
        "experiment=fashion_lambda",
        "mtl.lambda=0.3,0.4",
        *SMALL,
        *AS_FASHION,
    )
    assert outcome.code == 0, outcome.err
    published, unpublished = summaries(mtlab.folder)
    assert (published["row"], unpublished["row"]) == ("lambda 0.3", None)
    assert published["published"] == {
        "test.article.accuracy": 0.9027,
        "test.group.accuracy": 0.9377,
    }
    assert unpublished["published"] is None


def test_another_dataset_or_model_has_nothing_published_and_says_why(mtlab: Runner) -> None:
    arguments = ("experiment=cnn_baseline", "model.filters=[4,2,2]", "model.kernel_size=2", *SMALL)
    assert mtlab(*arguments, "trainer.epochs=0").code == 0
    summary = mtlab.only_summary()
    assert summary["published"] is None
    deviations = summary["deviations"]
    assert deviations["dataset.name"] == {"preset": "mnist", "run": "digits"}
    assert deviations["model.filters"] == {"preset": [32, 64, 128], "run": [4, 2, 2]}
    assert deviations["trainer.epochs"] == {"preset": 10, "run": 0}


def test_a_run_that_fails_early_keeps_its_place_in_the_study(mtlab: Runner) -> None:
    arguments = ("experiment=mlp_grid", "row=480-960", *SMALL, "trainer.monitor=val.none.loss")
    assert mtlab("-m", *arguments).code == 1
    summary = mtlab.only_summary()
    assert (summary["status"], summary["experiment"], summary["row"]) == (
        "failed",
        "mlp_grid",
        "480-960",
    )


def test_the_summary_says_before_training_what_is_trained(
    mtlab: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    before: dict[str, Any] = {}

    def look_and_stop(*_: object) -> None:
        before.update(mtlab.only_summary())
        raise KeyboardInterrupt

    monkeypatch.setattr("mtlab.runner.train.train", look_and_stop)
    mtlab("experiment=mlp_grid", "row=480-960", *SMALL, *AS_MNIST)
    assert (before["status"], before["row"], before["tasks"]) == ("running", "480-960", ["digit"])
    assert before["published"]["parameters.total"] == 848170


def test_the_run_keeps_its_configuration_with_the_row_applied(mtlab: Runner) -> None:
    arguments = ("experiment=cnn_grid", "row=192-96", "model.filters=[4,2]", *SMALL)
    assert mtlab(*arguments, "trainer.epochs=0").code == 0
    config = yaml.safe_load((mtlab.only_run() / "config.yaml").read_text())
    assert config["model"]["filters"] == [4, 2]
    assert config["model"]["kernel_size"] == [3, 4]
    assert (config["row"], list(config["rows"])) == ("192-96", ["192-96"])
    summary = mtlab.only_summary()
    assert (summary["row"], summary["published"]) == ("192-96", None)


def test_a_mistyped_row_is_told_in_one_line(mtlab: Runner) -> None:
    outcome = mtlab("experiment=mlp_vs_cnn", "row=rnn", *SMALL)
    assert outcome.code == 2
    assert outcome.err.strip() == (
        "mtlab: row: must be one of mlp, cnn; found rnn; choose one of them"
    )


def test_augmentation_is_repeatable_and_changes_the_training(mtlab: Runner) -> None:
    weights = {}
    for name, choice in (("plain", "none"), ("first", "affine"), ("second", "affine")):
        folder = mtlab.folder / name
        arguments = (f"augmentation={choice}", "model=mlp", "model.widths=[8]", *SMALL)
        assert mtlab(*arguments, f"hydra.run.dir={folder}").code == 0
        weights[name] = load_file(folder / "model.safetensors")["trunk.hidden.0.weight"]
    assert torch.equal(weights["first"], weights["second"])
    assert not torch.equal(weights["first"], weights["plain"])


def test_a_perceptron_has_no_use_for_augmentation(mtlab: Runner) -> None:
    outcome = mtlab("model=perceptron", "dataset.classes=[0,1]", "augmentation=affine")
    assert outcome.code == 2
    assert "augmentation: does not apply to model=perceptron" in outcome.err
