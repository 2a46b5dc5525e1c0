"""A trained run in other hands: loaded, measured, asked, averaged, exported, in real processes."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import mtlab
from mtlab.errors import DataError, RunFolderError
from mtlab.inference.predictor import ClassPrediction, ValuePrediction

SMALL = (
    "dataset.num_images=480", "dataset.difficulty=0.1", "trainer.epochs=2", "device=cpu",
    "device.threads=1", "trainer.figures=false", "model.filters=[4,4,8]",
    "model.heads.a.layers=[global_average_pooling,{dense:8},{dropout:0.5}]",
    "model.heads.b.layers=[{pool:4},flatten,{dense:16}]",
)  # fmt: skip


def in_a_new_process(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mtlab", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small runs of the three-target study."""
    folder = tmp_path_factory.mktemp("study")
    done = in_a_new_process(
        "-m", "experiment=three_targets", "seed=42,43", *SMALL,
        "hydra.sweep.dir=sweep", folder=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "sweep"


@pytest.fixture(scope="module")
def run(sweep: Path) -> Path:
    (folder,) = sweep.glob("0_*")
    return folder


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).random((23, 32, 32), dtype=np.float32)


@pytest.fixture(autouse=True)
def one_thread(restored_threads: None) -> None:
    """As the runs had it: another number of threads may round differently."""
    torch.set_num_threads(1)


def test_evaluate_in_another_process_gives_the_same_figures_to_the_last_bit(
    run: Path, tmp_path: Path
) -> None:
    done = in_a_new_process(
        "evaluate", f"run={run}", f"output={tmp_path}/figures.json", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "to the last bit" in done.stdout
    found = json.loads((tmp_path / "figures.json").read_text())["figures"]
    assert found == json.loads((run / "summary.json").read_text())["test"]


def test_another_process_predicts_the_same_bits(
    run: Path, tmp_path: Path, images: np.ndarray
) -> None:
    np.save(tmp_path / "X.npy", images)
    done = in_a_new_process(
        "predict", f"run={run}", "input=X.npy", "output=y.npz", "device=cpu", "device.threads=1",
        folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    here = mtlab.load(run, device="cpu").predict(images)
    with np.load(tmp_path / "y.npz") as there:
        assert np.array_equal(there["y"], here.as_array())
        a = here["a"]
        assert isinstance(a, ClassPrediction)
        assert np.array_equal(there["a_probabilities"], a.probabilities)
        assert there["a_classes"].tolist() == list(a.task.class_names)


def test_a_csv_has_names_numbers_probabilities_and_values(
    run: Path, tmp_path: Path, images: np.ndarray
) -> None:
    np.savez(tmp_path / "X.npz", X=images)
    done = in_a_new_process("predict", f"run={run}", "input=X.npz", "output=y.csv", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((tmp_path / "y.csv").read_text().splitlines()))
    answers = mtlab.load(run).predict(images)
    a, c = answers["a"], answers["c"]
    assert isinstance(a, ClassPrediction) and isinstance(c, ValuePrediction)
    assert [row["a"] for row in rows] == a.class_names
    assert [int(row["a_class"]) for row in rows] == a.classes.tolist()
    assert np.allclose([float(row["a_p_arrow"]) for row in rows], a.probabilities[:, 0], atol=1e-6)
    assert np.allclose([float(row["c"]) for row in rows], c.values, atol=1e-6)


def test_any_float_type_and_bytes_are_understood(run: Path) -> None:
    predictor = mtlab.load(run)
    as_bytes = np.random.default_rng(0).integers(0, 256, (4, 32, 32), dtype=np.uint8)
    wanted = predictor.predict(as_bytes)["c"]
    assert isinstance(wanted, ValuePrediction)
    for kind in (np.float64, np.float32):
        found = predictor.predict((as_bytes / 255).astype(kind))["c"]
        assert isinstance(found, ValuePrediction)
        assert np.allclose(found.values, wanted.values, atol=1e-6)
    flipped = predictor.predict_array(as_bytes[::-1, :, ::-1][..., np.newaxis])
    assert flipped.shape == (4, 3)


def test_empty_input_gives_empty_answers(run: Path) -> None:
    predictor = mtlab.load(run)
    assert predictor.predict_array(np.zeros((0, 32, 32))).shape == (0, 3)
    a = predictor.predict(np.zeros((0, 32, 32), dtype=np.uint8))["a"]
    assert isinstance(a, ClassPrediction)
    assert a.probabilities.shape == (0, 10) and a.class_names == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((2, 28, 28)), r"\(N, 32, 32\) or \(N, 32, 32, 1\).*\(2, 28, 28\)"),
        (np.zeros((32, 32)), r"images\[None\]"),
        (np.zeros((2, 32, 32), dtype=np.int64), "uint8 .0 to 255. or floats; found int64"),
        (np.where(np.arange(2048).reshape(2, 32, 32) == 1500, np.nan, 0.5), "first in image 1"),
        (np.full((1, 32, 32), 1e300), "infinite"),
        ([["a"]], "must have the shape"),
    ],
)
def test_wrong_images_are_told_in_one_line(run: Path, wrong: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        mtlab.load(run).predict(wrong)


def test_what_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="must be the folder of a run"):
        mtlab.load(tmp_path / "nowhere")


