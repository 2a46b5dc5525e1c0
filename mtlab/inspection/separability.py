"""How well one straight cut tells each pair of classes apart."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from mtlab.inspection.pca import Float64Array, covariance

Vectors = npt.NDArray[np.floating]

RIDGE = 1e-3
"""Added to the covariance as a share of its mean variance: pixels that never change would leave it
without an inverse, and pixels that hardly change would be trusted too much."""

HINGE_RIDGE = 3e-9
"""Weight of |w|^2 beside the hinge loss, as a share of the vectors' sum of squares: nearly none, so
that classes that can be separated are."""
HOPELESS = 0.01
"""Share of mistakes of Fisher's cut beyond which a pair of more than `FEW_VECTORS` is not looked at
more closely: a few such pairs would take most of the time."""
FEW_VECTORS = 5000
MOST_STEPS = 16
LEAST_GAIN = 0.01
"""Share by which a step has to lower the loss for another one to follow."""


@dataclass(frozen=True)
class Cut:
    """A hyperplane: class 1 lies where `vector . normal > threshold`."""

    normal: Float64Array
    threshold: float


def pair_cuts(vectors: Vectors, classes: npt.NDArray[np.int64]) -> dict[tuple[int, int], Cut]:
    """For every pair of classes a hyperplane with as few mistakes as can be found quickly.

    The fewest possible are out of reach: finding them is NP-hard where the classes overlap.
    Fisher's discriminant is one normal; where it errs on at most `HOPELESS` of the vectors, or
    there are few, a linear support vector machine that starts from it is another. The one is taken
    that errs less on these vectors, each with the threshold that errs least; so no cut is worse
    than calling everything by the larger class. No mistake at all proves that the pair can be
    separated; a few do not prove that it cannot.

    Args:
        vectors: `(num_samples, num_features)`.
        classes: `(num_samples,)`.
    """
    members = {int(label): vectors[classes == label] for label in np.unique(classes)}
    moments = {label: covariance(found) for label, found in members.items()}
    cuts = {}
    for first, second in itertools.combinations(members, 2):
        pair = members[first], members[second]
        fisher = _fisher_normal(moments[first], moments[second], len(pair[0]), len(pair[1]))
        centre = (moments[first][0] + moments[second][0]) / 2
        candidates = [best_cut(*pair, fisher)]
        size = len(pair[0]) + len(pair[1])
        # Where Fisher's cut errs often, another is rarely without mistakes, and looking for it
        # takes longest.
        if candidates[0][1] > 0 and (size <= FEW_VECTORS or candidates[0][1] <= HOPELESS * size):
            candidates.append(best_cut(*pair, _hinge_normal(*pair, fisher, centre)))
        cuts[first, second] = min(candidates, key=lambda candidate: candidate[1])[0]
    return cuts


def _fisher_normal(
    moments_a: tuple[Float64Array, Float64Array],
    moments_b: tuple[Float64Array, Float64Array],
    size_a: int,
    size_b: int,
) -> Float64Array:
    """The inverse of the pooled covariance times the difference of the means.

    Fisher (1936), "The use of multiple measurements in taxonomic problems".
    """
    (mean_a, matrix_a), (mean_b, matrix_b) = moments_a, moments_b
    pooled = (matrix_a * size_a + matrix_b * size_b) / (size_a + size_b)
    # Where each class is a single point, any variance will do.
    variance = float(np.trace(pooled)) / len(pooled) or 1.0
    pooled[np.diag_indices(len(pooled))] += RIDGE * variance
    return np.asarray(np.linalg.solve(pooled, mean_b - mean_a), dtype=np.float64)


def _hinge_normal(
    first: Vectors, second: Vectors, start: Float64Array, centre: Float64Array
) -> Float64Array:
    """The normal of a linear support vector machine with squared hinge loss.

    Newton's method on the vectors within the margin, with an exact line search: Keerthi, DeCoste
    (2005), "A modified finite Newton method for fast solution of large scale linear SVMs". It
    ends where nothing is on the wrong side, where a step gains little, or after `MOST_STEPS`.

    Args:
        first, second: The classes' vectors, `(num_samples, num_features)`.
        start: A normal to begin with.
        centre: A point between the classes.

    Returns:
        Of the normals on the way the one with the fewest mistakes.
    """
    # With a last feature of 1 for the threshold, and the first class turned around: what is right
    # has a positive product with the weights, and a product of at least 1 costs nothing.
    signed = np.empty((len(first) + len(second), first.shape[1] + 1), first.dtype)
    np.negative(first, out=signed[: len(first), :-1])
    signed[len(first) :, :-1] = second
    signed[: len(first), -1], signed[len(first) :, -1] = -1, 1
    ridge = HINGE_RIDGE * float(np.einsum("ij,ij->", signed, signed, dtype=np.float64))
    weights = np.append(start, -start @ centre).astype(signed.dtype)
    margins = signed @ weights
    # A mean of 2: most vectors begin outside the margin, and the first step is a small problem.
    scale = 2 / max(float(margins.mean()), 1e-12)
    weights, margins = weights * scale, margins * scale
    best, fewest = weights, int((margins <= 0).sum())
    loss = _squared_hinge(margins)
    for _ in range(MOST_STEPS):
        try:
            step = _newton_target(signed[margins < 1], ridge) - weights
        except np.linalg.LinAlgError:
            # Rounding has eaten the ridge: no better normal is to be had.
            break
        change = signed @ step
        length = _step_length(margins, change, weights, step, ridge)
        weights, margins = weights + length * step, margins + length * change
        mistakes = int((margins <= 0).sum())
        if mistakes < fewest:
            best, fewest = weights, mistakes
        last_loss, loss = loss, _squared_hinge(margins)
        if mistakes == 0 or loss > (1 - LEAST_GAIN) * last_loss:
            break
    return best[:-1].astype(np.float64)


def _squared_hinge(margins: Vectors) -> float:
    return float(np.square(np.maximum(1 - margins, 0)).sum(dtype=np.float64))


def _newton_target(within: Vectors, ridge: float) -> Vectors:
    """The weights that would bring the products of these vectors nearest to 1.

    Raises:
        LinAlgError: The products are no positive definite matrix, but for rounding.
    """
    weights = np.zeros(within.shape[1], within.dtype)
    used = np.flatnonzero(within.any(axis=0))
    rows = within[:, used]
    # Whichever of the two matrices of products is smaller.
    is_wide = len(rows) < len(used)
    products = (rows @ rows.T if is_wide else rows.T @ rows).astype(np.float64)
    products[np.diag_indices(len(products))] += ridge
    factor = cho_factor(products, lower=True, overwrite_a=True, check_finite=False)
    if is_wide:
        weights[used] = rows.T @ cho_solve(factor, np.ones(len(rows)), check_finite=False)
    else:
        weights[used] = cho_solve(factor, rows.sum(axis=0, dtype=np.float64), check_finite=False)
    return weights


def _step_length(
    margins: Vectors, change: Vectors, weights: Vectors, step: Vectors, ridge: float
) -> float:
    """Where the loss is least along the step, in [0, 1], by halving."""
    along, length_squared = ridge * float(weights @ step), ridge * float(step @ step)

    def slope(length: float) -> float:
        missing = np.maximum(1 - margins - length * change, 0)
        return along + length * length_squared - float(missing @ change)

    if slope(1.0) <= 0:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (low, middle) if slope(middle) > 0 else (middle, high)
    return (low + high) / 2


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


def pair_errors(
    cuts: Mapping[tuple[int, int], Cut], vectors: Vectors, classes: npt.NDArray[np.int64]
) -> dict[tuple[int, int], float]:
    """For each pair, the share of its samples on the wrong side of the cut, in [0, 1].

    NaN where there is no sample of either class.
    """
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
