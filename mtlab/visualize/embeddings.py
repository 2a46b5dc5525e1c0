"""Where a network's shared features put test images, in the plane."""

import math
from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from mtlab.data.splits import strata_of, stratified_subset
from mtlab.data.tasks import ClassificationTask, RegressionTask, is_labelled
from mtlab.drawing.saving import Array, Numbers
from mtlab.drawing.scatter import ClassPoints, draw_scatter
from mtlab.explore.projections import TSNE_AXES, check_perplexity, fit_pca, tsne_plane
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.seeding import generator
from mtlab.visualize.subject import IMAGES_AT_ONCE, DoesNotApplyError, Picture, Subject

NUM_VALUE_CLASSES = 5


class Embeddings(Picture):
    """The same points once per task, in the colours of that task's classes or values."""

    heeds = frozenset({"task"})

    method: Literal["pca", "tsne"]
    points: Annotated[int, Field(ge=3)]
    perplexity: Annotated[float, Field(gt=1)]

    def draw(self, subject: Subject) -> None:
        model, seed = subject.run.model, subject.keys.seed
        if not isinstance(model, MultiTaskNetwork) or math.prod(model.trunk.output_shape) < 2:
            raise DoesNotApplyError(
                "what",
                rule="embeddings need a trunk with at least two shared features",
                found=subject.run.config.model.name,
                remedy="for example what=filters",
            )
        strata = strata_of(subject.test.targets[subject.run.tasks[0].name], self.points)
        positions = stratified_subset(strata, self.points, generator(seed, "embeddings"))
        features = trunk_features(model, subject.test.images[positions])
        plane, axis_names = self._in_plane(subject, features)
        numbers: Numbers = {"plane": plane, "features": features, "positions": positions}
        plots = []
        for task in subject.tasks:
            targets = subject.test.targets[task.name][positions]
            has_label = is_labelled(targets).numpy()
            numbers[f"has_label_{task.name}"] = has_label
            targets = targets.numpy()[has_label]
            if isinstance(task, ClassificationTask):
                classes, names, of_what = targets, task.class_names, "its classes"
            else:
                numbers[f"values_{task.name}"] = targets
                (classes, names), of_what = value_fifths(targets), "fifths of its values"
            numbers[f"classes_{task.name}"] = classes
            numbers[f"class_names_{task.name}"] = names
            share = 100 * between_class_share(features[has_label], classes)
            title = f"{task.name}: {share:.0f}% of the variance lies between {of_what}"
            are_values, shown = isinstance(task, RegressionTask), plane[has_label]
            plots.append(
                ClassPoints(title, shown, classes, names, task.name, axis_names, are_values)
            )
        title = f"{len(positions):,} test images in {features.shape[1]} shared features"
        subject.save(draw_scatter(plots, title), f"embeddings/{self.method}", numbers, vector=True)

    def _in_plane(self, subject: Subject, features: Array) -> tuple[Array, Sequence[str]]:
        """Coordinates `(num_samples, 2)` and the names of the axes."""
        if self.method == "pca":
            fitted = fit_pca(features)
            return fitted.project(features, 2), fitted.axis_names(2)
        check_perplexity("embeddings.perplexity", self.perplexity, len(features))
        subject.terminal.say(f"t-SNE of {len(features)} images ...")
        plane = tsne_plane(features, self.perplexity, subject.keys.seed)
        return plane, TSNE_AXES


@torch.inference_mode()
def trunk_features(model: MultiTaskNetwork, images: torch.Tensor) -> npt.NDArray[np.float32]:
    """The features that all heads receive, `(num_samples, num_features)`."""
    features = [model.trunk(batch).flatten(1) for batch in images.split(IMAGES_AT_ONCE)]
    return np.asarray(torch.cat(features).numpy(), dtype=np.float32)


def value_fifths(values: Array) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Values as five classes of equal size, lowest first, and what each of them reaches over."""
    order = values.argsort(kind="stable")
    classes = np.empty(len(values), dtype=np.int64)
    classes[order] = np.arange(len(values)) * NUM_VALUE_CLASSES // len(values)
    members = [values[classes == one] for one in np.unique(classes)]
    return classes, tuple(f"{one.min():.2g} to {one.max():.2g}" for one in members)


def between_class_share(vectors: Array, classes: Array) -> float:
    """Share of the variance between the classes' means, from 0, where they coincide, to 1."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    total = float(np.square(centred).sum())
    between = 0.0
    for label in np.unique(classes):
        members = centred[classes == label]
        between += len(members) * float(np.square(members.mean(axis=0)).sum())
    return between / total if total > 0 else 0.0
