"""Principal component analysis, exact, by the eigenvectors of the covariance matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]

ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class PrincipalComponents:
    """The axes along which data vary most.

    Attributes:
        mean: `(num_features,)`.
        axes: One unit vector a row, by falling variance, `(num_features, num_features)`. The entry
            with the largest absolute value is positive: eigenvectors have no sign of their own.
        variances: Along the axes, at least 0, `(num_features,)`.
    """

    mean: Float64Array
    axes: Float64Array
    variances: Float64Array

    @property
    def shares(self) -> Float64Array:
        """Share of the whole variance along each axis; they add up to 1."""
        total = self.variances.sum()
        shares: Float64Array = self.variances / total if total > 0 else self.variances
        return shares

    def num_components_for(self, share: float) -> int:
        """The fewest components that together explain at least this share of the variance."""
        cumulated = np.cumsum(self.shares)
        # The last sum may fall short of 1 by rounding.
        reached = np.flatnonzero(cumulated >= min(share, cumulated[-1]))
        return int(reached[0]) + 1

    def project(self, vectors: npt.NDArray[np.floating], num_components: int) -> Float64Array:
        """Coordinates `(num_samples, num_components)` of vectors `(num_samples, num_features)`."""
        axes = self.axes[:num_components].T
        projected: Float64Array = vectors @ axes - self.mean @ axes
        return projected


def covariance(vectors: npt.NDArray[np.floating]) -> tuple[Float64Array, Float64Array]:
    """Mean `(num_features,)` and covariance `(num_features, num_features)` in double precision.

    A block of rows at a time, so that single-precision data are never copied as a whole.
    """
    num_samples, num_features = vectors.shape
    mean: Float64Array = vectors.mean(axis=0, dtype=np.float64)
    products = np.zeros((num_features, num_features))
    for start in range(0, num_samples, ROWS_AT_ONCE):
        centred = vectors[start : start + ROWS_AT_ONCE].astype(np.float64) - mean
        products += centred.T @ centred
    return mean, products / max(num_samples - 1, 1)


def fit_pca(vectors: npt.NDArray[np.floating]) -> PrincipalComponents:
    """Fit on `(num_samples, num_features)`; pixels are centred, not scaled."""
    mean, matrix = covariance(vectors)
    variances, columns = np.linalg.eigh(matrix)
    axes = columns.T[::-1]
    largest = np.abs(axes).argmax(axis=1)
    signs = np.sign(axes[np.arange(len(axes)), largest])
    return PrincipalComponents(mean, axes * signs[:, np.newaxis], variances[::-1].clip(min=0))
