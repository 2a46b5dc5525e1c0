"""Where a network's shared features put images, in the plane."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mtlab.errors import ModelError
from mtlab.inspection.pca import Float64Array, fit_pca
from mtlab.models.multitask import MultiTaskNetwork

COMPONENTS_BEFORE_TSNE = 50
IMAGES_AT_ONCE = 500
NUM_VALUE_CLASSES = 5


@torch.inference_mode()
def trunk_features(model: nn.Module, images: torch.Tensor) -> npt.NDArray[np.float32]:
    """The features that all heads receive, `(num_samples, num_features)`.

    Raises:
        ModelError: A model without a trunk.
    """
    if not isinstance(model, MultiTaskNetwork):
        raise ModelError(
            "what",
            rule="embeddings need a trunk with shared features",
            found=type(model).__name__,
            remedy="for example what=filters",
        )
    features = [model.trunk(batch).flatten(1) for batch in images.split(IMAGES_AT_ONCE)]
    return np.asarray(torch.cat(features).numpy(), dtype=np.float32)


def pca_plane(vectors: npt.NDArray[np.floating]) -> tuple[Float64Array, Float64Array]:
    """Coordinates in the first two components, `(num_samples, 2)`, and their shares of variance."""
    components = fit_pca(vectors)
    return components.project(vectors, 2), components.shares[:2]


def tsne_plane(vectors: npt.NDArray[np.floating], perplexity: float, seed: int) -> Float64Array:
    """A map in which neighbours stay neighbours, `(num_samples, 2)`.

    van der Maaten, Hinton (2008), "Visualizing data using t-SNE", in scikit-learn's form, on the
    first 50 principal components, as the paper does.
    """
    from sklearn.manifold import TSNE

    num_components = min(COMPONENTS_BEFORE_TSNE, *vectors.shape)
    reduced = fit_pca(vectors).project(vectors, num_components)
    embedding = TSNE(perplexity=perplexity, init="pca", random_state=seed % 2**32)
    plane: Float64Array = np.asarray(embedding.fit_transform(reduced), dtype=np.float64)
    return plane


def value_fifths(values: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """A regression task's values as five classes of equal size, lowest first.

    Args:
        values: `(num_samples,)`.

    Returns:
        Classes `(num_samples,)`, and each one's lowest and highest value in words.
    """
    order = values.argsort(kind="stable")
    classes = np.empty(len(values), dtype=np.int64)
    classes[order] = np.arange(len(values)) * NUM_VALUE_CLASSES // len(values)
    members = [values[classes == one] for one in np.unique(classes)]
    return classes, tuple(f"{one.min():.2g} to {one.max():.2g}" for one in members)


def between_class_share(vectors: npt.NDArray[np.floating], classes: npt.NDArray[np.int64]) -> float:
    """Share of the features' variance that lies between the means of a task's classes, in [0, 1].

    1: each class is one point. 0: the classes' means coincide.
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    total = float(np.square(centred).sum())
    between = 0.0
    for label in np.unique(classes):
        members = centred[classes == label]
        between += len(members) * float(np.square(members.mean(axis=0)).sum())
    return between / total if total > 0 else 0.0
