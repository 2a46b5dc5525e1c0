"""A dataset in its principal components, as pictures and numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure
from pydantic import Field, model_validator

from mtlab.artifacts.run_dir import FIGURES
from mtlab.config.base import Keys, Name, Whole
from mtlab.data.dataset import Dataset, PixelStatistics
from mtlab.data.splits import stratified_subset
from mtlab.data.tasks import ClassificationTask
from mtlab.drawing.axes import new_figure, show_grid
from mtlab.drawing.colours import LINE_COLOURS
from mtlab.drawing.saving import Array, Numbers, save_picture
from mtlab.drawing.scatter import ClassPoints, draw_scatter
from mtlab.explore.linear_cuts import (
    describe_pairs,
    draw_pair_errors,
    pair_cuts,
    pair_errors,
    pair_findings,
)
from mtlab.explore.projections import (
    TSNE_AXES,
    PrincipalComponents,
    check_perplexity,
    fit_pca,
    tsne_plane,
)
from mtlab.runner.record import Record
from mtlab.seeding import generator

AtLeastTwo = Annotated[int, Field(ge=2)]

NUM_SHARES_IN_SUMMARY = 10
COLOUR, MARK = LINE_COLOURS[:2]


class PcaKeys(Keys):
    """The group `pca` of conf/pca.yaml."""

    points: AtLeastTwo
    variance_share: Annotated[float, Field(gt=0, le=1)]
    three_dimensional: bool
    space_points: AtLeastTwo
    tsne: bool
    tsne_points: int
    tsne_perplexity: Annotated[float, Field(gt=1)]

    @model_validator(mode="after")
    def _leave_room_for_neighbours(self) -> "PcaKeys":
        check_perplexity("pca.tsne_perplexity", self.tsne_perplexity, self.tsne_points)
        return self


class PcaCommandKeys(Keys):
    """What `mtlab pca` is told beside its dataset; see conf/pca.yaml."""

    task: Name | None
    seed: Whole
    pca: PcaKeys


class Points(NamedTuple):
    """Images of a split as `(num_samples, num_features)`, their classes and their positions."""

    vectors: Array
    classes: Array
    positions: Array

    @staticmethod
    def of(images: torch.Tensor, classes: torch.Tensor) -> "Points":
        return Points(images.flatten(1).numpy(), classes.numpy(), np.arange(len(classes)))

    @property
    def told(self) -> str:
        """How many they are."""
        return f"{len(self.classes):,}"


@dataclass(frozen=True)
class PcaPictures:
    """The pictures of one dataset, coloured by a task's classes, and what is measured for them."""

    dataset: Dataset
    task: ClassificationTask
    keys: PcaCommandKeys
    record: Record

    def _standardised(self, images: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """The images, where each pixel is standardised, by those that the axes are fitted on.

        A run's statistics know training images alone: a pixel that next to none of those light
        would be the first component.
        """
        if self.dataset.pixel_statistics.size == (1, 1):
            return images
        return PixelStatistics.of(measured, "per_pixel").apply(images)

    def draw(self) -> None:
        """Read all training images, validation included, and the test images; fit and draw."""
        name, keys = self.task.name, self.keys.pca
        splits = (self.dataset.train, self.dataset.val)
        learned = [split.only_labelled(name) for split in splits]
        images = torch.cat([split.images for split in learned])
        classes = torch.cat([split.targets[name] for split in learned])
        train = Points.of(self._standardised(images, images), classes)
        if keys.tsne:
            num_images = min(keys.tsne_points, len(train.classes))
            check_perplexity("pca.tsne_perplexity", keys.tsne_perplexity, num_images)
        held_out = self.dataset.load_test().only_labelled(name)
        test = Points.of(self._standardised(held_out.images, images), held_out.targets[name])
        own = self._standardised(held_out.images, held_out.images)
        test_alone = Points.of(own, held_out.targets[name])
        self.record.values |= {
            "dataset": self.dataset.name,
            "task": name,
            "classes": list(self.task.class_names),
            "samples": {"train_and_validation": len(train.classes), "test": len(test.classes)},
            "num_features": train.vectors.shape[1],
        }
        axes = fit_pca(train.vectors)
        axes_of_test = fit_pca(test_alone.vectors)
        self._report_variance({"train": axes, "test": axes_of_test})
        few = self._some(train, keys.points, "pca points")
        few_tested = self._some(test, keys.points, "pca test points")
        self._project("plane_train", "training images", train, axes)
        self._project("plane_points", "training images", few, axes)
        self._project("plane_test_points", "test images, axes of train", few_tested, axes)
        self._project("plane_test", "test images, axes of train", test, axes)
        of_their_own = "test images, axes of their own"
        self._project("plane_test_own_axes", of_their_own, test_alone, axes_of_test)
        self._report_pairs(axes, train, test)
        if keys.three_dimensional:
            chosen = self._some(train, keys.space_points, "pca space")
            self._project("space", "training images", chosen, axes, num_axes=3)
        if keys.tsne:
            chosen = self._some(train, keys.tsne_points, "t-SNE")
            self.record.terminal.say(f"t-SNE of {chosen.told} images ...")
            plane = tsne_plane(chosen.vectors, keys.tsne_perplexity, self.keys.seed)
            title = f"t-SNE of {chosen.told} training images"
            self._scatter("tsne", title, plane, chosen, TSNE_AXES)

    def _some(self, points: Points, num_points: int, purpose: str) -> Points:
        """So many of them, each class in its share."""
        classes, draws = torch.from_numpy(points.classes), generator(self.keys.seed, purpose)
        drawn = stratified_subset(classes, num_points, draws).numpy()
        return Points(*(values[drawn] for values in points))

    def _report_variance(self, fitted: dict[str, PrincipalComponents]) -> None:
        """Explained variance of axes fitted on train, and on test, to picture and summary."""
        share, values = self.keys.pca.variance_share, self.record.values
        values["variance_share"] = share
        for split, components in fitted.items():
            count, shares = components.num_components_for(share), components.shares
            values[f"axes_of_{split}"] = {
                "explained_variance": shares[:NUM_SHARES_IN_SUMMARY].tolist(),
                "components_for_share": count,
            }
            first = ", ".join(f"{value:.4f}" for value in shares[:2])
            self.record.terminal.say(
                f"axes of {split}: explained variance of the first two {first};"
                f" {count} of {len(shares)} components for {100 * share:g}%"
            )
        shares, count = fitted["train"].shares, fitted["train"].num_components_for(share)
        title = f"{self.dataset.name}: explained variance of the training images"
        figure = draw_explained_variance(shares, share, count, title)
        numbers: Numbers = {f"shares_{split}": axes.shares for split, axes in fitted.items()}
        numbers |= {"variance_share": share, "components_for_share": count}
        self._save(figure, "explained_variance", numbers)

    def _report_pairs(self, axes: PrincipalComponents, train: Points, test: Points) -> None:
        """Each pair of classes under one straight cut, in the plane and in all pixels."""
        say, names = self.record.terminal.say, self.task.class_names
        if len(np.unique(train.classes)) < 2:
            say("separability left out: the training images are all of one class")
            return
        splits = (train.vectors, test.vectors)
        in_plane = tuple(axes.project(vectors, 2) for vectors in splits)
        errors = {}
        for space, (learned, others) in (("plane", in_plane), ("all_pixels", splits)):
            cuts = pair_cuts(learned, train.classes)
            errors[f"{space}_train"] = pair_errors(cuts, learned, train.classes)
            errors[f"{space}_test"] = pair_errors(cuts, others, test.classes)
        self.record.values |= pair_findings(errors, names)
        for line in describe_pairs(errors, names):
            say(line)
        figure, numbers = draw_pair_errors(errors, names, self.dataset.name)
        self._save(figure, "separability", numbers)

    def _project(
        self, name: str, what: str, points: Points, axes: PrincipalComponents, num_axes: int = 2
    ) -> None:
        coordinates = axes.project(points.vectors, num_axes)
        self._scatter(name, f"{points.told} {what}", coordinates, points, axes.axis_names(num_axes))

    def _scatter(
        self, name: str, title: str, coordinates: Array, points: Points, axes: Sequence[str]
    ) -> None:
        title, names = f"{self.dataset.name}: {title}", self.task.class_names
        drawn = ClassPoints(title, coordinates, points.classes, names, self.task.name, axes)
        numbers = {
            "coordinates": coordinates.astype(np.float32),
            "classes": points.classes,
            "positions": points.positions,
            "class_names": names,
            "axis_names": axes,
            "title": title,
        }
        self._save(draw_scatter([drawn]), name, numbers)

    def _save(self, figure: Figure, name: str, numbers: Numbers) -> None:
        path = self.record.folder.path / FIGURES / f"{name}.png"
        save_picture(figure, path, numbers, command=self.record.origin.command, vector=True)
        self.record.terminal.say(str(path))


def draw_explained_variance(
    shares: Array, marked_share: float, num_marked: int, title: str
) -> Figure:
    """Per component on the left, cumulated on the right, where so many reach the marked share."""
    figure = new_figure(title, 9.5, 3.9)
    single, cumulated = figure.subplots(1, 2)
    numbers, percents, sums = np.arange(1, len(shares) + 1), 100 * shares, 100 * np.cumsum(shares)
    num_bars = min(20, len(shares))
    single.bar(numbers[:num_bars], percents[:num_bars], color=COLOUR)
    for number, percent in enumerate(percents[:2], start=1):
        single.text(number, percent, f"{percent:.1f}", ha="center", va="bottom", fontsize=8)
    single.set(xlabel="component", xlim=(0.2, num_bars + 0.8))
    single.set_xticks([1, *range(5, num_bars + 1, 5)])
    single.set_title(f"the first {num_bars} components", fontsize=10)
    cumulated.plot(numbers, sums, color=COLOUR)
    line: dict[str, Any] = {"color": "0.6", "linestyle": ":", "linewidth": 1}
    cumulated.axhline(100 * marked_share, **line)
    cumulated.axvline(num_marked, **line)
    cumulated.plot([num_marked], [sums[num_marked - 1]], "o", color=MARK)
    told, place = f"{num_marked} components: {100 * marked_share:g}%", (12, -22)
    point = (num_marked, 100 * marked_share)
    cumulated.annotate(told, point, place, textcoords="offset points", fontsize=9, color=MARK)
    cumulated.set(xlabel="components together", xlim=(0, len(shares)), ylim=(0, 103))
    cumulated.set_title("cumulated", fontsize=10)
    for axes in (single, cumulated):
        axes.set_ylabel("explained variance (%)")
        show_grid(axes)
    return figure
