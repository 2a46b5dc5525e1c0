"""Pictures of what the network decides: embeddings, mistakes, saliency."""

from __future__ import annotations

import numpy as np
import torch

from mtlab.commands.sitting import (
    MOST_CLASSES_IN_ROWS,
    DoesNotApplyError,
    Numbers,
    Sitting,
    write_probability,
)
from mtlab.config.options import EmbeddingMethod, What
from mtlab.data.splits import strata_of, stratified_subset
from mtlab.inspection.embeddings import (
    between_class_share,
    pca_plane,
    trunk_features,
    tsne_plane,
)
from mtlab.inspection.mistakes import confident_mistakes
from mtlab.inspection.saliency import saliency
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.pictures.mosaic import ColourScale, Panel, as_displayable, draw_panels
from mtlab.pictures.saliency import SaliencyColumn, draw_saliency
from mtlab.pictures.scatter import ClassPoints, draw_scatter
from mtlab.seeding import generator

MISTAKE_INCHES = 1.05


def draw_embeddings(sitting: Sitting) -> None:
    """Test images in the trunk's features, once per task in that task's colours."""
    if not isinstance(sitting.run.model, MultiTaskNetwork):
        raise DoesNotApplyError(
            "what", "embeddings need a trunk with shared features", sitting.run.config.model.name,
            "for example what=filters",
        )  # fmt: skip
    options = sitting.options.embeddings
    main = strata_of(sitting.test.targets[sitting.run.tasks[0].name], options.points)
    positions = stratified_subset(
        main, options.points, generator(sitting.options.seed, "embeddings")
    )
    features = trunk_features(sitting.run.model, sitting.test.images[positions])
    axis_names = ("t-SNE 1", "t-SNE 2")
    if options.method is EmbeddingMethod.pca:
        plane, shares = pca_plane(features)
        axis_names = (
            f"component 1 ({100 * shares[0]:.0f}% of the variance)",
            f"component 2 ({100 * shares[1]:.0f}%)",
        )
    else:
        sitting.terminal.say(f"t-SNE of {len(positions)} images ...")
        plane = tsne_plane(features, options.perplexity, sitting.options.seed)
    numbers: Numbers = {"plane": plane, "features": features, "positions": positions.numpy()}
    plots = []
    for task in sitting.shown_tasks:
        classes = sitting.test.targets[task.name][positions].numpy()
        numbers[f"classes_{task.name}"] = classes
        share = between_class_share(features, classes)
        title = f"{task.name}: {100 * share:.0f}% of the variance lies between its classes"
        plots.append(ClassPoints(title, plane, classes, task.class_names, task.name, axis_names))
    figure = draw_scatter(
        plots, f"{len(positions):,} test images in {features.shape[1]} shared features"
    )
    sitting.save(figure, What.embeddings, options.method.value, numbers, vector=True)


def draw_mistakes(sitting: Sitting) -> None:
    """Per task the wrong decisions that the network was most sure of."""
    for task in sitting.shown_tasks:
        logits, targets = sitting.outputs[task.name], sitting.test.targets[task.name]
        found = confident_mistakes(logits, targets, sitting.options.mistakes.count)
        if not len(found.positions):
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
        }
        sitting.save(figure, What.mistakes, task.name, numbers)


def draw_saliency_maps(sitting: Sitting) -> None:
    """The pixels that move each task's decision, tasks below each other, a column per image."""
    options = sitting.options.saliency
    task_names = [task.name for task in sitting.shown_tasks]
    num_classes = min(sitting.main_task.num_classes, MOST_CLASSES_IN_ROWS)
    chosen = sitting.choose_images(list(range(num_classes)))
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
    columns = []
    for index, title in enumerate(chosen.titles):
        captions = []
        for task in sitting.shown_tasks:
            winner = int(outputs[task.name][index].argmax())
            captions.append(task.class_names[winner])
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
        **{f"saliency_{task}": values for task, values in maps.items()},
    }
    name = "saliency" if sitting.options.task is None else sitting.main_task.name
    sitting.save(figure, What.saliency, name, numbers)
