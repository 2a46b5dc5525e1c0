"""Pictures by gradient ascent: inputs that excite filters and classes most, dreams."""

from __future__ import annotations

import numpy as np
import torch

from mtlab.commands.sitting import DoesNotApplyError, Numbers, Sitting, write_probability
from mtlab.config.options import What
from mtlab.data.tasks import ClassificationTask
from mtlab.drawing.mosaic import ColourScale, Panel, as_displayable, draw_panels
from mtlab.inspection.ascent import AscentSettings
from mtlab.inspection.dream import dream
from mtlab.inspection.layers import Layer, choose_layers
from mtlab.inspection.maximise import (
    ChannelScore,
    MaximisedInputs,
    maximise_channels,
    maximise_classes,
)
from mtlab.seeding import generator

SMALL_IMAGE_INCHES = 0.6
IMAGE_INCHES = 1.05
LARGE_IMAGE_INCHES = 1.5
MOST_LARGE_IMAGES = 10


def draw_maximising_inputs(sitting: Sitting) -> None:
    """For each filter of each layer, and for each class, the input that excites it most."""
    names = sitting.options.layer_names
    for layer in choose_layers(sitting.layers, names, lambda layer: layer.is_convolution):
        _maximise_layer(sitting, layer)
    if names is not None:
        return
    for task in sitting.shown_tasks:
        if isinstance(task, ClassificationTask):
            _maximise_classes(sitting, task)
        else:
            # A regression task's class is its value.
            for layer in choose_layers(sitting.layers, [f"{task.name}.output"], lambda _: True):
                _maximise_layer(sitting, layer)


def _settings(sitting: Sitting) -> AscentSettings:
    options = sitting.options.maximise
    return AscentSettings(
        options.steps, options.rate, decays=True, jitter=options.jitter, blur=options.blur,
        l2=options.l2, total_variation=options.total_variation,
    )  # fmt: skip


def _maximise_layer(sitting: Sitting, layer: Layer) -> None:
    options = sitting.options.maximise
    with sitting.steps(f"maximise {layer.name}", options.steps) as on_step:
        found = maximise_channels(
            sitting.run.model, layer, sitting.run.image_shape, sitting.pixels, _settings(sitting),
            options.restarts, ChannelScore(options.score.value),
            generator(sitting.options.seed, f"maximise {layer.name}"), on_step,
        )  # fmt: skip
    num_targets = len(found.images)
    labels = [str(number) for number in range(num_targets)]
    kind = "filters" if layer.is_convolution else "units"
    title = f"inputs that maximise the {num_targets} {kind} of {layer.name}"
    tile_inches, num_columns = SMALL_IMAGE_INCHES, 16
    if num_targets == 1:
        # The output of a regression task is the one layer of one unit that means something.
        labels = [f"{float(found.scores[0]):.3g}"]
        title = f"input that maximises {layer.name}"
        tile_inches = LARGE_IMAGE_INCHES
    panel = Panel("", as_displayable(sitting.shown(found.images)), labels, num_columns)
    _save_inputs(sitting, panel, tile_inches, title, layer.name, found, {})


def _maximise_classes(sitting: Sitting, task: ClassificationTask) -> None:
    options = sitting.options.maximise
    with sitting.steps(f"maximise {task.name}", options.steps) as on_step:
        found = maximise_classes(
            sitting.run.model, task.name, task.num_classes, sitting.run.image_shape,
            sitting.pixels, _settings(sitting), options.class_restarts,
            generator(sitting.options.seed, f"maximise {task.name}"), on_step,
        )  # fmt: skip
    with torch.inference_mode():
        logits = sitting.run.model(found.images)[task.name]
    probabilities = logits.double().softmax(dim=1).diagonal()
    labels = [
        f"{name}\np = {write_probability(float(probability))}"
        for name, probability in zip(task.class_names, probabilities, strict=True)
    ]
    is_small = task.num_classes > MOST_LARGE_IMAGES
    panel = Panel(
        "", as_displayable(sitting.shown(found.images)), labels, 8 if is_small else 5
    )  # fmt: skip
    _save_inputs(
        sitting, panel, IMAGE_INCHES if is_small else LARGE_IMAGE_INCHES,
        f"inputs that maximise each class of {task.name}", f"{task.name}_classes", found,
        {"class_names": np.asarray(task.class_names), "probabilities": probabilities.numpy()},
    )  # fmt: skip


