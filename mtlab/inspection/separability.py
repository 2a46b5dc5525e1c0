"""How well one straight cut tells each pair of classes apart."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtlab.inspection.pca import Float64Array, covariance

RIDGE = 1e-3
"""Added to the covariance as a share of its mean variance: pixels that never change would leave it
without an inverse, and pixels that hardly change would be trusted too much."""


@dataclass(frozen=True)
class Cut:
    """A hyperplane: class 1 lies where `vector . normal > threshold`."""

    normal: Float64Array
    threshold: float


def pair_cuts(
    vectors: npt.NDArray[np.floating], classes: npt.NDArray[np.int64]
) -> dict[tuple[int, int], Cut]:
    """Fisher's linear discriminant for every pair of classes, in closed form.

    Fisher (1936), "The use of multiple measurements in taxonomic problems": the normal is the
    inverse of the pair's pooled covariance times the difference of the means, the threshold the
    middle between the means moved by the log of the classes' sizes.

    Args:
        vectors: `(num_samples, num_features)`.
        classes: `(num_samples,)`.
    """
    moments = {}
    for label in np.unique(classes).tolist():
        members = vectors[classes == label]
        mean, matrix = covariance(members)
        moments[int(label)] = (len(members), mean, matrix)
    cuts = {}
    for first, second in itertools.combinations(moments, 2):
        (size_a, mean_a, matrix_a), (size_b, mean_b, matrix_b) = moments[first], moments[second]
        pooled = (matrix_a * size_a + matrix_b * size_b) / (size_a + size_b)
        num_features = len(pooled)
        pooled[np.diag_indices(num_features)] += RIDGE * np.trace(pooled) / num_features
        normal = np.asarray(np.linalg.solve(pooled, mean_b - mean_a), dtype=np.float64)
        threshold = float(normal @ (mean_a + mean_b)) / 2 + float(np.log(size_a / size_b))
        cuts[first, second] = Cut(normal, threshold)
    return cuts


def pair_errors(
    cuts: Mapping[tuple[int, int], Cut],
    vectors: npt.NDArray[np.floating],
    classes: npt.NDArray[np.int64],
) -> dict[tuple[int, int], float]:
    """For each pair, the share of its samples on the wrong side of the cut, in [0, 1]."""
    # One product for all pairs: picking each pair's vectors out first would copy them many times.
    normals = np.stack([cut.normal for cut in cuts.values()], axis=1)
    sides = vectors @ normals.astype(vectors.dtype)
    errors = {}
    for column, ((first, second), cut) in enumerate(cuts.items()):
        chosen = (classes == first) | (classes == second)
        is_second = sides[chosen, column] > cut.threshold
        errors[first, second] = float((is_second != (classes[chosen] == second)).mean())
    return errors
