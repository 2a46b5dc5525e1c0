"""`mtlab visualize`: every kind of picture, for every kind of model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Runner
from PIL import Image
from trained_runs import files_below, train_run, write_colour_images

from mtlab.inference.loading import load_run

SMALL = (
    "maximise.steps=3", "dream.steps=2", "dream.octaves=2", "saliency.samples=2",
    "embeddings.points=40", "occlusion.stride=14", "robustness.levels=[0.5]",
)  # fmt: skip


@pytest.fixture(scope="module")
def colour_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tasks on images in colour, standardised."""
    folder = tmp_path_factory.mktemp("colour")
    path = write_colour_images(folder / "images.npz")
    return train_run(
        folder / "run", "model=mtl_cnn", "model.filters=[4,6]", "model.pool_after=[1]",
        "model.shared_widths=[8]", "model.branch_widths=[5]", "dataset=npz",
        f"dataset.path={path}", "dataset.normalisation=standard", "trainer.batch_size=10",
    )  # fmt: skip


@pytest.fixture(scope="module")
def digit_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_run(
        tmp_path_factory.mktemp("digits") / "run", "model=cnn", "model.filters=[8,16]",
        "dataset.limit=null", "trainer.epochs=3",
    )  # fmt: skip


def test_everything_of_a_multi_task_run_in_colour(colour_run: Path, mtlab: Runner) -> None:
    outcome = mtlab("visualize", f"run={colour_run}", *SMALL)
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("left out") == 1
    assert "residuals left out: task: must have values for what=residuals" in outcome.out
    pictures = colour_run / "pictures"
    drawn = [name for name in files_below(pictures) if name.endswith(".png")]
    # Which kernels are dead is another question.
    assert [name for name in drawn if not name.startswith("dead/conv")] == [
        "activations/colour.dense1.png", "activations/conv1.png", "activations/conv2.png",
        "activations/dense1.png", "activations/third.dense1.png", "classes/colour.png",
        "classes/third.png", "curves/error.png", "dead/layers.png", "dream/dreams.png",
        "embeddings/pca.png", "filters/conv1.png", "filters/conv2.png",
        "maximise/colour_classes.png", "maximise/conv1.png", "maximise/conv2.png",
        "maximise/third_classes.png", "mistakes/colour.png", "mistakes/third.png",
        "occlusion/colour.png", "occlusion/third.png", "robustness/colour.png",
        "robustness/examples.png", "robustness/third.png", "saliency/saliency.png",
    ]  # fmt: skip
    page = (pictures / "index.html").read_text()
    for name in drawn:
        with Image.open(pictures / name) as image:
            assert min(image.size) > 100, name
            assert max(image.size) < 1700, name
        assert (pictures / name).with_suffix(".npz").is_file()
        assert name in page


def test_pictures_lie_in_the_run_and_nowhere_else(colour_run: Path, mtlab: Runner) -> None:
    outcome = mtlab("visualize", f"run={colour_run}", "what=filters")
    assert outcome.code == 0, outcome.err
    assert files_below(mtlab.folder) == []


def test_task_picks_the_head(colour_run: Path, mtlab: Runner) -> None:
    shutil.rmtree(colour_run / "pictures", ignore_errors=True)
    mtlab("visualize", f"run={colour_run}", "what=[saliency,maximise]", "task=colour", *SMALL)
    drawn = files_below(colour_run / "pictures")
    assert "saliency/colour.png" in drawn
    assert "maximise/colour_classes.png" in drawn
    assert "maximise/third_classes.png" not in drawn


def test_class_inputs_are_taken_for_their_class(digit_run: Path, mtlab: Runner) -> None:
    outcome = mtlab("visualize", f"run={digit_run}", "what=maximise")
    assert outcome.code == 0, outcome.err
    with np.load(digit_run / "pictures" / "maximise" / "digit_classes.npz") as numbers:
        images = torch.from_numpy(numbers["images"])
    probabilities = load_run(digit_run).model(images)["digit"].softmax(dim=1).diagonal()
    assert float(probabilities.min()) > 0.99
    # A picture, not a blank sheet: every input has dark and bright pixels.
    assert float(images.flatten(1).std(dim=1).min()) > 0.1


def test_chosen_images_are_those_of_the_classes_or_positions(
    digit_run: Path, mtlab: Runner
) -> None:
    target = digit_run / "pictures" / "activations" / "conv1.npz"
    mtlab("visualize", f"run={digit_run}", "what=activations", "digits=[2,9]", "layer=conv1")
    with np.load(target) as numbers:
        assert numbers["activations"].shape == (2, 8, 25, 25)
        by_class = numbers["inputs"]
    outcome = mtlab("visualize", f"run={digit_run}", "what=activations", "indices=[5]",
                    "layer=conv1")  # fmt: skip
    assert "conv1.png" in outcome.out
    with np.load(target) as numbers:
        assert numbers["inputs"].shape == (1, 28, 28)
    assert by_class.shape == (2, 28, 28)


