"""PCA, separability, embeddings, mistakes and saliency against hand-computed values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn
from trained_runs import classification_head

from mtlab.data.downloaded import SETS, Downloaded
from mtlab.inspection.embeddings import between_class_share, trunk_features, value_fifths
from mtlab.inspection.mistakes import confident_mistakes
from mtlab.inspection.pca import covariance, fit_pca
from mtlab.inspection.saliency import saliency
from mtlab.inspection.separability import best_cut, pair_cuts, pair_errors
from mtlab.models.heads import DenseHead
from mtlab.models.mlp import MlpTrunk
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.seeding import generator


def test_components_are_scikit_learns_up_to_their_sign() -> None:
    random = np.random.default_rng(0)
    vectors = (random.normal(size=(5000, 6)) @ random.normal(size=(6, 6)) + 3).astype(np.float32)
    ours, theirs = fit_pca(vectors), PCA(svd_solver="full").fit(vectors.astype(np.float64))
    np.testing.assert_allclose(ours.shares, theirs.explained_variance_ratio_, rtol=1e-6)
    np.testing.assert_allclose(np.abs(ours.axes), np.abs(theirs.components_), atol=1e-6)
    projected = ours.project(vectors, 2)
    np.testing.assert_allclose(
        np.abs(projected), np.abs(theirs.transform(vectors)[:, :2]), rtol=1e-3, atol=1e-3
    )


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


def test_covariance_is_numpys() -> None:
    vectors = np.random.default_rng(2).normal(size=(5000, 3)).astype(np.float32)
    mean, matrix = covariance(vectors)
    np.testing.assert_allclose(mean, vectors.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(matrix, np.cov(vectors.T.astype(np.float64)), rtol=1e-6, atol=1e-9)


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


def test_variance_between_classes() -> None:
    points = np.array([[0.0], [0], [2], [2]])
    assert between_class_share(points, np.array([0, 0, 1, 1])) == 1
    assert between_class_share(points, np.array([0, 1, 0, 1])) == 0
    # Class means -0.5 and 0.5 around 1 of points with variance 1.
    assert between_class_share(points, np.array([0, 0, 0, 1])) == pytest.approx(1 / 3)


def test_values_become_five_classes_of_equal_size() -> None:
    values = np.array([9.0, 0, 1, 2, 3, 4, 5, 6, 7, 8], dtype=np.float32)
    classes, names = value_fifths(values)
    assert classes.tolist() == [4, 0, 0, 1, 1, 2, 2, 3, 3, 4]
    assert names == ("0 to 1", "2 to 3", "4 to 5", "6 to 7", "8 to 9")


def linear_network(shape: tuple[int, int, int]) -> MultiTaskNetwork:
    trunk = MlpTrunk(shape, [])
    head = classification_head(trunk.num_features, [], 3)
    return MultiTaskNetwork(trunk, {"t": head}).eval()


def test_features_are_what_the_heads_receive() -> None:
    images = torch.rand(7, 1, 2, 2)
    np.testing.assert_array_equal(trunk_features(linear_network((1, 2, 2)), images),
                                  images.flatten(1).numpy())  # fmt: skip


def test_the_most_confident_mistakes_come_first() -> None:
    logits = torch.tensor([[3.0, 0.0], [1.0, 0.0], [0.0, 5.0], [0.0, 4.0]])
    found = confident_mistakes(logits, torch.tensor([1, 0, 0, 0]), most=2)
    assert found.positions.tolist() == [2, 3]
    assert found.true.tolist() == [0, 0]
    assert found.predicted.tolist() == [1, 1]
    assert found.num_wrong == 3
    assert found.confidence[0].item() == pytest.approx(1 / (1 + np.exp(-5)))


def test_saliency_of_a_linear_network_is_its_weights() -> None:
    network = linear_network((3, 2, 2))
    head = network.heads["t"]
    assert isinstance(head, DenseHead)
    images = torch.rand(4, 3, 2, 2)
    found = saliency(network, "t", images, 1, torch.zeros(1, 3, 1, 1), generator(0, "test"))
    winners = network(images)["t"].argmax(dim=1)
    expected = head.output.weight[winners].reshape(4, 3, 2, 2).abs().amax(dim=1)
    torch.testing.assert_close(found, expected.detach())
    noisy = saliency(network, "t", images, 5, torch.full((1, 3, 1, 1), 0.5), generator(0, "test"))
    torch.testing.assert_close(noisy, expected.detach())


def test_saliency_takes_a_task_with_one_number() -> None:
    class Sum(nn.Module):
        def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"v": 2 * images.flatten(1).sum(dim=1)}

    images = torch.rand(2, 1, 3, 3)
    found = saliency(Sum(), "v", images, 1, torch.zeros(1, 1, 1, 1), generator(0, "test"))
    torch.testing.assert_close(found, torch.full((2, 3, 3), 2.0))
