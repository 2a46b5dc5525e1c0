"""Vectors of many features in two or three coordinates: principal components and t-SNE."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from mtlab.errors import ConfigError

Float64Array = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.floating]

COMPONENTS_BEFORE_TSNE = 50
TSNE_AXES = ("t-SNE 1", "t-SNE 2")


@dataclass(frozen=True)
class PrincipalComponents:
    """The axes along which data vary most.

    Attributes:
        mean: `(num_features,)`.
        axes: One unit vector a row, by falling variance, `(num_features, num_features)`; with fewer
            samples than features the last ones are 0. The largest entry of each is positive, since
            eigenvectors have no sign of their own.
        shares: Of the whole variance, along each axis; they add up to 1.
    """

    mean: Float64Array
    axes: Float64Array
    shares: Float64Array

    def num_components_for(self, share: float) -> int:
        """The fewest components that together explain at least this share of the variance."""
        cumulated = np.cumsum(self.shares)
        # The last sum may fall short of 1 by rounding.
        return int(np.argmax(cumulated >= min(share, cumulated[-1]))) + 1

    def axis_names(self, num_components: int) -> list[str]:
        return [
            f"component {number} ({100 * share:.1f}% of the variance)"
            for number, share in enumerate(self.shares[:num_components], start=1)
        ]

    def project(self, vectors: Vectors, num_components: int) -> Float64Array:
        """Coordinates `(num_samples, num_components)` of vectors `(num_samples, num_features)`."""
        axes = self.axes[:num_components].T
        projected: Float64Array = vectors @ axes - self.mean @ axes
        return projected


def fit_pca(vectors: Vectors) -> PrincipalComponents:
    """Fit on `(num_samples, num_features)`; pixels are centred, not scaled.

    In double precision: in single precision the shares of MNIST's variance are off by 1e-5.
    """
    if len(vectors) == 1:
        # No more variance than in one, but something to divide by.
        vectors = np.repeat(vectors, 2, axis=0)
    # Where nothing varies, scikit-learn divides 0 by 0.
    with np.errstate(invalid="ignore", divide="ignore"):
        fitted = PCA(svd_solver="covariance_eigh").fit(vectors.astype(np.float64))
    missing = vectors.shape[1] - len(fitted.components_)
    axes = np.pad(fitted.components_, ((0, missing), (0, 0)))
    shares = np.pad(np.nan_to_num(fitted.explained_variance_ratio_), (0, missing))
    return PrincipalComponents(fitted.mean_, axes, shares)


def check_perplexity(key: str, perplexity: float, num_images: int) -> None:
    """Raises ConfigError for a map of fewer images than each point is to have neighbours."""
    if perplexity >= num_images:
        raise ConfigError(
            key,
            rule=f"must be below the number of images in the map, {num_images}",
            found=perplexity,
            remedy="lower it, or take more images",
        )


def tsne_plane(vectors: Vectors, perplexity: float, seed: int) -> Float64Array:
    """A map in which neighbours stay neighbours, `(num_samples, 2)`.

    van der Maaten, Hinton (2008), "Visualizing data using t-SNE", in scikit-learn's form, on the
    first 50 principal components, as the paper does.
    """
    num_components = min(COMPONENTS_BEFORE_TSNE, *vectors.shape)
    reduced = fit_pca(vectors).project(vectors, num_components)
    embedding = TSNE(perplexity=perplexity, init="pca", random_state=seed % 2**32)
    return np.asarray(embedding.fit_transform(reduced), dtype=np.float64)
