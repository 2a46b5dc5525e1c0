"""`mtlab visualize` on regression tasks and on heads that stop gradients; dreams with structure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Runner
from PIL import Image
from trained_runs import files_below, train_run

FEW_SHAPES = ("dataset=shapes", "dataset.num_images=120", "dataset.image_size=16")
SMALL = (
    "maximise.steps=2", "maximise.class_restarts=1", "dream.steps=2", "dream.octaves=2",
    "saliency.samples=1", "embeddings.points=40", "occlusion.stride=14", "robustness.levels=[0.5]",
)  # fmt: skip


@pytest.fixture(scope="module")
def three_heads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published network: b borrows from a, c stops its gradient, and c is a regression."""
    return train_run(tmp_path_factory.mktemp("three") / "run", "model=three_heads", "mtl=weights",
                     *FEW_SHAPES)  # fmt: skip


@pytest.fixture(scope="module")
def regression_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_run(
        tmp_path_factory.mktemp("regression") / "run", "model=mtl_cnn", "model.filters=[4]",
        "model.pool_after=[1]", "model.shared_widths=[8]", "model.branch_widths=[5]",
        "tasks=[c]", "trainer.monitor=loss", *FEW_SHAPES,
    )  # fmt: skip


def numbers_of(run: Path, name: str) -> dict[str, np.ndarray]:
    with np.load(run / "pictures" / f"{name}.npz") as numbers:
        return dict(numbers)


def test_layers_of_heads_that_stop_gradients_are_looked_into(
    three_heads: Path, mtlab: Runner
) -> None:
    layers = ("b.dense1", "c.dense1", "c.output")
    outcome = mtlab("visualize", f"run={three_heads}", "what=[activations,maximise,dream]",
                    f"layer=[{','.join(layers)}]", *SMALL)  # fmt: skip
    assert outcome.code == 0, outcome.err
    for layer in layers:
        assert np.isfinite(numbers_of(three_heads, f"maximise/{layer}")["scores"]).all()
    assert numbers_of(three_heads, "activations/c.output")["activations"].shape == (2, 1)


def test_every_task_has_its_saliency_and_its_embedding(three_heads: Path, mtlab: Runner) -> None:
    outcome = mtlab("visualize", f"run={three_heads}", "what=[saliency,embeddings,mistakes]",
                    *SMALL)  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "mistakes of c left out: the task has no classes" in outcome.out
    saliency = numbers_of(three_heads, "saliency/saliency")
    for task in "abc":
        assert float(saliency[f"saliency_{task}"].max()) > 0
        assert len(saliency[f"predicted_{task}"]) == len(saliency["positions"])
    embeddings = numbers_of(three_heads, "embeddings/pca")
    assert set(embeddings["classes_c"]) == {0, 1, 2, 3, 4}
    assert embeddings["class_names_a"].tolist()[:2] == numbers_of(three_heads, "mistakes/a")[
        "class_names"
    ].tolist()[:2]  # fmt: skip


def test_a_regression_task_picks_its_images_by_value(three_heads: Path, mtlab: Runner) -> None:
    outcome = mtlab("visualize", f"run={three_heads}", "what=saliency", "task=c", *SMALL)
    assert outcome.code == 0, outcome.err
    titles = numbers_of(three_heads, "saliency/c")["titles"].tolist()
    values = [float(title.rpartition(" ")[2]) for title in titles]
    assert len(values) == 10
    assert values == sorted(values)


def test_many_classes_make_a_picture_of_a_screen(three_heads: Path, mtlab: Runner) -> None:
    outcome = mtlab("visualize", f"run={three_heads}", "what=maximise", "task=b",
                    "maximise.steps=1", "maximise.class_restarts=1")  # fmt: skip
    assert outcome.code == 0, outcome.err
    with Image.open(three_heads / "pictures" / "maximise" / "b_classes.png") as image:
        assert max(image.size) < 1200
    found = numbers_of(three_heads, "maximise/b_classes")
    assert len(found["class_names"]) == len(found["images"]) == len(found["probabilities"]) == 32


def test_a_run_without_classes_gets_every_picture_that_needs_none(
    regression_run: Path, mtlab: Runner
) -> None:
    outcome = mtlab("visualize", f"run={regression_run}", *SMALL)
    assert outcome.code == 0, outcome.err
    assert "mistakes left out: task: must have classes" in outcome.out
    drawn = [name for name in files_below(regression_run / "pictures") if name.endswith(".png")]
    # Which kernels are dead is another question.
    assert [name for name in drawn if not name.startswith("dead/conv")] == [
        "activations/c.dense1.png", "activations/conv1.png", "activations/dense1.png",
        "curves/error.png", "dead/layers.png", "dream/dreams.png", "embeddings/pca.png",
        "filters/conv1.png", "maximise/c.output.png", "maximise/conv1.png", "occlusion/c.png",
        "residuals/c.png", "robustness/c.png", "robustness/examples.png", "saliency/saliency.png",
    ]  # fmt: skip
    page = (regression_run / "pictures" / "index.html").read_text()
    assert f"mtlab visualize run={regression_run}" in page


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (("what=mistakes",), "task: must have classes for what=mistakes; found c"),
        (("what=dream", "digits=2"), "digits: must be left out, for c has no classes"),
        (("task=a",), "which has c; found a"),
        (
            ("what=embeddings", "embeddings.method=tsne", "embeddings.points=500"),
            "embeddings.perplexity: must be below the number of images in the map, 24",
        ),
    ],
)
def test_what_a_regression_lacks_is_told_in_one_line(
    regression_run: Path, mtlab: Runner, overrides: tuple[str, ...], told: str
) -> None:
    outcome = mtlab("visualize", f"run={regression_run}", *overrides)
    assert outcome.code == 2
    assert told in outcome.err
    assert outcome.err.count("\n") == 1


