"""Which pixels move a decision: gradients of a task's output with respect to the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from torch import nn

from mtlab.config.base import Count, NotNegative
from mtlab.data.tasks import ClassificationTask
from mtlab.drawing.mosaic import as_displayable
from mtlab.seeding import generator
from mtlab.visualize.chosen_images import choose_images, write_target
from mtlab.visualize.layers import task_output
from mtlab.visualize.subject import Picture, Subject

FloatArray = npt.NDArray[np.floating]

CELL_INCHES = 0.98
COLOUR_MAP = "inferno"


class Saliency(Picture):
    """A column per image: the image, and below it the pixels that decide each task."""

    samples: Count
    noise: NotNegative

    def draw(self, subject: Subject) -> None:
        model, tasks = subject.run.model, subject.tasks
        chosen = choose_images(subject, several=True)
        noise = self.noise * (subject.pixels.high - subject.pixels.low)
        maps, decisions = {}, {}
        with torch.inference_mode():
            outputs = model(chosen.images)
        for task in tasks:
            draws = generator(subject.keys.seed, f"saliency {task.name}")
            found = saliency(model, task.name, chosen.images, self.samples, noise, draws)
            maps[task.name] = found.numpy()
            has_classes = isinstance(task, ClassificationTask)
            output = outputs[task.name]
            decisions[task.name] = output.argmax(dim=1) if has_classes else output
        captions = {
            task.name: [write_target(task, decided) for decided in decisions[task.name]]
            for task in tasks
        }
        images = as_displayable(subject.shown(chosen.images))
        titles = [
            title.replace("test image ", "#").replace(", ", ": ", 1) for title in chosen.titles
        ]
        title = "what decides: input gradients"
        if self.samples > 1:
            title += f", mean of {self.samples} noisy copies"
        figure = draw_saliency(images, titles, maps, captions, title)
        numbers = {
            "images": images,
            **chosen.numbers(),
            **{f"predicted_{task}": values.numpy() for task, values in decisions.items()},
            **{f"saliency_{task}": values for task, values in maps.items()},
        }
        name = "saliency" if subject.keys.task is None else subject.main_task.name
        subject.save(figure, f"saliency/{name}", numbers)


def saliency(
    model: nn.Module,
    task: str,
    images: torch.Tensor,
    num_samples: int,
    noise: torch.Tensor,
    generator: torch.Generator,
) -> torch.Tensor:
    """Sensitivity of each image's predicted class to each pixel.

    Simonyan, Vedaldi, Zisserman (2014), arXiv:1312.6034: the absolute gradient of the winning
    class's logit, the largest over the colour channels. With several samples, gradients of noisy
    copies are averaged first: SmoothGrad (Smilkov et al. 2017, arXiv:1706.03825).

    Args:
        images: Network input `(batch, channels, height, width)`.
        num_samples: Copies, at least 1; a single one is the image without noise.
        noise: Standard deviation of the noise in network input, `(1, channels, 1, 1)`.

    Returns:
        `(batch, height, width)`, at least 0.
    """
    with torch.inference_mode():
        outputs = model(images)[task]
    winners = outputs.argmax(dim=1) if outputs.dim() > 1 else None
    total = torch.zeros_like(images)
    for _ in range(num_samples):
        copy = images.clone()
        if num_samples > 1:
            copy += noise * torch.randn(images.shape, generator=generator)
        copy.requires_grad_(True)
        outputs = task_output(model, task, copy)
        # A regression task has one number per image, which is its own score.
        scores = outputs if winners is None else outputs.gather(1, winners.unsqueeze(1))
        (gradient,) = torch.autograd.grad(scores.sum(), copy)
        total += gradient
    return (total / num_samples).abs().amax(dim=1)


def draw_saliency(
    images: FloatArray,
    titles: Sequence[str],
    maps: Mapping[str, FloatArray],
    captions: Mapping[str, Sequence[str]],
    title: str,
) -> Figure:
    """A row per task below the images; each map goes from 0 to its own maximum.

    Args:
        images: Brightness, `(num_images, height, width)` or `(num_images, height, width, 3)`.
        maps: Per task, at least 0, `(num_images, height, width)`.
        captions: Per task and image, what was decided.
    """
    num_columns, num_rows = len(images), 1 + len(maps)
    width = max(CELL_INCHES * num_columns + 1.1, 4.6)
    figure = Figure(figsize=(width, (CELL_INCHES + 0.2) * num_rows + 0.45), layout="constrained")
    figure.suptitle(title, fontsize=11)
    grid = figure.subplots(num_rows, num_columns, squeeze=False)
    look = {"vmin": 0, "vmax": 1, "interpolation": "nearest"}
    for axes, image, of_image in zip(grid[0], images, titles, strict=True):
        axes.imshow(image, cmap="gray", **look)
        axes.set_title(of_image, fontsize=8)
    for row, (task, values) in zip(grid[1:], maps.items(), strict=True):
        for axes, one, caption in zip(row, values, captions[task], strict=True):
            axes.imshow(one / (float(one.max()) or 1.0), cmap=COLOUR_MAP, **look)
            axes.set_title(caption, fontsize=8)
    for axes in grid.ravel():
        axes.set_xticks([])
        axes.set_yticks([])
    for axes, name in zip(grid[:, 0], ("image", *maps), strict=True):
        axes.set_ylabel(name, fontsize=9)
    bar = figure.colorbar(
        ScalarMappable(Normalize(0, 1), COLOUR_MAP), ax=grid.ravel().tolist(), shrink=0.8, pad=0.01
    )
    bar.set_label("|gradient|, share of the largest", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure
