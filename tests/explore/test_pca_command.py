"""`mtlab pca` leaves numbers and pictures."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from conftest import Runner, composed
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler
from trained_runs import files_below

from mtlab.config.compose import to_run_config
from mtlab.data.build import build_dataset


def test_pca_of_the_bundled_digits(mtlab: Runner) -> None:
    outcome = mtlab("pca", "dataset=digits", "pca.points=50", "pca.three_dimensional=true",
                    "pca.space_points=40", "hydra.run.dir=here")  # fmt: skip
    assert outcome.code == 0, outcome.err
    folder = mtlab.folder / "here"
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "completed"
    assert summary["samples"] == {"train_and_validation": 1438, "test": 359}
    assert summary["num_features"] == 784
    # Bilinear enlargement of 8x8 scans has rank 64 at most, but for rounding to bytes.
    assert 1 < summary["axes_of_train"]["components_for_share"] < 64
    assert len(summary["pairs"]) == 45
    zero_and_one = summary["pairs"][0]
    assert zero_and_one["pair"] == ["0", "1"]
    assert zero_and_one["all_pixels_train_error"] < 0.01
    assert ["0", "1"] in summary["separable_pairs"]
    names = {
        "explained_variance", "plane_points", "plane_test", "plane_test_own_axes",
        "plane_test_points", "plane_train", "separability", "space",
    }  # fmt: skip
    endings = (".png", ".svg", ".pdf", ".npz")
    files = files_below(folder / "figures")
    assert set(files) == {f"{name}{ending}" for name in names for ending in endings}
    page = (folder / "index.html").read_text()
    assert all(f'src="figures/{name}.png"' in page for name in names)
    assert len(np.load(folder / "figures" / "space.npz")["coordinates"]) == 40


def test_the_numbers_of_pca_are_enough_to_draw_its_pictures_again(mtlab: Runner) -> None:
    outcome = mtlab("pca", "dataset=digits", "pca.points=50", "dataset.limit=200",
                    "dataset.normalisation=per_pixel", "hydra.run.dir=here")  # fmt: skip
    assert outcome.code == 0, outcome.err
    figures = mtlab.folder / "here" / "figures"
    few, all_points = np.load(figures / "plane_points.npz"), np.load(figures / "plane_train.npz")
    assert few["coordinates"].shape == (50, 2)
    assert few["class_names"].tolist() == [str(digit) for digit in range(10)]
    assert str(few["title"]) == "digits: 50 training images"
    tested = np.load(figures / "plane_test_points.npz")
    assert str(tested["title"]) == "digits: 50 test images, axes of train"
    np.testing.assert_allclose(
        tested["coordinates"],
        np.load(figures / "plane_test.npz")["coordinates"][tested["positions"]],
        atol=1e-5,
    )
    assert all("of the variance" in str(name) for name in few["axis_names"])
    # The few are where they are among all of them.
    np.testing.assert_allclose(
        few["coordinates"], all_points["coordinates"][few["positions"]], atol=1e-5
    )
    np.testing.assert_array_equal(few["classes"], all_points["classes"][few["positions"]])
    variance = np.load(figures / "explained_variance.npz")
    assert variance["shares_train"].sum() == pytest.approx(1)
    # Standardised over the images that the axes are fitted on, validation included.
    config = to_run_config(composed("dataset=digits", "dataset.limit=200")).dataset
    dataset = build_dataset(config, None, "first", 0)
    pixels = torch.cat([dataset.train.images, dataset.val.images]).flatten(1).double().numpy()
    wanted = PCA().fit(StandardScaler().fit_transform(pixels)).explained_variance_ratio_
    np.testing.assert_allclose(variance["shares_train"][:5], wanted[:5], rtol=1e-4)
    summary = json.loads((mtlab.folder / "here" / "summary.json").read_text())
    count = summary["axes_of_train"]["components_for_share"]
    assert variance["components_for_share"] == count
    assert (
        variance["shares_train"][:count].sum() >= 0.95 > variance["shares_train"][: count - 1].sum()
    )
    pairs = np.load(figures / "separability.npz")
    assert pairs["all_pixels_train"][1, 0] == 100 * summary["pairs"][0]["all_pixels_train_error"]


def test_pca_draws_a_tsne_map_of_as_many_images_as_there_are(mtlab: Runner) -> None:
    outcome = mtlab("pca", "dataset=digits", "dataset.limit=40", "pca.tsne=true",
                    "pca.tsne_perplexity=5", "hydra.run.dir=here")  # fmt: skip
    assert outcome.code == 0, outcome.err
    numbers = np.load(mtlab.folder / "here" / "figures" / "tsne.npz")
    assert numbers["coordinates"].shape == (40, 2)
    assert np.isfinite(numbers["coordinates"]).all()
    assert sorted(numbers["positions"].tolist()) == list(range(40))


def test_pca_takes_classes_of_an_image_or_two(mtlab: Runner) -> None:
    outcome = mtlab("pca", "dataset=digits", "dataset.limit=12", "hydra.run.dir=here")
    assert outcome.code == 0, outcome.err


def test_a_class_without_test_images_has_no_test_error(mtlab: Runner) -> None:
    random = np.random.default_rng(0)
    path = mtlab.folder / "images.npz"
    train_labels = np.arange(90) % 3
    np.savez(
        path,
        X=random.integers(0, 255, (90, 8, 8)).astype(np.uint8), y=train_labels,
        X_test=random.integers(0, 255, (10, 8, 8)).astype(np.uint8), y_test=np.zeros(10, int),
    )  # fmt: skip
    outcome = mtlab("pca", "dataset=npz", f"dataset.path={path}", "hydra.run.dir=here")
    assert outcome.code == 0, outcome.err
    summary = json.loads((mtlab.folder / "here" / "summary.json").read_text())
    errors = {tuple(entry["pair"]): entry["plane_test_error"] for entry in summary["pairs"]}
    assert errors["1", "2"] is None
    assert 0 <= errors["0", "1"] <= 1


def test_pca_of_two_classes_by_another_task(mtlab: Runner) -> None:
    outcome = mtlab("pca", "dataset=digits", "task=parity", "dataset.classes=[1,2,3]",
                    "hydra.run.dir=here")  # fmt: skip
    assert outcome.code == 0, outcome.err
    summary = json.loads((mtlab.folder / "here" / "summary.json").read_text())
    assert summary["classes"] == ["even", "odd"]
    assert [entry["pair"] for entry in summary["pairs"]] == [["even", "odd"]]


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (("pca.points=1",), "pca.points: must be a whole number of at least 2"),
        (
            ("pca.variance_share=2",),
            "pca.variance_share: must be a number between 0 (excluded)",
        ),
        (("task=colour",), "must name tasks of dataset=digits"),
        (("pca.space_points=1",), "pca.space_points: must be a whole number of at least 2"),
        (
            ("pca.tsne=true", "dataset.limit=25"),
            "pca.tsne_perplexity: must be below the number of images in the map, 25",
        ),
    ],
)
def test_a_mistake_of_pca_is_told_in_one_line(
    mtlab: Runner, overrides: tuple[str, ...], told: str
) -> None:
    outcome = mtlab("pca", "dataset=digits", *overrides)
    assert outcome.code == 2
    assert told in outcome.err
    assert outcome.err.count("\n") == 1
