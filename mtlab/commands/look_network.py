"""Pictures of the network itself: filters, activations, maximising inputs, dreams."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from mtlab.commands.sitting import DoesNotApplyError, Sitting, study_classes, write_probability
from mtlab.config.options import What
from mtlab.inspection.ascent import AscentSettings
from mtlab.inspection.dream import dream
from mtlab.inspection.layers import Layer, choose_layers, layer_output
from mtlab.inspection.maximise import ChannelScore, maximise_channels, maximise_classes
from mtlab.inspection.weights import kernels_in_rows, reads_pixels, weight_images
from mtlab.pictures.mosaic import (
    ColourScale,
    Panel,
    as_displayable,
    draw_panels,
    rectangle_of_units,
)
from mtlab.seeding import generator

KERNEL_INCHES = 0.42
IMAGE_INCHES = 0.6
MAP_INCHES = 0.48
LARGE_IMAGE_INCHES = 1.5
PIXELS_PER_WEIGHT_INCHES = 0.025
IMAGES_SIDE_BY_SIDE = 4


def draw_filters(sitting: Sitting) -> None:
    """The weights of each convolution, and of a dense layer that reads pixels, as images."""
    shape = sitting.run.image_shape
    layers = choose_layers(
        sitting.layers, sitting.options.layer_names,
        lambda layer: layer.is_convolution or reads_pixels(layer, sitting.layers, shape),
    )  # fmt: skip
    for layer in layers:
        if layer.is_convolution:
            _draw_kernels(sitting, layer)
        elif reads_pixels(layer, sitting.layers, shape):
            _draw_dense_weights(sitting, layer)
        else:
            raise DoesNotApplyError(
                "layer", "must read pixels for its weights to be images",
                f"{layer.name}, a dense layer behind others", "leave layer= out",
            )  # fmt: skip


def _draw_kernels(sitting: Sitting, layer: Layer) -> None:
    weights = layer.module.weight.numpy()
    num_filters, num_inputs = weights.shape[:2]
    numbers = {"weights": weights}
    is_first = layer is sitting.layers[0]
    if sitting.options.filters.all_channels and num_inputs > 1:
        sheet = kernels_in_rows(weights)
        title = f"{layer.name}: {num_filters} filters (rows) by {num_inputs} input channels"
        panels = [Panel("", sheet[np.newaxis], num_columns=1)]
        tile_inches = max(sheet.shape[1] * PIXELS_PER_WEIGHT_INCHES, 2.0)
        figure = draw_panels(
            panels, ColourScale.centred(weights, "weight"), title, tile_inches=tile_inches
        )
        sitting.save(figure, What.filters, f"{layer.name}_all_channels", numbers)
        return
    labels = [str(number) for number in range(num_filters)]
    columns = 16 if num_filters > 32 else 8
    if is_first and num_inputs == 3:
        # Colours are weights: grey is 0, and the strongest weight reaches the end of the range.
        tiles = as_displayable(0.5 + weights / (2 * np.abs(weights).max()))
        scale, title = ColourScale.grey(), f"{layer.name}: {num_filters} filters in colour"
    else:
        tiles = weights[:, 0]
        scale = ColourScale.centred(tiles, "weight")
        of_inputs = "" if num_inputs == 1 else f", the first of {num_inputs} input channels"
        title = f"{layer.name}: {num_filters} filters{of_inputs}"
    figure = draw_panels(
        [Panel("", tiles, labels, columns)], scale, title, tile_inches=KERNEL_INCHES
    )
    sitting.save(figure, What.filters, layer.name, numbers)


def _draw_dense_weights(sitting: Sitting, layer: Layer) -> None:
    images = weight_images(layer, sitting.run.image_shape)
    num_units, num_channels = images.shape[:2]
    shown = images[: sitting.options.filters.most_units]
    names = sitting.run.task(layer.task).class_names if layer.task else None
    labels = [names[unit] if names and len(names) == num_units else str(unit)
              for unit in range(len(shown))]  # fmt: skip
    title = f"{layer.name}: weights of {len(shown)} of {num_units} units"
    tile_inches = IMAGE_INCHES
    if num_units == 1:
        assert names is not None
        title, labels, tile_inches = f"{names[0]} (blue) against {names[1]} (red)", [], 3.6
    if num_channels == 3:
        tiles, scale = as_displayable(0.5 + shown / (2 * np.abs(shown).max())), ColourScale.grey()
    else:
        tiles = as_displayable(shown)
        scale = ColourScale.centred(tiles, "weight")
    figure = draw_panels([Panel("", tiles, labels, 10)], scale, title, tile_inches=tile_inches)
    sitting.save(figure, What.filters, layer.name, {"weights": images})


def draw_activations(sitting: Sitting) -> None:
    """What layers answer to chosen images: one file per layer, the images side by side."""
    layers = choose_layers(
        sitting.layers, sitting.options.layer_names, lambda layer: layer.activation is not None
    )
    if not layers:
        raise DoesNotApplyError(
            "what", "activations need hidden layers", sitting.run.config.model.name
        )
    chosen = sitting.choose_images(study_classes(sitting.main_task))
    inputs = as_displayable(sitting.shown(chosen.images))
    colours = inputs if inputs.ndim == 4 else np.repeat(inputs[..., np.newaxis], 3, axis=3)
    for layer in layers:
        with torch.inference_mode():
            answers = layer_output(sitting.run.model, layer, chosen.images, activated=True).numpy()
        most = sitting.options.activations.most_channels
        is_map = answers.ndim == 4
        tiles = answers[:, :most] if is_map else rectangle_of_units(answers)[:, np.newaxis]
        scale = (
            ColourScale.from_zero(tiles[np.isfinite(tiles)], "activation")
            if answers.min() >= 0
            else ColourScale.centred(tiles[np.isfinite(tiles)], "activation")
        )
        what = f"{tiles.shape[1]} of {answers.shape[1]} channels" if is_map else "every unit"
        for start in range(0, len(tiles), IMAGES_SIDE_BY_SIDE):
            part = slice(start, start + IMAGES_SIDE_BY_SIDE)
            shown = tiles[part]
            panels = [
                Panel(title, colour[np.newaxis], num_columns=1)
                for title, colour in zip(chosen.titles[part], colours[part], strict=True)
            ]
            labels = [str(number) for number in range(tiles.shape[1])] if is_map else []
            panels += [Panel("", tile, labels, 8) for tile in shown]
            figure = draw_panels(
                panels, scale, f"activations of {layer.name}, {what}",
                tile_inches=MAP_INCHES if is_map else 2.4, num_panel_columns=len(shown),
            )  # fmt: skip
            name = layer.name if len(tiles) <= IMAGES_SIDE_BY_SIDE else f"{layer.name}_{start}"
            numbers = {"activations": answers[part], "inputs": inputs[part]}
            sitting.save(figure, What.activations, name, numbers)


def draw_maximising_inputs(sitting: Sitting) -> None:
    """For each filter of each layer, and for each class, the input that excites it most."""
    options = sitting.options.maximise
    settings = AscentSettings(
        options.steps, options.rate, True, options.jitter, options.blur, options.l2,
        options.total_variation,
    )  # fmt: skip
    run = sitting.run
    names = sitting.options.layer_names
    layers = choose_layers(sitting.layers, names, lambda layer: layer.is_convolution)
    for layer in layers:
        with sitting.steps(f"maximise {layer.name}", options.steps) as on_step:
            found = maximise_channels(
                run.model, layer, run.image_shape, sitting.pixels, settings, options.restarts,
                ChannelScore(options.score.value),
                generator(sitting.options.seed, f"maximise {layer.name}"), on_step,
            )  # fmt: skip
        tiles = sitting.shown(found.images)
        labels = [str(number) for number in range(len(tiles))]
        kind = "filters" if layer.is_convolution else "units"
        title = f"inputs that maximise the {len(tiles)} {kind} of {layer.name}"
        _draw_inputs(sitting, tiles, labels, title, layer.name, found.scores)
    if names is not None:
        return
    for task in sitting.shown_tasks:
        with sitting.steps(f"maximise {task.name}", options.steps) as on_step:
            found = maximise_classes(
                run.model, task.name, task.num_classes, run.image_shape, sitting.pixels, settings,
                options.class_restarts,
                generator(sitting.options.seed, f"maximise {task.name}"), on_step,
            )  # fmt: skip
        with torch.inference_mode():
            probabilities = run.model(found.images)[task.name].double().softmax(dim=1).diagonal()
        labels = [
            f"{name}\np = {write_probability(float(probability))}"
            for name, probability in zip(task.class_names, probabilities, strict=True)
        ]
        title = f"inputs that maximise each class of {task.name}"
        _draw_inputs(
            sitting, sitting.shown(found.images), labels, title, f"{task.name}_classes",
            probabilities,
        )  # fmt: skip


def _draw_inputs(
    sitting: Sitting,
    images: npt.NDArray[np.floating],
    labels: list[str],
    title: str,
    name: str,
    scores: torch.Tensor,
) -> None:
    are_classes = name.endswith("_classes")
    panel = Panel("", as_displayable(images), labels, 5 if are_classes else 16)
    figure = draw_panels(
        [panel], ColourScale.grey(), title,
        tile_inches=LARGE_IMAGE_INCHES if are_classes else IMAGE_INCHES,
    )  # fmt: skip
    sitting.save(figure, What.maximise, name, {"images": images, "scores": scores.numpy()})


def draw_dreams(sitting: Sitting) -> None:
    """DeepDream from chosen images: a row per image, a column per layer."""
    options = sitting.options.dream
    layers = choose_layers(
        sitting.layers, sitting.options.layer_names,
        lambda layer: layer.task is None or layer.activation is not None,
    )  # fmt: skip
    if sitting.options.layer_names is None:
        layers = [layer for layer in layers if layer.is_convolution] or layers
    if not layers:
        raise DoesNotApplyError("what", "dreams need hidden layers", sitting.run.config.model.name)
    settings = AscentSettings(
        options.steps, options.rate, decays=True, jitter=options.jitter,
        total_variation=options.total_variation,
    )  # fmt: skip
    chosen = sitting.choose_images(study_classes(sitting.main_task))
    columns = [chosen.images]
    for layer in layers:
        # Dense layers, and whatever may lie behind one, take images of one size only.
        num_octaves = options.octaves if layer.is_convolution and layer.task is None else 1
        with sitting.steps(f"dream {layer.name}", options.steps * num_octaves) as on_step:
            dreamt = dream(
                sitting.run.model, layer, chosen.images, sitting.pixels, settings, num_octaves,
                options.octave_scale, generator(sitting.options.seed, f"dream {layer.name}"),
                on_step,
            )  # fmt: skip
        columns.append(dreamt)
    names = ["image", *(layer.name for layer in layers)]
    numbers = {name: sitting.shown(images) for name, images in zip(names, columns, strict=True)}
    largest = max((images.shape[2:] for images in columns), key=lambda size: size[0])
    shown = np.stack([
        as_displayable(sitting.shown(
            torch.nn.functional.interpolate(images, size=largest, mode="nearest")
        ))
        for images in columns
    ])  # fmt: skip
    panels = [
        Panel(title, shown[:, index], names, len(names))
        for index, title in enumerate(chosen.titles)
    ]
    figure = draw_panels(
        panels, ColourScale.grey(),
        f"DeepDream: {options.octaves} sizes, {options.steps} steps in each",
        tile_inches=2.0 if len(names) <= 5 else 1.4,
    )  # fmt: skip
    name = "dreams" if sitting.options.layer_names is None else "_".join(names[1:])
    sitting.save(figure, What.dream, name, numbers)
