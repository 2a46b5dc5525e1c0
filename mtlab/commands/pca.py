"""`mtlab pca`: a dataset in its principal components, as pictures and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from hydra.core.hydra_config import HydraConfig
from matplotlib.figure import Figure
from omegaconf import DictConfig, OmegaConf

from mtlab.artifacts.run_dir import RunFolder, write_whole
from mtlab.commands.result import ResultRecord
from mtlab.config.compose import to_dataset_config, to_options
from mtlab.config.model import TaskChoice
from mtlab.config.options import PcaOptions
from mtlab.data.build import build_dataset
from mtlab.data.dataset import Dataset
from mtlab.data.splits import stratified_subset
from mtlab.data.tasks import ClassificationTask
from mtlab.errors import ConfigError
from mtlab.inspection.embeddings import tsne_plane
from mtlab.inspection.pca import PrincipalComponents, fit_pca
from mtlab.inspection.separability import pair_cuts, pair_errors
from mtlab.pictures.contact_sheet import write_contact_sheet
from mtlab.pictures.heat_map import PairGrid, draw_pair_grids
from mtlab.pictures.lettering import plain_drawing
from mtlab.pictures.saving import save_picture
from mtlab.pictures.scatter import ClassPoints, draw_scatter
from mtlab.pictures.variance import draw_explained_variance
from mtlab.seeding import generator
from mtlab.terminal import Terminal

NUM_SHARES_IN_SUMMARY = 10
Float32Array = npt.NDArray[np.float32]
ClassArray = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.floating]
Numbers = dict[str, npt.NDArray[Any]]
PairErrors = dict[str, dict[tuple[int, int], float]]
"""By space and split, as in `plane_train`, each pair's share on the wrong side."""


@dataclass(frozen=True)
class Points:
    """One split, flattened, or some of it.

    Attributes:
        vectors: `(num_samples, num_features)`.
        classes: `(num_samples,)`.
        positions: In the split, `(num_samples,)`.
    """

    vectors: Float32Array
    classes: ClassArray
    positions: ClassArray

    def select(self, num_points: int, seed: int, purpose: str) -> Points:
        """So many of them, each class in its share, drawn by the seed."""
        drawn = stratified_subset(
            torch.from_numpy(self.classes), num_points, generator(seed, purpose)
        ).numpy()
        return Points(self.vectors[drawn], self.classes[drawn], self.positions[drawn])


@dataclass(frozen=True)
class Scene:
    """What all pictures share."""

    dataset: str
    task: ClassificationTask
    options: PcaOptions
    folder: RunFolder
    record: ResultRecord
    terminal: Terminal

    def draw(
        self, name: str, title: str, coordinates: npt.NDArray[np.floating], points: Points,
        axis_names: tuple[str, ...],
    ) -> None:  # fmt: skip
        """A scatter with its numbers."""
        drawn = ClassPoints(
            f"{self.dataset}: {title}", coordinates, points.classes, self.task.class_names,
            self.task.name, axis_names,
        )  # fmt: skip
        numbers: Numbers = {
            "coordinates": coordinates.astype(np.float32),
            "classes": points.classes,
            "positions": points.positions,
            "class_names": np.array(self.task.class_names),
            "axis_names": np.array(axis_names),
            "title": np.array(drawn.title),
        }
        self.save(draw_scatter([drawn]), name, numbers)

    def save(self, figure: Figure, name: str, numbers: Numbers) -> None:
        path = self.folder.figures / f"{name}.png"
        save_picture(figure, path, numbers, command=self.record.command, vector=True)
        self.terminal.say(str(path))


def pca(composed: DictConfig) -> None:
    """Hydra's job: read, fit, draw, and leave the numbers in summary.json."""
    hydra = HydraConfig.get()
    folder = RunFolder(Path(hydra.runtime.output_dir))
    with (
        Terminal(folder.log, quiet=False) as terminal,
        ResultRecord("pca", folder, terminal, list(hydra.overrides.task)) as record,
        plain_drawing(terminal.say),
    ):
        options = to_options(composed, PcaOptions)
        config = to_dataset_config(composed)
        requested = None if options.task is None else [options.task]
        dataset = build_dataset(config, requested, TaskChoice.first, options.seed)
        write_whole(folder.config, OmegaConf.to_yaml(composed, resolve=True))
        task = dataset.tasks[0]
        if not isinstance(task, ClassificationTask):
            raise ConfigError(
                "task", "must name a task with classes, which colour the points", task.name,
                "choose another one",
            )  # fmt: skip
        scene = Scene(dataset.name, task, options, folder, record, terminal)
        train, test = flatten_splits(dataset)
        check_perplexity(options, len(train.classes))
        record.values |= {
            "dataset": dataset.name,
            "task": scene.task.name,
            "classes": list(scene.task.class_names),
            "samples": {"train_and_validation": len(train.classes), "test": len(test.classes)},
            "num_features": train.vectors.shape[1],
        }
        fitted = {"train": fit_pca(train.vectors), "test": fit_pca(test.vectors)}
        report_variance(scene, fitted)
        draw_planes(scene, fitted, train, test)
        report_separability(scene, fitted["train"], train, test)
        draw_on_request(scene, fitted["train"], train)
        sheet = write_contact_sheet(folder.path, f"principal components of {dataset.name}")
        terminal.say(f"all pictures: {sheet}")


def flatten_splits(dataset: Dataset) -> tuple[Points, Points]:
    """All training images, validation included, and the test images."""
    name = dataset.tasks[0].name
    images = torch.cat([dataset.train.images, dataset.val.images]).flatten(1)
    classes = torch.cat([dataset.train.targets[name], dataset.val.targets[name]])
    test = dataset.load_test()
    return (
        Points(images.numpy(), classes.numpy(), np.arange(len(classes))),
        Points(
            test.images.flatten(1).numpy(), test.targets[name].numpy(), np.arange(len(test.images))
        ),
    )


def check_perplexity(options: PcaOptions, num_images: int) -> None:
    """Refuse a t-SNE map of fewer images than each point is to have neighbours.

    Raises:
        ConfigError: pca.tsne_perplexity is not below the number of images that there are.
    """
    num_shown = min(options.pca.tsne_points, num_images)
    if options.pca.tsne and options.pca.tsne_perplexity >= num_shown:
        raise ConfigError(
            "pca.tsne_perplexity", f"must be below the number of images in the map, {num_shown}",
            options.pca.tsne_perplexity, "lower it, or take more images",
        )  # fmt: skip


def report_variance(scene: Scene, fitted: dict[str, PrincipalComponents]) -> None:
    """Explained variance of axes fitted on train, and on test, to picture and summary."""
    share = scene.options.pca.variance_share
    scene.record.values["variance_share"] = share
    for split, components in fitted.items():
        count = components.num_components_for(share)
        scene.record.values[f"axes_of_{split}"] = {
            "explained_variance": components.shares[:NUM_SHARES_IN_SUMMARY].tolist(),
            "components_for_share": count,
        }
        first = ", ".join(f"{value:.4f}" for value in components.shares[:2])
        scene.terminal.say(
            f"axes of {split}: explained variance of the first two {first};"
            f" {count} of {len(components.shares)} components for {100 * share:g}%"
        )
    train = fitted["train"]
    figure = draw_explained_variance(
        train.shares, share, train.num_components_for(share),
        f"{scene.dataset}: explained variance of the training images",
    )  # fmt: skip
    numbers: Numbers = {
        f"shares_{split}": components.shares for split, components in fitted.items()
    }
    numbers |= {
        "variance_share": np.array(share),
        "components_for_share": np.array(train.num_components_for(share)),
    }
    scene.save(figure, "explained_variance", numbers)


def draw_planes(
    scene: Scene, fitted: dict[str, PrincipalComponents], train: Points, test: Points
) -> None:
    """The scatters in two components."""
    axes_of_train, axes_of_test = _axis_names(fitted["train"]), _axis_names(fitted["test"])
    few = train.select(scene.options.pca.points, scene.options.seed, "pca points")
    for name, what, points, components, axis_names in (
        ("train", f"{len(train.classes):,} training images", train, "train", axes_of_train),
        ("points", f"{len(few.classes):,} training images", few, "train", axes_of_train),
        ("test", f"{len(test.classes):,} test images, axes of train", test, "train", axes_of_train),
        ("test_own_axes", f"{len(test.classes):,} test images, axes of their own", test, "test",
         axes_of_test),
    ):  # fmt: skip
        plane = fitted[components].project(points.vectors, 2)
        scene.draw(f"plane_{name}", what, plane, points, axis_names[:2])


def _axis_names(components: PrincipalComponents) -> tuple[str, ...]:
    return tuple(
        f"component {number} ({100 * share:.1f}% of the variance)"
        for number, share in enumerate(components.shares[:3], start=1)
    )


def report_separability(
    scene: Scene, components: PrincipalComponents, train: Points, test: Points
) -> None:
    """Each pair of classes under one straight cut, in the plane and in all pixels."""
    if len(np.unique(train.classes)) < 2:
        scene.terminal.say("separability left out: the training images are all of one class")
        return
    spaces: dict[str, tuple[Vectors, Vectors]] = {
        "plane": (components.project(train.vectors, 2), components.project(test.vectors, 2)),
        "all_pixels": (train.vectors, test.vectors),
    }
    errors: PairErrors = {}
    for space, (train_vectors, test_vectors) in spaces.items():
        cuts = pair_cuts(train_vectors, train.classes)
        errors[f"{space}_train"] = pair_errors(cuts, train_vectors, train.classes)
        errors[f"{space}_test"] = pair_errors(cuts, test_vectors, test.classes)
    record_pairs(scene, errors)
    names = scene.task.class_names
    grids = {}
    for key, found in errors.items():
        grid = np.full((len(names), len(names)), np.nan)
        for (first, second), error in found.items():
            grid[second, first] = 100 * error
        grids[key] = grid
    figure = draw_pair_grids(
        [
            PairGrid("in the plane of two components", grids["plane_train"], _percent),
            PairGrid("in all pixels (0: linearly separable)", grids["all_pixels_train"], _percent),
        ],
        names,
        f"{scene.dataset}: training images on the wrong side of one linear cut"
        " (the better of Fisher's discriminant and a linear SVM)",
        "wrong side (%)", highest=float(max(np.nanmax(grids["plane_train"]), 1.0)), gamma=0.5,
    )  # fmt: skip
    scene.save(figure, "separability", grids | {"class_names": np.array(names)})


def record_pairs(scene: Scene, errors: PairErrors) -> None:
    """Every pair's errors to the summary; the extremes, and what is separated, to the terminal."""
    names, plane, pixels = scene.task.class_names, errors["plane_train"], errors["all_pixels_train"]
    scene.record.values["pairs"] = [
        {
            "pair": [names[first], names[second]],
            # JSON knows no NaN, the error where the test split has neither class.
            **{
                f"{key}_error": None if np.isnan(found[first, second]) else found[first, second]
                for key, found in errors.items()
            },
        }
        for first, second in plane
    ]
    separated = [pair for pair, error in pixels.items() if error == 0]
    scene.record.values["separable_pairs"] = [[names[one] for one in pair] for pair in separated]
    for told, pick in (("easiest", min), ("hardest", max)):
        first, second = pair = pick(plane, key=plane.__getitem__)
        scene.terminal.say(
            f"{told} pair in the plane: {names[first]} and {names[second]},"
            f" {100 * plane[pair]:.2f}% on the wrong side; in all pixels {100 * pixels[pair]:.2f}%"
        )
    scene.terminal.say(
        f"{len(separated)} of {len(pixels)} pairs are linearly separable in all pixels; the"
        " others may be, only no such cut was found"
    )


def _percent(value: float) -> str:
    """Short, and 0 only where nothing is on the wrong side."""
    if value in (0, 100):
        return f"{value:.0f}"
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.095 else f"{value:.2f}"


def draw_on_request(scene: Scene, components: PrincipalComponents, train: Points) -> None:
    """The scatter in space and the t-SNE map."""
    settings, seed = scene.options.pca, scene.options.seed
    if settings.three_dimensional:
        chosen = train.select(settings.space_points, seed, "pca space")
        space = components.project(chosen.vectors, 3)
        title = f"{len(chosen.classes):,} training images"
        scene.draw("space", title, space, chosen, _axis_names(components))
    if settings.tsne:
        chosen = train.select(settings.tsne_points, seed, "t-SNE")
        scene.terminal.say(f"t-SNE of {len(chosen.classes):,} images ...")
        plane = tsne_plane(chosen.vectors, settings.tsne_perplexity, seed)
        title = f"t-SNE of {len(chosen.classes):,} training images"
        scene.draw("tsne", title, plane, chosen, ("t-SNE 1", "t-SNE 2"))
