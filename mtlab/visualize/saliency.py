"""Which pixels move a decision: gradients of a task's output with respect to the input."""

import numpy as np
import torch
from torch import nn

from mtlab.config.base import Count, NotNegative
from mtlab.data.tasks import ClassificationTask, Task
from mtlab.drawing.image_rows import WRONG_MARK, ImageRow, draw_image_rows
from mtlab.drawing.mosaic import ColourScale, as_displayable
from mtlab.seeding import generator
from mtlab.visualize.chosen_images import choose_images, write_target
from mtlab.visualize.layers import task_output
from mtlab.visualize.subject import Picture, Subject

SHARE = ColourScale("inferno", 0.0, 1.0, "|gradient|, share of the largest")


class Saliency(Picture):
    """A column per image: the image, and below it the pixels that decide each task."""

    heeds = frozenset({"digits", "task"})

    samples: Count
    noise: NotNegative

    def draw(self, subject: Subject) -> None:
        model = subject.run.model
        chosen = choose_images(subject, several=True)
        noise = self.noise * (subject.pixels.high - subject.pixels.low)
        first = subject.run.task(subject.keys.task)
        titles = chosen.captions(first, subject.test.targets[first.name][chosen.positions])
        images = as_displayable(subject.shown(chosen.images))
        rows = [ImageRow("image", images, titles)]
        maps, decisions = {}, {}
        with torch.inference_mode():
            outputs = model(chosen.images)
        for task in subject.tasks:
            name, output = task.name, outputs[task.name]
            draws = generator(subject.keys.seed, f"saliency {name}")
            maps[name] = saliency(model, name, chosen.images, self.samples, noise, draws).numpy()
            is_class = isinstance(task, ClassificationTask)
            decisions[name] = output.argmax(dim=1) if is_class else output
            targets = subject.test.targets[name][chosen.positions]
            said = [_caption(task, *one) for one in zip(decisions[name], targets, strict=True)]
            # Each map goes from 0 to its own maximum.
            shares = np.stack([one / (float(one.max()) or 1.0) for one in maps[name]])
            rows.append(ImageRow(name, shares, said, SHARE))
        title = "what decides: input gradients"
        if self.samples > 1:
            title += f", mean of {self.samples} noisy copies"
        numbers = {
            "images": images,
            **chosen.numbers(),
            **{f"predicted_{task}": values for task, values in decisions.items()},
            **{f"saliency_{task}": values for task, values in maps.items()},
        }
        name = f"saliency/{subject.keys.task or 'saliency'}"
        subject.save(draw_image_rows(rows, title), name, numbers)


def _caption(task: Task, decided: torch.Tensor, target: torch.Tensor) -> str:
    said, true = f"said {write_target(task, decided)}", f"true {write_target(task, target)}"
    if isinstance(task, ClassificationTask):
        return said if decided == target else f"{WRONG_MARK} {said}\n{true}"
    return f"{said}\n{true}"


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
