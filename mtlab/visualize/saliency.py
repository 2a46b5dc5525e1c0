"""Which pixels move a decision: gradients of a task's output with respect to the input."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from torch import nn

from mtlab.config.base import Count, NotNegative
from mtlab.data.tasks import ClassificationTask
from mtlab.drawing.axes import add_colour_bar, new_figure
from mtlab.drawing.mosaic import as_displayable
from mtlab.drawing.saving import Array
from mtlab.seeding import generator
from mtlab.visualize.chosen_images import choose_images, write_target
from mtlab.visualize.layers import task_output
from mtlab.visualize.subject import Picture, Subject

CELL_INCHES = 0.98
COLOUR_MAP = "inferno"


class Saliency(Picture):
    """A column per image: the image, and below it the pixels that decide each task."""

    samples: Count
    noise: NotNegative

    def draw(self, subject: Subject) -> None:
        model = subject.run.model
        chosen = choose_images(subject, several=True)
        noise = self.noise * (subject.pixels.high - subject.pixels.low)
        maps, decisions, captions = {}, {}, {}
        with torch.inference_mode():
            outputs = model(chosen.images)
        for task in subject.tasks:
            name, output = task.name, outputs[task.name]
            draws = generator(subject.keys.seed, f"saliency {name}")
            maps[name] = saliency(model, name, chosen.images, self.samples, noise, draws).numpy()
            decided = output.argmax(dim=1) if isinstance(task, ClassificationTask) else output
            decisions[name] = decided
            captions[name] = [write_target(task, one) for one in decided]
        images = as_displayable(subject.shown(chosen.images))
        titles = [
            title.replace("test image ", "#").replace(", ", ": ", 1) for title in chosen.titles
        ]
        title = "what decides: input gradients"
        if self.samples > 1:
            title += f", mean of {self.samples} noisy copies"
        figure = _draw_saliency(images, titles, maps, captions, title)
        numbers = {
            "images": images,
            **chosen.numbers(),
            **{f"predicted_{task}": values for task, values in decisions.items()},
            **{f"saliency_{task}": values for task, values in maps.items()},
        }
        subject.save(figure, f"saliency/{subject.keys.task or 'saliency'}", numbers)


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


def _draw_saliency(
    images: Array,
    titles: Sequence[str],
    maps: Mapping[str, Array],
    captions: Mapping[str, Sequence[str]],
    title: str,
) -> Figure:
    """A row per task below the images; each map goes from 0 to its own maximum."""
    num_columns, num_rows = len(images), 1 + len(maps)
    width = max(CELL_INCHES * num_columns + 1.1, 4.6)
    figure = new_figure(title, width, (CELL_INCHES + 0.2) * num_rows + 0.45)
    grid = figure.subplots(num_rows, num_columns, squeeze=False)
    rows = [("image", images, titles, "gray")]
    for task, values in maps.items():
        shares = np.stack([one / (float(one.max()) or 1.0) for one in values])
        rows.append((task, shares, captions[task], COLOUR_MAP))
    for axes_row, (name, tiles, above, colour_map) in zip(grid, rows, strict=True):
        axes_row[0].set_ylabel(name, fontsize=9)
        for axes, tile, text in zip(axes_row, tiles, above, strict=True):
            axes.imshow(tile, cmap=colour_map, vmin=0, vmax=1, interpolation="nearest")
            axes.set_title(text, fontsize=8)
            axes.set(xticks=[], yticks=[])
    place: dict[str, Any] = {"ax": grid.ravel().tolist(), "shrink": 0.8, "pad": 0.01}
    label = "|gradient|, share of the largest"
    add_colour_bar(figure, Normalize(0, 1), COLOUR_MAP, label, **place)
    return figure
