"""How well one straight cut tells each pair of classes apart, as numbers and a picture."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from sklearn.svm import LinearSVC

from mtlab.drawing.heat_map import PairGrid, draw_pair_grids
from mtlab.drawing.saving import Array, Numbers
from mtlab.explore.projections import Float64Array, Vectors

Pair = tuple[int, int]
Moments = tuple[Float64Array, Float64Array]
"""Mean `(num_features,)` and covariance `(num_features, num_features)`."""
PairErrors = dict[str, dict[Pair, float]]
"""By space and split, as in `plane_train`, each pair's share on the wrong side."""

RIDGE = 1e-3
"""Added to the covariance as a share of its mean variance: pixels that never change would leave it
without an inverse, and pixels that hardly change would be trusted too much."""
HINGE_RIDGE = 3e-9
"""Weight of |w|^2 beside the hinge loss, as a share of the vectors' sum of squares: nearly none, so
that classes that can be separated are."""
HOPELESS, FEW_VECTORS = 0.02, 5000
"""A pair of more vectors, of which Fisher's cut gets a larger share wrong, is not looked at more
closely: few such pairs can be separated (1 of 10 in MNIST), and they take longest."""


class Cut(NamedTuple):
    """A hyperplane: class 1 lies where `vector . normal > threshold`."""

    normal: Float64Array
    threshold: float


def pair_cuts(vectors: Vectors, classes: Array) -> dict[Pair, Cut]:
    """For every pair of classes a hyperplane with as few mistakes as can be found quickly.

    The fewest possible are out of reach: finding them is NP-hard where the classes overlap. One
    candidate is Fisher's discriminant, and where it errs a linear support vector machine is
    another. The one is taken that errs less on these vectors, each with the threshold that errs
    least; so no cut is worse than calling everything by the larger class. No mistake at all proves
    that the pair can be separated; a few do not prove that it cannot.
    """
    members = {int(label): vectors[classes == label] for label in np.unique(classes)}
    moments = {label: _moments(found) for label, found in members.items()}
    cuts = {}
    for pair in itertools.combinations(members, 2):
        first, second = (members[label] for label in pair)
        sizes = len(first), len(second)
        normal = _fisher_normal(moments[pair[0]], moments[pair[1]], sizes)
        cuts[pair], mistakes = best_cut(first, second, normal)
        if mistakes > 0 and (sum(sizes) <= FEW_VECTORS or mistakes <= HOPELESS * sum(sizes)):
            cut, fewer = best_cut(first, second, _support_vector_normal(first, second))
            cuts[pair] = cut if fewer < mistakes else cuts[pair]
    return cuts


def _moments(vectors: Vectors) -> Moments:
    """The covariance of a single vector is 0."""
    freedom = 1 if len(vectors) > 1 else 0
    matrix = np.cov(vectors, rowvar=False, ddof=freedom, dtype=np.float64)
    return vectors.mean(axis=0, dtype=np.float64), np.atleast_2d(matrix)


def _fisher_normal(first: Moments, second: Moments, sizes: tuple[int, int]) -> Float64Array:
    """The inverse of the pooled covariance times the difference of the means.

    Fisher (1936), "The use of multiple measurements in taxonomic problems".
    """
    (mean_a, matrix_a), (mean_b, matrix_b) = first, second
    pooled = np.average([matrix_a, matrix_b], axis=0, weights=sizes)
    # Where each class is a single point, any variance will do.
    variance = float(np.trace(pooled)) / len(pooled) or 1.0
    pooled[np.diag_indices(len(pooled))] += RIDGE * variance
    return np.asarray(np.linalg.solve(pooled, mean_b - mean_a), dtype=np.float64)


def _support_vector_normal(first: Vectors, second: Vectors) -> Float64Array:
    """The normal of a linear support vector machine with squared hinge loss."""
    vectors = np.concatenate([first, second])
    is_second = np.repeat([False, True], [len(first), len(second)])
    ridge = HINGE_RIDGE * float(np.einsum("ij,ij->", vectors, vectors, dtype=np.float64))
    machine = LinearSVC(C=1 / max(ridge, np.finfo(np.float64).tiny), dual=False, tol=1e-4)
    machine.fit(vectors, is_second)
    return np.asarray(machine.coef_[0], dtype=np.float64)


