"""`mtlab pca`: a dataset in its principal components, as pictures and numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from mtlab.artifacts.run_dir import RunFolder, write_whole
from mtlab.commands.pca_pairs import report_separability
from mtlab.commands.pca_scene import Numbers, Points, Scene
from mtlab.commands.result import ResultRecord
from mtlab.config.compose import to_dataset_config, to_options
from mtlab.config.model import TaskChoice
from mtlab.config.options import PcaOptions
from mtlab.data.build import build_dataset
from mtlab.data.dataset import Dataset
from mtlab.data.tasks import ClassificationTask
from mtlab.drawing.contact_sheet import write_contact_sheet
from mtlab.drawing.lettering import plain_drawing
from mtlab.drawing.variance import draw_explained_variance
from mtlab.errors import ConfigError
from mtlab.inspection.embeddings import tsne_plane
from mtlab.inspection.pca import PrincipalComponents, fit_pca
from mtlab.terminal import Terminal

NUM_SHARES_IN_SUMMARY = 10


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
                "task",
                rule="must name a task with classes, which colour the points",
                found=task.name,
                remedy="choose another one",
            )
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
            "pca.tsne_perplexity",
            rule=f"must be below the number of images in the map, {num_shown}",
            found=options.pca.tsne_perplexity,
            remedy="lower it, or take more images",
        )


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
