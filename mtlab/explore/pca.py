"""A dataset in its principal components, as pictures and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.figure import Figure
from pydantic import Field, model_validator

from mtlab.artifacts.run_dir import FIGURES
from mtlab.config.base import Keys, Name, Whole
from mtlab.data.dataset import Dataset
from mtlab.data.splits import stratified_subset
from mtlab.data.tasks import ClassificationTask
from mtlab.drawing.axes import show_grid
from mtlab.drawing.colours import LINE_COLOURS
from mtlab.drawing.saving import save_picture
from mtlab.drawing.scatter import ClassPoints, draw_scatter
from mtlab.errors import ConfigError
from mtlab.explore.linear_cuts import (
    PairErrors,
    describe_pairs,
    draw_pair_errors,
    pair_cuts,
    pair_errors,
    pair_findings,
)
from mtlab.explore.projections import Float64Array, PrincipalComponents, fit_pca, tsne_plane
from mtlab.runner.record import Record
from mtlab.seeding import generator

AtLeastTwo = Annotated[int, Field(ge=2)]
Numbers = dict[str, npt.NDArray[Any]]

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
    def _leave_room_for_neighbours(self) -> PcaKeys:
        self.check_perplexity(self.tsne_points)
        return self

    def check_perplexity(self, num_images: int) -> None:
        """Refuse a t-SNE map of fewer images than each point is to have neighbours.

        Raises:
            ConfigError: pca.tsne_perplexity is not below the number of images in the map.
        """
        if self.tsne_perplexity >= num_images:
            raise ConfigError(
                "pca.tsne_perplexity",
                rule=f"must be below the number of images in the map, {num_images}",
                found=self.tsne_perplexity,
                remedy="lower it, or take more images",
            )


class PcaCommandKeys(Keys):
    """What `mtlab pca` is told beside its dataset; see conf/pca.yaml."""

    task: Name | None
    seed: Whole
    pca: PcaKeys


@dataclass(frozen=True)
class Points:
    """One split, flattened, or some of it.

    Attributes:
        vectors: `(num_samples, num_features)`.
        classes: `(num_samples,)`.
        positions: In the split, `(num_samples,)`.
    """

    vectors: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]

    @staticmethod
    def of(images: torch.Tensor, classes: torch.Tensor) -> Points:
        return Points(images.flatten(1).numpy(), classes.numpy(), np.arange(len(classes)))

    def select(self, num_points: int, generator: torch.Generator) -> Points:
        """So many of them, each class in its share."""
        drawn = stratified_subset(torch.from_numpy(self.classes), num_points, generator).numpy()
        return Points(self.vectors[drawn], self.classes[drawn], self.positions[drawn])


@dataclass(frozen=True)
class PcaPictures:
    """The pictures of one dataset, and what is measured on the way, into a command's folder.

    Attributes:
        task: Its classes colour the points.
    """

    dataset: Dataset
    task: ClassificationTask
    keys: PcaCommandKeys
    record: Record

    def draw(self) -> None:
        """Read all training images, validation included, and the test images; fit and draw."""
        name, keys = self.task.name, self.keys.pca
        learned, held_out = self.dataset.train, self.dataset.val
        train = Points.of(
            torch.cat([learned.images, held_out.images]),
            torch.cat([learned.targets[name], held_out.targets[name]]),
        )
        if keys.tsne:
            keys.check_perplexity(min(keys.tsne_points, len(train.classes)))
        split = self.dataset.load_test()
        test = Points.of(split.images, split.targets[name])
        self.record.values |= {
            "dataset": self.dataset.name,
            "task": name,
            "classes": list(self.task.class_names),
            "samples": {"train_and_validation": len(train.classes), "test": len(test.classes)},
            "num_features": train.vectors.shape[1],
        }
        axes = fit_pca(train.vectors)
        axes_of_test = fit_pca(test.vectors)
        self._report_variance({"train": axes, "test": axes_of_test})
        few = train.select(keys.points, self._draws("pca points"))
        self._project("plane_train", "training images", train, axes)
        self._project("plane_points", "training images", few, axes)
        self._project("plane_test", "test images, axes of train", test, axes)
        self._project("plane_test_own_axes", "test images, axes of their own", test, axes_of_test)
        self._report_pairs(axes, train, test)
        if keys.three_dimensional:
            chosen = train.select(keys.space_points, self._draws("pca space"))
            self._project("space", "training images", chosen, axes, num_axes=3)
        if keys.tsne:
            chosen = train.select(keys.tsne_points, self._draws("t-SNE"))
            self.record.terminal.say(f"t-SNE of {_count(chosen)} images ...")
            plane = tsne_plane(chosen.vectors, keys.tsne_perplexity, self.keys.seed)
            title = f"t-SNE of {_count(chosen)} training images"
            self._scatter("tsne", title, plane, chosen, ("t-SNE 1", "t-SNE 2"))

    def _draws(self, purpose: str) -> torch.Generator:
        return generator(self.keys.seed, purpose)

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
        numbers |= {"variance_share": np.array(share), "components_for_share": np.array(count)}
        self._save(figure, "explained_variance", numbers)

    def _report_pairs(self, axes: PrincipalComponents, train: Points, test: Points) -> None:
        """Each pair of classes under one straight cut, in the plane and in all pixels."""
        say, names = self.record.terminal.say, self.task.class_names
        if len(np.unique(train.classes)) < 2:
            say("separability left out: the training images are all of one class")
            return
        errors: PairErrors = {}
        for space in ("plane", "all_pixels"):
            learned, others = (
                axes.project(points.vectors, 2) if space == "plane" else points.vectors
                for points in (train, test)
            )
            cuts = pair_cuts(learned, train.classes)
            errors[f"{space}_train"] = pair_errors(cuts, learned, train.classes)
            errors[f"{space}_test"] = pair_errors(cuts, others, test.classes)
        self.record.values |= pair_findings(errors, names)
        for line in describe_pairs(errors, names):
            say(line)
        self._save(*draw_pair_errors(errors, names, self.dataset.name))

    def _project(
        self, name: str, what: str, points: Points, axes: PrincipalComponents, num_axes: int = 2
    ) -> None:
        """The points in the first components."""
        axis_names = tuple(
            f"component {number} ({100 * share:.1f}% of the variance)"
            for number, share in enumerate(axes.shares[:num_axes], start=1)
        )
        coordinates = axes.project(points.vectors, num_axes)
        self._scatter(name, f"{_count(points)} {what}", coordinates, points, axis_names)

    def _scatter(
        self, name: str, title: str, coordinates: Float64Array, points: Points, axes: Sequence[str]
    ) -> None:
        title, names = f"{self.dataset.name}: {title}", self.task.class_names
        drawn = ClassPoints(title, coordinates, points.classes, names, self.task.name, axes)
        numbers: Numbers = {
            "coordinates": coordinates.astype(np.float32),
            "classes": points.classes,
            "positions": points.positions,
            "class_names": np.array(names),
            "axis_names": np.array(axes),
            "title": np.array(title),
        }
        self._save(draw_scatter([drawn]), name, numbers)

    def _save(self, figure: Figure, name: str, numbers: Numbers) -> None:
        path = self.record.folder.path / FIGURES / f"{name}.png"
        save_picture(figure, path, numbers, command=self.record.origin.command, vector=True)
        self.record.terminal.say(str(path))


def _count(points: Points) -> str:
    return f"{len(points.classes):,}"


def draw_explained_variance(
    shares: npt.NDArray[np.floating], marked_share: float, num_marked: int, title: str
) -> Figure:
    """Per component on the left, cumulated with a marked share on the right.

    Args:
        shares: Per component, adding up to 1.
        num_marked: Components that reach `marked_share`.
    """
    figure = Figure(figsize=(9.5, 3.9), layout="constrained")
    figure.suptitle(title, fontsize=11)
    single, cumulated = figure.subplots(1, 2)
    numbers = np.arange(1, len(shares) + 1)
    num_bars = min(20, len(shares))
    single.bar(numbers[:num_bars], 100 * shares[:num_bars], color=COLOUR)
    for number in (1, 2):
        if number <= num_bars:
            percent = 100 * shares[number - 1]
            single.text(number, percent, f"{percent:.1f}", ha="center", va="bottom", fontsize=8)
    single.set_xlabel("component")
    single.set_ylabel("explained variance (%)")
    single.set_xlim(0.2, num_bars + 0.8)
    single.set_xticks([1, *range(5, num_bars + 1, 5)])
    single.set_title(f"the first {num_bars} components", fontsize=10)
    cumulated.plot(numbers, 100 * np.cumsum(shares), color=COLOUR)
    cumulated.axhline(100 * marked_share, color="0.6", linestyle=":", linewidth=1)
    cumulated.axvline(num_marked, color="0.6", linestyle=":", linewidth=1)
    cumulated.plot([num_marked], [100 * np.cumsum(shares)[num_marked - 1]], "o", color=MARK)
    told, place = f"{num_marked} components: {100 * marked_share:g}%", (12, -22)
    point = (num_marked, 100 * marked_share)
    cumulated.annotate(told, point, place, textcoords="offset points", fontsize=9, color=MARK)
    cumulated.set_xlabel("components together")
    cumulated.set_ylabel("explained variance (%)")
    cumulated.set_ylim(0, 103)
    cumulated.set_xlim(0, len(shares))
    cumulated.set_title("cumulated", fontsize=10)
    for axes in (single, cumulated):
        show_grid(axes)
    return figure
