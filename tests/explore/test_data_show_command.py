"""`mtlab data show` counts, measures and draws any dataset."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from conftest import Runner
from trained_runs import files_below, write_colour_images


def test_the_bundled_digits_are_counted_in_every_split(mtlab: Runner) -> None:
    outcome = mtlab("data", "show", "dataset=digits", "per_class=3", "hydra.run.dir=here")
    assert outcome.code == 0, outcome.err
    folder = mtlab.folder / "here"
    with (folder / "counts.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["task"], row["class"]) for row in rows[9:]] == [
        ("digit", "9"), ("parity", "even"), ("parity", "odd"),
    ]  # fmt: skip
    # scikit-learn has 1,797 scans, 178 of them zeros; every row of a task adds up to all of them.
    assert sum(int(rows[0][split]) for split in ("train", "val", "test")) == 178
    for task in ("digit", "parity"):
        counted = [row for row in rows if row["task"] == task]
        assert sum(int(row[one]) for row in counted for one in ("train", "val", "test")) == 1797
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["kind"] == "data show" and summary["status"] == "completed"
    assert summary["classes"]["digit"]["0"]["train"] == int(rows[0]["train"])
    assert summary["pixels"]["train"]["min"] == 0 and summary["pixels"]["test"]["max"] == 1
    page = (folder / "index.html").read_text()
    for name in ("counts_digit", "samples_parity", "pixels"):
        assert f'src="figures/{name}.png"' in page
    assert "│ all   │ 1,294 │ 144 │  359 │" in outcome.out
    shown = np.load(folder / "figures" / "samples_digit.npz")["positions"]
    assert len(shown) == len(set(shown.tolist())) == 30


def test_values_and_classes_of_the_same_images(mtlab: Runner) -> None:
    outcome = mtlab("data", "show", "dataset=shapes", "dataset.num_images=200", "tasks=[c,a]",
                    "per_class=1", "hydra.run.dir=here")  # fmt: skip
    assert outcome.code == 0, outcome.err
    folder = mtlab.folder / "here"
    values = np.load(folder / "figures" / "values_c.npz")
    told = json.loads((folder / "summary.json").read_text())["values"]["c"]
    assert sum(len(values[split]) for split in ("train", "val", "test")) == 200
    assert told["train"]["mean"] == pytest.approx(values["train"].mean(), rel=1e-5)
    assert told["test"]["max"] == pytest.approx(values["test"].max())
    assert "samples_c.png" in files_below(folder / "figures")
    assert "c: values" in outcome.out


def test_colour_images_and_pixels_that_are_not_standardised(mtlab: Runner) -> None:
    path = write_colour_images(mtlab.folder / "images.npz")
    outcome = mtlab("data", "show", "dataset=npz", f"dataset.path={path}", "tasks=[colour]",
                    "dataset.normalisation=standard", "hydra.run.dir=here")  # fmt: skip
    assert outcome.code == 0, outcome.err
    folder = mtlab.folder / "here"
    pixels = json.loads((folder / "summary.json").read_text())["pixels"]
    assert list(pixels)[:3] == [f"train, channel {number}" for number in (1, 2, 3)]
    assert 0 <= pixels["train, channel 3"]["min"] < pixels["train, channel 3"]["max"] < 60 / 255
    assert np.load(folder / "figures" / "pixels.npz")["mean"].shape == (12, 12)
    assert not [name for name in files_below(folder / "figures") if "third" in name]


def test_images_without_a_label_are_told_and_counted_nowhere(mtlab: Runner) -> None:
    labels = np.where(np.arange(80) % 4 == 0, -1, np.arange(80) % 2)
    np.savez(mtlab.folder / "gaps.npz", X=np.zeros((80, 4, 4), np.float32), y=labels)
    outcome = mtlab("data", "show", "dataset=npz", "dataset.path=gaps.npz", "per_class=1",
                    "dataset.tasks={y: {missing: -1}}", "hydra.run.dir=here")  # fmt: skip
    assert outcome.code == 0, outcome.err
    told = json.loads((mtlab.folder / "here" / "summary.json").read_text())["classes"]["y"]
    assert sum(sum(counts.values()) for counts in told.values()) == 60
    assert "y: images without a label, " in outcome.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("data", "show", "tasks=[colour]"), "tasks: must name tasks of dataset=digits"),
        (("data", "show", "per_class=0"), "per_class: must be a whole number of at least 1"),
        (("data",), "did you mean data export or data show?"),
    ],
)
def test_mistakes_are_told_in_one_line(
    mtlab: Runner, arguments: tuple[str, ...], told: str
) -> None:
    outcome = mtlab(*arguments)
    assert outcome.code == 2 and told in outcome.err
    assert outcome.err.count("\n") == 1