def best_cut(first: Vectors, second: Vectors, normal: Float64Array) -> tuple[Cut, int]:
    """The threshold along a normal with the fewest mistakes, and their number.

    Of equally good thresholds it is the one in the widest gap. Those beyond all vectors count too,
    so there are never more mistakes than the smaller class has vectors.
    """
    direction = normal.astype(first.dtype)
    places = np.concatenate([first @ direction, second @ direction]).astype(np.float64)
    is_second = np.repeat([False, True], [len(first), len(second)])
    order = np.argsort(places, kind="stable")
    places, is_second = places[order], is_second[order]
    # Mistakes with the first k places below the threshold: those of the second class among them,
    # and those of the first class behind them.
    below = np.concatenate([[0], np.cumsum(is_second)])
    mistakes = below + np.concatenate([np.cumsum(~is_second[::-1])[::-1], [0]])
    edges = np.concatenate([[places[0] - 1], places, [places[-1] + 1]])
    gaps = np.diff(edges)
    # Between two equal places there is no room for a threshold.
    mistakes = np.where(gaps > 0, mistakes, len(places) + 1)
    fewest = int(mistakes.min())
    split = int(np.argmax(np.where(mistakes == fewest, gaps, -1)))
    return Cut(normal, float(edges[split] + edges[split + 1]) / 2), fewest


def pair_errors(cuts: Mapping[Pair, Cut], vectors: Vectors, classes: Array) -> dict[Pair, float]:
    """Each pair's share of samples on the wrong side, in [0, 1]; NaN where it has no sample."""
    # One product for all pairs: picking each pair's vectors out first would copy them many times.
    normals = np.stack([cut.normal for cut in cuts.values()], axis=1)
    sides = vectors @ normals.astype(vectors.dtype)
    errors = {}
    for column, ((first, second), cut) in enumerate(cuts.items()):
        chosen = (classes == first) | (classes == second)
        is_second = sides[chosen, column] > cut.threshold
        wrong = is_second != (classes[chosen] == second)
        errors[first, second] = float(wrong.mean()) if len(wrong) else float("nan")
    return errors


def pair_findings(errors: PairErrors, class_names: Sequence[str]) -> dict[str, Any]:
    """Every pair's errors, and the pairs that can be separated, for summary.json."""
    pairs = []
    for pair in errors["plane_train"]:
        entry: dict[str, Any] = {"pair": [class_names[one] for one in pair]}
        for key, found in errors.items():
            # JSON knows no NaN, the error where the test split has neither class.
            entry[f"{key}_error"] = None if np.isnan(found[pair]) else found[pair]
        pairs.append(entry)
    separable = [entry["pair"] for entry in pairs if entry["all_pixels_train_error"] == 0]
    return {"pairs": pairs, "separable_pairs": separable}


def describe_pairs(errors: PairErrors, class_names: Sequence[str]) -> Iterator[str]:
    """The extremes, and how many pairs can be separated, in words."""
    plane, pixels = errors["plane_train"], errors["all_pixels_train"]
    for told, pick in (("easiest", min), ("hardest", max)):
        first, second = pair = pick(plane, key=plane.__getitem__)
        yield (
            f"{told} pair in the plane: {class_names[first]} and {class_names[second]},"
            f" {100 * plane[pair]:.2f}% on the wrong side; in all pixels {100 * pixels[pair]:.2f}%"
        )
    num_separable = sum(error == 0 for error in pixels.values())
    yield (
        f"{num_separable} of {len(pixels)} pairs are linearly separable in all pixels; the"
        " others may be, only no such cut was found"
    )


def draw_pair_errors(
    errors: PairErrors, class_names: Sequence[str], dataset: str
) -> tuple[Figure, Numbers]:
    """The errors on the training images as a picture, and the numbers of all."""
    percents = {key: np.full((len(class_names), len(class_names)), np.nan) for key in errors}
    for key, found in errors.items():
        for (first, second), error in found.items():
            percents[key][second, first] = 100 * error
    plane, pixels = percents["plane_train"], percents["all_pixels_train"]
    figure = draw_pair_grids(
        [
            PairGrid("in the plane of two components", plane, _percent),
            PairGrid("in all pixels (0: linearly separable)", pixels, _percent),
        ],
        class_names,
        f"{dataset}: training images on the wrong side of one linear cut"
        " (the better of Fisher's discriminant and a linear SVM)",
        "wrong side (%)",
        highest=float(max(np.nanmax(plane), 1.0)),
    )
    return figure, percents | {"class_names": class_names}


def _percent(value: float) -> str:
    """Short, and 0 only where nothing is on the wrong side."""
    if value in (0, 100) or value >= 9.95:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 0.095 else f"{value:.2f}"
