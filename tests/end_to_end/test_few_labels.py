"""A task that has labels for a tenth of the images: trained, measured, used and looked at."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Runner
from trained_runs import train_run

from mtlab.data.shapes import Shapes

TASKS = (
    "dataset.tasks={a:{},b:{by:threshold,at:16,missing:-1},"
    "c:{kind:regression,range:[0,1],activation:sigmoid,missing:nan}}"
)
SMALL = ("model=mtl_cnn", "model.filters=[4,4]", "model.shared_widths=[8]", "dataset.limit=null")


@pytest.fixture(scope="module")
def few_labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on 200 shapes, of which 20 have a b and 100 a c."""
    folder = tmp_path_factory.mktemp("few")
    drawn = Shapes(num_images=200, image_size=16, seed=0, difficulty=0.2, test_fraction=0.2)
    samples = drawn.everything
    order = np.random.default_rng(0).permutation(200)
    a, b, c = (label.numpy().copy() for label in samples.labels.values())
    b[order[20:]], c[order[100:]] = -1, np.nan
    np.savez(folder / "few.npz", X=samples.images[:, 0].numpy(), a=a, b=b, c=c)
    npz = ("dataset=npz", f"dataset.path={folder / 'few.npz'}", "dataset.stratify_by=b", TASKS)
    return train_run(folder / "run", *npz, *SMALL, "tasks=[a,b,c]", "mtl=weights")


def test_the_summary_counts_the_labels_and_the_log_tells_them(few_labels: Path) -> None:
    summary = json.loads((few_labels / "summary.json").read_text())
    samples = summary["samples"]
    assert (samples["train"], samples["val"], samples["test"]) == (144, 16, 40)
    assert list(samples["labelled"]) == ["b", "c"]
    assert sum(samples["labelled"]["b"].values()) == 20
    assert samples["labelled"]["b"]["test"] == 4  # stratified by it
    assert sum(samples["labelled"]["c"].values()) == 100
    train, val = (samples["labelled"]["b"][split] for split in ("train", "val"))
    line = f"task b: labels for {train} of 144 training and {val} of 16 validation images"
    assert line in (few_labels / "mtlab.log").read_text()
    confusions = json.loads((few_labels / "confusion.json").read_text())
    for split, count in samples["labelled"]["b"].items():
        assert int(np.sum(confusions[split]["b"])) == count
    points = json.loads((few_labels / "scatter.json").read_text())["test"]["c"]
    assert len(points["true"]) == samples["labelled"]["c"]["test"]
    assert np.isfinite(points["true"]).all()


def test_the_run_is_measured_again_and_votes(few_labels: Path, mtlab: Runner) -> None:
    run = json.loads((few_labels / "summary.json").read_text())
    again, voted = mtlab.folder / "again.json", mtlab.folder / "voted"
    for command in (
        ("evaluate", f"run={few_labels}", f"output={again}"),
        ("ensemble", f"runs={few_labels}", f"hydra.run.dir={voted}"),
    ):
        outcome = mtlab(*command, "device=cpu")
        assert outcome.code == 0, outcome.err
    assert json.loads(again.read_text())["figures"] == run["test"]
    found = json.loads((voted / "summary.json").read_text())["test"]
    for task in ("a", "b", "c"):
        assert found[task] == pytest.approx(run["test"][task], rel=1e-5)


def test_pictures_leave_the_others_out(few_labels: Path, mtlab: Runner) -> None:
    for what, task in (
        ("mistakes", "b"),
        ("embeddings", "b"),
        ("classes", "b"),
        ("residuals", "c"),
        ("robustness", "b"),
    ):
        outcome = mtlab("visualize", f"run={few_labels}", f"what={what}", f"task={task}")
        assert outcome.code == 0, outcome.err
    with np.load(few_labels / "pictures" / "classes" / "b.npz") as numbers:
        assert int(numbers["confusion"].sum()) == 4
    with np.load(few_labels / "pictures" / "residuals" / "c.npz") as numbers:
        assert np.isfinite(numbers["residuals"]).all()
    with np.load(few_labels / "pictures" / "embeddings" / "pca.npz") as numbers:
        assert int(numbers["has_label_b"].sum()) == len(numbers["classes_b"]) == 4
    for file in (few_labels / "pictures" / "mistakes").glob("b.npz"):
        with np.load(file) as numbers:
            assert len(numbers["true"]) <= 4 and (numbers["true"] >= 0).all()


def test_a_perceptron_learns_from_the_labelled_images(few_labels: Path, mtlab: Runner) -> None:
    outcome = mtlab(
        "model=perceptron", "dataset=npz", f"dataset.path={few_labels.parent / 'few.npz'}",
        TASKS, "tasks=[b]", "dataset.stratify_by=b", "trainer.epochs=2", "trainer.figures=false",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    labelled = mtlab.only_summary()["samples"]["labelled"]
    assert list(labelled) == ["b"] and labelled["b"]["test"] == 4