def test_an_ensemble_averages_and_can_be_handed_over(
    sweep: Path, run: Path, tmp_path: Path, images: np.ndarray
) -> None:
    done = in_a_new_process(
        "ensemble", f"runs={sweep}", "keep=val.b.accuracy>=0 and seed<50", "device=cpu",
        "device.threads=1", "hydra.run.dir=both", folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (other,) = sweep.glob("1_*")
    both = mtlab.load(tmp_path / "both", device="cpu").predict(images)
    alone = [mtlab.load(folder, device="cpu").predict(images) for folder in (run, other)]
    a, c = both["a"], both["c"]
    assert isinstance(a, ClassPrediction) and isinstance(c, ValuePrediction)
    one, two = (answer["a"].probabilities for answer in alone)
    assert np.allclose(a.probabilities, (one + two) / 2, atol=1e-7)
    one, two = (answer["c"].values for answer in alone)
    assert np.allclose(c.values, (one + two) / 2, atol=1e-7)
    summary = json.loads((tmp_path / "both" / "summary.json").read_text())
    assert [member["kept"] for member in summary["members"]] == [True, True]
    own = json.loads((run / "summary.json").read_text())
    accuracy = summary["members"][0]["test"]["a"]["accuracy"]
    assert accuracy == pytest.approx(own["test"]["a"]["accuracy"])
    assert sum(member["is_best"] for member in summary["members"]) == 1


def test_members_that_are_left_out_are_named_and_none_left_is_an_error(
    sweep: Path, tmp_path: Path
) -> None:
    done = in_a_new_process(
        "ensemble", f"runs={sweep}", "keep=seed==43", "hydra.run.dir=one", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "left out: #0, seed 42: seed is 42, and keep is seed==43" in done.stdout
    done = in_a_new_process(
        "ensemble", f"runs={sweep}", "keep=val.b.accuracy>=2", "hydra.run.dir=none", folder=tmp_path
    )
    assert done.returncode == 2
    assert "must leave at least one member" in done.stderr
    assert "found val.b.accuracy at best 0" in done.stderr
    assert not (tmp_path / "none").exists() or not (tmp_path / "none" / "summary.json").exists()


def test_a_users_arrays_run_through_the_same_study(tmp_path: Path) -> None:
    done = in_a_new_process(
        "data", "export", "dataset=shapes", "dataset.num_images=480", "output=mine.npz",
        "together=true", folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "mine.npz") as arrays:
        assert arrays["X"].shape == (480, 32, 32) and arrays["y"].shape == (480, 3)
    small = [setting for setting in SMALL if not setting.startswith("dataset.")]
    done = in_a_new_process(
        "experiment=three_targets", "dataset=three_targets", "dataset.path=mine.npz", *small,
        "hydra.run.dir=run", folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["kinds"] == {"a": "classification", "b": "classification", "c": "regression"}
    assert set(summary["test"]["c"]) == {"loss", "mae", "mse", "rmse", "r2"}
    assert (tmp_path / "run" / "scatter.json").is_file()


@pytest.mark.parametrize("kind", ["torch_export", "onnx"])
def test_an_exported_model_answers_as_the_run_does(
    run: Path, tmp_path: Path, kind: str, images: np.ndarray
) -> None:
    target = tmp_path / ("model.onnx" if kind == "onnx" else "model.pt2")
    done = in_a_new_process(
        "export", f"run={run}", f"format={kind}", f"output={target}", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    wanted = mtlab.load(run).predict(images)["a"]
    assert isinstance(wanted, ClassPrediction)
    if kind == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(target)
        (found,) = session.run(["a"], {"images": images[:, np.newaxis]})
    else:
        program = torch.export.load(target)
        found = program.module()(torch.from_numpy(images[:, np.newaxis]))[0].detach().numpy()
    assert np.allclose(found, wanted.probabilities, atol=1e-5)


def test_a_run_keeps_pixel_statistics_of_its_training_images(run: Path) -> None:
    assert "trunk.convolutions.0.weight" in load_file(run / "model.safetensors")
    predictor = mtlab.load(run)
    (member,) = predictor._members
    assert member.pixel_statistics.mean[0] == pytest.approx(0.34, abs=0.1)
