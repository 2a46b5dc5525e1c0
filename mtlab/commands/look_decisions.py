"""Pictures of what the network decides: embeddings, mistakes, saliency."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from mtlab.commands.sitting import (
    DoesNotApplyError,
    Numbers,
    Sitting,
    write_probability,
    write_target,
)
from mtlab.config.checks import check_between
from mtlab.config.options import EmbeddingMethod, What
from mtlab.data.splits import strata_of, stratified_subset
from mtlab.data.tasks import ClassificationTask
from mtlab.drawing.mosaic import ColourScale, Panel, as_displayable, draw_panels
from mtlab.drawing.saliency import SaliencyColumn, draw_saliency
from mtlab.drawing.scatter import ClassPoints, draw_scatter
from mtlab.inspection.embeddings import (
    between_class_share,
    pca_plane,
    trunk_features,
    tsne_plane,
    value_fifths,
)
from mtlab.inspection.mistakes import confident_mistakes
from mtlab.inspection.saliency import saliency
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.seeding import generator

MISTAKE_INCHES = 1.05


def draw_embeddings(sitting: Sitting) -> None:
    """Test images in the trunk's features, once per task in that task's colours."""
    if not isinstance(sitting.run.model, MultiTaskNetwork):
        raise DoesNotApplyError(
            "what",
            rule="embeddings need a trunk with shared features",
            found=sitting.run.config.model.name,
            remedy="for example what=filters",
        )
    num_points = sitting.options.embeddings.points
    main = strata_of(sitting.test.targets[sitting.run.tasks[0].name], num_points)
    positions = stratified_subset(main, num_points, generator(sitting.options.seed, "embeddings"))
    features = trunk_features(sitting.run.model, sitting.test.images[positions])
    if features.shape[1] < 2:
        raise DoesNotApplyError(
            "what",
            rule="embeddings need at least two shared features",
            found=features.shape[1],
            remedy="for example what=saliency",
        )
    plane, axis_names = _in_plane(sitting, features)
    numbers: Numbers = {"plane": plane, "features": features, "positions": positions.numpy()}
    plots = []
    for task in sitting.shown_tasks:
        targets = sitting.test.targets[task.name][positions].numpy()
        if isinstance(task, ClassificationTask):
            classes, names, of_what = targets, task.class_names, "its classes"
        else:
            numbers[f"values_{task.name}"] = targets
            classes, names = value_fifths(targets)
            of_what = "fifths of its values"
        numbers[f"classes_{task.name}"] = classes
        numbers[f"class_names_{task.name}"] = np.asarray(names)
        share = between_class_share(features, classes)
        plots.append(
            ClassPoints(
                f"{task.name}: {100 * share:.0f}% of the variance lies between {of_what}",
                plane, classes, names, task.name, axis_names,
                are_ordered=not isinstance(task, ClassificationTask),
            )
        )  # fmt: skip
    figure = draw_scatter(
        plots, f"{len(positions):,} test images in {features.shape[1]} shared features"
    )
    method = sitting.options.embeddings.method
    sitting.save(figure, What.embeddings, method.value, numbers, vector=True)


def _in_plane(
    sitting: Sitting, features: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float64], tuple[str, str]]:
    """Coordinates `(num_samples, 2)` and the names of the axes."""
    options = sitting.options.embeddings
    if options.method is EmbeddingMethod.pca:
        plane, shares = pca_plane(features)
        return plane, (
            f"component 1 ({100 * shares[0]:.0f}% of the variance)",
            f"component 2 ({100 * shares[1]:.0f}%)",
        )
    check_between(
        options.perplexity, "embeddings.perplexity", 1, len(features), low_open=True,
        high_open=True,
    )  # fmt: skip
    sitting.terminal.say(f"t-SNE of {len(features)} images ...")
    plane = tsne_plane(features, options.perplexity, sitting.options.seed)
    return plane, ("t-SNE 1", "t-SNE 2")


def draw_mistakes(sitting: Sitting) -> None:
    """Per task the wrong decisions that the network was most sure of."""
    for task in sitting.tasks_with_classes(What.mistakes):
        logits, targets = sitting.outputs[task.name], sitting.test.targets[task.name]
        found = confident_mistakes(logits, targets, sitting.options.mistakes.count)
        if not len(found.positions):
            sitting.remove(What.mistakes, task.name)
            sitting.terminal.say(f"{task.name}: every test image is classified rightly")
            continue
        images = sitting.shown(sitting.test.images[found.positions])
        labels = [
            f"true {task.class_names[true]}\nsaid {task.class_names[predicted]}"
            f" {write_probability(confidence)}"
            for true, predicted, confidence in zip(
                found.true.tolist(), found.predicted.tolist(), found.confidence.tolist(),
                strict=True,
            )
        ]  # fmt: skip
        title = (
            f"{task.name}: the {len(labels)} most confident of {found.num_wrong:,} mistakes on"
            f" {found.num_samples:,} test images"
        )
        figure = draw_panels(
            [Panel("", as_displayable(images), labels, 8)], ColourScale.grey(), title,
            tile_inches=MISTAKE_INCHES,
        )  # fmt: skip
        numbers = {
            "images": images,
            "positions": found.positions.numpy(),
            "true": found.true.numpy(),
            "predicted": found.predicted.numpy(),
            "confidence": found.confidence.numpy(),
            "class_names": np.asarray(task.class_names),
        }
        sitting.save(figure, What.mistakes, task.name, numbers)


def draw_saliency_maps(sitting: Sitting) -> None:
    """The pixels that move each task's decision, tasks below each other, a column per image."""
    options = sitting.options.saliency
    task_names = [task.name for task in sitting.shown_tasks]
    chosen = sitting.choose_images(several=True)
    span = sitting.pixels.high - sitting.pixels.low
    maps = {
        task: saliency(
            sitting.run.model, task, chosen.images, options.samples, options.noise * span,
            generator(sitting.options.seed, f"saliency {task}"),
        ).numpy()
        for task in task_names
    }  # fmt: skip
    with torch.inference_mode():
        outputs = sitting.run.model(chosen.images)
    images = as_displayable(sitting.shown(chosen.images))
    decisions = {
        task.name: outputs[task.name].argmax(dim=1)
        if isinstance(task, ClassificationTask)
        else outputs[task.name]
        for task in sitting.shown_tasks
    }
    columns = []
    for index, title in enumerate(chosen.titles):
        captions = [write_target(task, decisions[task.name][index]) for task in sitting.shown_tasks]
        short = title.replace("test image ", "#").replace(", ", ": ", 1)
        decided = [maps[task][index] for task in task_names]
        columns.append(SaliencyColumn(images[index], short, decided, captions))
    title = "what decides: input gradients"
    if options.samples > 1:
        title += f", mean of {options.samples} noisy copies"
    figure = draw_saliency(columns, task_names, title)
    numbers = {
        "images": images,
        "positions": np.asarray(chosen.positions),
        "titles": np.asarray(chosen.titles),
        **{f"predicted_{task}": values.numpy() for task, values in decisions.items()},
        **{f"saliency_{task}": values for task, values in maps.items()},
    }
    name = "saliency" if sitting.options.task is None else sitting.main_task.name
    sitting.save(figure, What.saliency, name, numbers)
