"""Principal components and cuts between classes against hand-computed values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mtlab.data.downloaded import SETS, Downloaded
from mtlab.explore.linear_cuts import best_cut, pair_cuts, pair_errors
from mtlab.explore.projections import fit_pca


def test_single_precision_does_not_change_the_components() -> None:
    random = np.random.default_rng(0)
    vectors = (random.normal(size=(5000, 6)) @ random.normal(size=(6, 6)) + 3).astype(np.float32)
    found = fit_pca(vectors)
    variances, columns = np.linalg.eigh(np.cov(vectors.T.astype(np.float64)))
    np.testing.assert_allclose(found.shares, variances[::-1] / variances.sum(), rtol=1e-9)
    np.testing.assert_allclose(np.abs(found.axes), np.abs(columns.T[::-1]), atol=1e-9)
    centred = vectors - vectors.mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(found.project(vectors, 2), centred @ found.axes[:2].T, atol=1e-9)


@pytest.mark.parametrize(
    "vectors", [np.ones((4, 3)), np.zeros((9, 3), np.float32), np.ones((1, 3))], ids=str
)
def test_where_nothing_varies_every_share_is_zero(vectors: np.ndarray) -> None:
    found = fit_pca(vectors)
    assert found.shares.tolist() == [0, 0, 0]
    assert np.abs(found.project(vectors, 2)).max() == 0
    assert found.num_components_for(0.95) == 1


def test_of_fewer_samples_than_features_the_last_components_are_empty() -> None:
    found = fit_pca(np.array([[0.0, 0, 0], [2, 0, 0]]))
    np.testing.assert_allclose(found.shares, [1, 0, 0], atol=1e-12)
    coordinates = found.project(np.array([[3.0, 5, 1]]), 3)
    assert coordinates.shape == (1, 3)
    assert coordinates[0, 0] == pytest.approx(2)


def test_the_largest_entry_of_each_axis_is_positive() -> None:
    vectors = np.random.default_rng(1).normal(size=(50, 5))
    axes = fit_pca(vectors).axes
    assert (axes[np.arange(5), np.abs(axes).argmax(axis=1)] > 0).all()


def test_components_for_a_share_of_the_variance() -> None:
    # Variances 4, 1 and 0 along the axes: 80% and 20%.
    vectors = np.array([[2.0, 1, 0], [-2, 1, 0], [2, -1, 0], [-2, -1, 0]])
    fitted = fit_pca(vectors)
    np.testing.assert_allclose(fitted.shares, [0.8, 0.2, 0], atol=1e-12)
    assert [fitted.num_components_for(share) for share in (0.5, 0.79, 0.81, 1.0)] == [1, 1, 2, 2]


def test_published_explained_variance_of_mnist(real_data: Path) -> None:
    images = Downloaded(SETS["mnist"], "mnist", real_data).train().images
    fitted = fit_pca((images.flatten(1).float() / 255).numpy())
    assert fitted.num_components_for(0.95) == 154
    np.testing.assert_allclose(fitted.shares[:2], [0.0970, 0.0710], atol=5e-5)


def test_clusters_are_cut_apart_and_mixtures_are_not() -> None:
    random = np.random.default_rng(0)
    centres = np.array([[0.0, 0], [9, 0], [9, 0]])
    classes = np.repeat([0, 1, 2], 200)
    vectors = centres[classes] + random.normal(size=(600, 2))
    errors = pair_errors(pair_cuts(vectors, classes), vectors, classes)
    assert list(errors) == [(0, 1), (0, 2), (1, 2)]
    assert errors[0, 1] == 0
    assert errors[0, 2] == 0
    assert 0.35 < errors[1, 2] < 0.65


def test_pixels_that_never_change_do_not_stop_the_cut() -> None:
    vectors = np.zeros((8, 3), dtype=np.float32)
    vectors[:4, 0], vectors[4:, 0] = [0, 1, 0, 1], [5, 6, 5, 6]
    classes = np.repeat([0, 1], 4)
    assert pair_errors(pair_cuts(vectors, classes), vectors, classes) == {(0, 1): 0.0}


def test_the_best_threshold_lies_in_the_widest_gap_of_the_fewest_mistakes() -> None:
    normal = np.array([1.0])
    # In order: first 0, second 1, first 2, first 3, second 9. Between 3 and 9 one mistake is left.
    cut, mistakes = best_cut(np.array([[0.0], [2], [3]]), np.array([[1.0], [9]]), normal)
    assert (cut.threshold, mistakes) == (6, 1)
    # Equal places cannot be told apart: all are called the larger class.
    cut, mistakes = best_cut(np.zeros((2, 1)), np.zeros((3, 1)), normal)
    assert cut.threshold < 0
    assert mistakes == 2


@pytest.mark.parametrize("seed", range(5))
def test_no_cut_is_worse_than_calling_everything_by_the_larger_class(seed: int) -> None:
    random = np.random.default_rng(seed)
    classes = np.repeat([0, 1], [30, 50])
    vectors = random.normal(size=(80, 2)).astype(np.float32)
    errors = pair_errors(pair_cuts(vectors, classes), vectors, classes)
    assert errors[0, 1] <= 30 / 80


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_separable_is_separated_though_fishers_discriminant_errs(dtype: type) -> None:
    # A thin gap along x. What counts lies close to it; far outliers turn Fisher's normal away.
    random = np.random.default_rng(0)
    near = random.uniform(0.02, 0.2, 200) * np.repeat([-1, 1], 100)
    far = np.array([[-0.02, 40.0]] * 20 + [[30.0, 60.0]] * 20)
    vectors = np.concatenate([np.stack([near, random.normal(size=200)], axis=1), far])
    classes = np.concatenate([np.repeat([0, 1], 100), np.repeat([0, 1], 20)])
    vectors = vectors.astype(dtype)
    assert pair_errors(pair_cuts(vectors, classes), vectors, classes) == {(0, 1): 0.0}


def test_classes_of_a_single_point_each_are_cut_apart() -> None:
    vectors = np.array([[0.0, 1], [2, 1]], dtype=np.float32)
    classes = np.array([4, 7])
    assert pair_errors(pair_cuts(vectors, classes), vectors, classes) == {(4, 7): 0.0}


def test_a_pair_without_samples_has_no_error() -> None:
    vectors = np.array([[0.0], [1], [2]])
    cuts = pair_cuts(vectors, np.array([0, 1, 2]))
    errors = pair_errors(cuts, vectors[:1], np.array([0]))
    assert errors[0, 1] == 0
    assert np.isnan(errors[1, 2])


def test_published_pairs_of_mnist_are_linearly_separable(real_data: Path) -> None:
    train = Downloaded(SETS["mnist"], "mnist", real_data).train()
    vectors = (train.images.flatten(1).float() / 255).numpy()
    labels = train.main_label.numpy()
    for pair in ((0, 1), (0, 7), (3, 6)):
        chosen = np.isin(labels, pair)
        cuts = pair_cuts(vectors[chosen], labels[chosen])
        assert pair_errors(cuts, vectors[chosen], labels[chosen]) == {pair: 0.0}