def test_t_sne_of_as_many_images_as_there_are(regression_run: Path, mtlab: Runner) -> None:
    outcome = mtlab("visualize", f"run={regression_run}", "what=embeddings",
                    "embeddings.method=tsne", "embeddings.perplexity=5")  # fmt: skip
    assert outcome.code == 0, outcome.err
    found = numbers_of(regression_run, "embeddings/tsne")
    assert found["plane"].shape == (24, 2)
    assert found["positions"].tolist() == list(range(24))


def test_a_picture_folder_that_is_a_file_is_told_in_one_line(tmp_path: Path, mtlab: Runner) -> None:
    run = train_run(tmp_path / "run", "model=mlp", "model.widths=[]")
    (run / "pictures").write_text("notes")
    outcome = mtlab("visualize", f"run={run}", "what=filters")
    assert outcome.code == 2
    assert "must be a folder that can be written; found a file; move it elsewhere" in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "found FileNotFoundError"),
        ("", "found ValueError: none"),
        ('{"epoch": 1}\n', "must hold epochs with train.loss"),
    ],
)
def test_curves_without_epochs_are_refused(
    regression_run: Path, mtlab: Runner, text: str | None, told: str
) -> None:
    metrics = regression_run / "metrics.jsonl"
    before = metrics.read_text()
    metrics.unlink() if text is None else metrics.write_text(text)
    try:
        outcome = mtlab("visualize", f"run={regression_run}", "what=curves")
    finally:
        metrics.write_text(before)
    assert outcome.code == 2
    assert told in outcome.err
    assert outcome.err.count("\n") == 1


def test_curves_say_that_a_line_is_cut_off(regression_run: Path, mtlab: Runner) -> None:
    metrics = regression_run / "metrics.jsonl"
    before = metrics.read_text()
    metrics.write_text(before + before[: len(before) // 2])
    try:
        outcome = mtlab("visualize", f"run={regression_run}", "what=curves")
    finally:
        metrics.write_text(before)
    assert outcome.code == 0, outcome.err
    drawing = (regression_run / "pictures" / "curves" / "error.svg").read_text()
    assert "metrics.jsonl is damaged" in drawing
    found = numbers_of(regression_run, "curves/error")
    assert found["train"].tolist() == [json.loads(before)["train"]["loss"]]


def test_dreams_have_structure_and_are_not_saturated(tmp_path: Path, mtlab: Runner) -> None:
    run = train_run(
        tmp_path / "run", "model=cnn", "model.filters=[8,16]", "dataset.limit=null",
        "trainer.epochs=3",
    )  # fmt: skip
    outcome = mtlab("visualize", f"run={run}", "what=dream", "dream.octaves=3")
    assert outcome.code == 0, outcome.err
    found = numbers_of(run, "dream/dreams")
    assert len(found["positions"]) == len(found["titles"]) == 2
    for layer in ("conv1", "conv2"):
        images = found[layer]
        at_the_ends = (images <= 0.02) | (images >= 0.98)
        assert at_the_ends.mean() < 0.2, layer
        assert images.std(axis=(1, 2, 3)).min() > 0.05, layer
    # The image itself is nearly black and white; the dream of a deeper layer is another one.
    assert abs(found["conv1"] - found["conv2"]).mean() > 0.01


def test_pictures_that_new_ones_do_not_replace_are_removed(
    regression_run: Path, mtlab: Runner
) -> None:
    drawn = regression_run / "pictures" / "activations"
    arguments = ("visualize", f"run={regression_run}", "what=activations", "layer=conv1")
    mtlab(*arguments, "indices=[0,1,2,3,4]")
    assert sorted(path.name for path in drawn.glob("conv1*.png")) == ["conv1_0.png", "conv1_4.png"]
    assert numbers_of(regression_run, "activations/conv1_4")["positions"].tolist() == [4]
    mtlab(*arguments, "indices=3")
    assert sorted(path.name for path in drawn.glob("conv1*")) == [
        "conv1.npz", "conv1.pdf", "conv1.png",
    ]  # fmt: skip
    assert numbers_of(regression_run, "activations/conv1")["positions"].tolist() == [3]