def test_all_input_channels_on_request(digit_run: Path, mtlab: Runner) -> None:
    mtlab("visualize", f"run={digit_run}", "what=filters", "filters.all_channels=true")
    with np.load(digit_run / "pictures" / "filters" / "conv2_all_channels.npz") as numbers:
        assert numbers["weights"].shape == (16, 8, 4, 4)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (("what=filters", "layer=conv7"), "layer: must be one of conv1, conv2, digit.output"),
        (("what=maximise", "layer=conv0"), "layer: must be one of conv1"),
        (("task=colour",), "which has digit; found colour"),
        (("what=activations", "digits=[12]"), "digits: must list classes of the task digit: 0, 1"),
        (("what=activations", "indices=[100000]"), "indices: must be positions from 0 to"),
        (("indices=[1]", "digits=[2]"), "indices: and digits both choose"),
        (("what=filters", "digits=[42]"), "digits: chooses nothing for what=filters; found [42]"),
        (("what=[filters,mistakes]", "indices=3"), "it is for activations, dream, saliency"),
        (("what=mistakes", "layer=conv1"), "layer: chooses nothing for what=mistakes"),
        (("what=curves", "task=digit"), "task: chooses nothing for what=curves"),
        (("what=dreams",), "what: must be one of filters, activations"),
        (("maximise.steps=0",), "maximise.steps: must be a whole number of at least 1"),
        (("maximise.speed=1",), "maximise.speed"),
        (("saliency.samples=x",), "saliency.samples"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    digit_run: Path, mtlab: Runner, overrides: tuple[str, ...], told: str
) -> None:
    outcome = mtlab("visualize", f"run={digit_run}", *overrides)
    assert outcome.code == 2
    assert told in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("overrides", [(), ("run=nowhere",), ("run=.",)])
def test_a_folder_that_is_no_run_is_told_in_one_line(
    mtlab: Runner, overrides: tuple[str, ...]
) -> None:
    outcome = mtlab("visualize", *overrides)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert files_below(mtlab.folder) == []


@pytest.mark.parametrize(
    ("model", "has"),
    [
        (("model=mlp", "model.widths=[9]"), {"filters/dense1.png", "activations/dense1.png"}),
        (("model=mlp", "model.widths=[]"), {"filters/digit.output.png"}),
        (
            ("model=vgg", "model.filters=[4,4]", "dataset.limit=60"),
            {"filters/conv1.png", "dream/dreams.png"},
        ),
    ],
)
def test_other_trunks(tmp_path: Path, mtlab: Runner, model: tuple[str, ...], has: set[str]) -> None:
    run = train_run(tmp_path / "run", *model)
    outcome = mtlab("visualize", f"run={run}", "indices=[0]", "robustness.images=20", *SMALL)
    assert outcome.code == 0, outcome.err
    assert has <= set(files_below(run / "pictures"))


def test_a_perceptron_shows_its_weights_and_says_what_it_lacks(
    tmp_path: Path, mtlab: Runner
) -> None:
    run = train_run(tmp_path / "run", "model=perceptron", "dataset.classes=[0,1]",
                    "trainer.figures=true", "trainer.epochs=3")  # fmt: skip
    assert {"weights_digit.png", "curves_digit.png"} <= set(files_below(run / "figures"))
    outcome = mtlab("visualize", f"run={run}", *SMALL)
    assert outcome.code == 0, outcome.err
    for what in ("activations", "dream", "embeddings"):
        assert f"{what} left out: " in outcome.out
    with np.load(run / "pictures" / "filters" / "unit.npz") as numbers:
        weights = load_run(run).model.state_dict()["unit.weight"]
        np.testing.assert_array_equal(numbers["weights"].reshape(1, -1), weights.numpy())


def test_a_sweep_over_learning_rates_gets_its_curves_on_one_plot(mtlab: Runner) -> None:
    outcome = mtlab(
        "-m", "model=perceptron", "dataset.classes=[0,1],[3,8]", "model.lr=0.1,0.01",
        "trainer.epochs=3", "dataset.limit=200", "trainer.figures=false", "hydra.sweep.dir=sweep",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    sweep = mtlab.folder / "sweep"
    plots = sorted(path.name for path in (sweep / "figures").glob("*.npz"))
    assert len(plots) == 2
    with np.load(sweep / "figures" / plots[0]) as numbers:
        assert sorted(numbers) == ["lr 0.01", "lr 0.1"]
        runs = [json.loads(path.read_text()) for path in sweep.glob("*/summary.json")]
        assert {len(curve) for curve in numbers.values()} <= {run["epochs"] for run in runs}
    outcome = mtlab("visualize", "run=sweep", "what=curves")
    assert outcome.code == 0, outcome.err
    assert (sweep / "pictures" / "index.html").is_file()


def test_kernels_of_one_weight_are_a_table(tmp_path: Path, mtlab: Runner) -> None:
    run = train_run(tmp_path / "run", "model=resnet", "model.filters=[2,4]",
                    "model.blocks_per_stage=1")  # fmt: skip
    outcome = mtlab("visualize", f"run={run}", "what=filters")
    assert outcome.code == 0, outcome.err
    # Layers are named in the order in which they are drawn; the shortcut has kernels of 1x1.
    assert "filters of conv5 left out: kernels of 1x1" in outcome.out
    drawn = [name for name in files_below(run / "pictures" / "filters") if name.endswith(".png")]
    assert drawn == [f"conv{number}.png" for number in (1, 2, 3, 4, 6)]
    outcome = mtlab("visualize", f"run={run}", "what=filters", "layer=conv5")
    assert outcome.code == 0, outcome.err
    with np.load(run / "pictures" / "filters" / "conv5_all_channels.npz") as numbers:
        assert numbers["weights"].shape == (4, 2, 1, 1)