def _save_inputs(
    sitting: Sitting,
    panel: Panel,
    tile_inches: float,
    title: str,
    name: str,
    found: MaximisedInputs,
    more_numbers: Numbers,
) -> None:
    figure = draw_panels([panel], ColourScale.grey(), title, tile_inches=tile_inches)
    numbers = {"images": sitting.shown(found.images), "scores": found.scores.numpy()}
    sitting.save(figure, What.maximise, name, numbers | more_numbers)


def draw_dreams(sitting: Sitting) -> None:
    """DeepDream from chosen images: a row per image, a column per layer."""
    layers = choose_layers(
        sitting.layers, sitting.options.layer_names,
        lambda layer: layer.task is None or layer.activation is not None,
    )  # fmt: skip
    if sitting.options.layer_names is None:
        layers = [layer for layer in layers if layer.is_convolution] or layers
    if not layers:
        raise DoesNotApplyError(
            "what", rule="dreams need hidden layers", found=sitting.run.config.model.name
        )
    chosen = sitting.choose_images(several=False)
    dreams = {layer.name: _dream(sitting, layer, chosen.images) for layer in layers}
    columns = {"image": chosen.images, **dreams}
    largest = max((images.shape[2:] for images in columns.values()), key=lambda size: size[0])
    shown = np.stack([
        as_displayable(sitting.shown(
            torch.nn.functional.interpolate(images, size=largest, mode="nearest")
        ))
        for images in columns.values()
    ])  # fmt: skip
    sizes = [_num_octaves(sitting, layer) for layer in layers]
    labels = ["image", *(f"{layer.name}, {'one size' if size == 1 else f'{size} sizes'}"
                         for layer, size in zip(layers, sizes, strict=True))]  # fmt: skip
    panels = [
        Panel(title, shown[:, index], labels, len(labels))
        for index, title in enumerate(chosen.titles)
    ]
    figure = draw_panels(
        panels, ColourScale.grey(), f"DeepDream, {sitting.options.dream.steps} steps at each size",
        tile_inches=2.0 if len(labels) <= 5 else 1.4,
    )  # fmt: skip
    numbers: Numbers = {name: sitting.shown(images) for name, images in columns.items()}
    numbers |= {"positions": np.asarray(chosen.positions), "titles": np.asarray(chosen.titles)}
    name = "dreams" if sitting.options.layer_names is None else "_".join(dreams)
    sitting.save(figure, What.dream, name, numbers)


def _num_octaves(sitting: Sitting, layer: Layer) -> int:
    # Dense layers, and whatever may lie behind one, take images of one size only.
    grows = layer.is_convolution and layer.task is None
    return sitting.options.dream.octaves if grows else 1


def _dream(sitting: Sitting, layer: Layer, images: torch.Tensor) -> torch.Tensor:
    options = sitting.options.dream
    settings = AscentSettings(
        options.steps, options.rate, decays=True, jitter=options.jitter,
        total_variation=options.total_variation, anchor=options.anchor,
    )  # fmt: skip
    num_octaves = _num_octaves(sitting, layer)
    with sitting.steps(f"dream {layer.name}", options.steps * num_octaves) as on_step:
        return dream(
            sitting.run.model, layer, images, sitting.pixels, settings, num_octaves,
            options.octave_scale, options.contrast,
            generator(sitting.options.seed, f"dream {layer.name}"), on_step,
        )  # fmt: skip
