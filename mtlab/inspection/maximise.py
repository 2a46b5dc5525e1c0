"""The inputs that excite filters, units or class outputs most, all of a layer in one batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

import torch
from torch import nn

from mtlab.inspection.ascent import AscentSettings, PixelRange, Score, ascend
from mtlab.inspection.layers import Layer, layer_output, task_output

NOISE_MEAN = 0.5
NOISE_STD = 0.1
LEAK = 0.01
"""Share of the mean in the rms score: a gradient for filters that answer nowhere."""


class ChannelScore(Enum):
    """What a filter's map of weighted sums is worth.

    `mean`: its mean, the published form, whose optimum for a filter with a positive sum is often a
    blank image. `rms`: the root mean square of what is above 0, which is won by strong answers in
    some places, and so shows the pattern. `contrast`: the standard deviation over the map.
    """

    mean = "mean"
    rms = "rms"
    contrast = "contrast"


@dataclass(frozen=True)
class MaximisedInputs:
    """One input per target.

    Attributes:
        images: Network input, `(num_targets, channels, height, width)`.
        scores: What each target answers to its input, `(num_targets,)`.
        start_scores: The mean of what it answers to the noise that ascent began with.
    """

    images: torch.Tensor
    scores: torch.Tensor
    start_scores: torch.Tensor


def maximise_channels(
    model: nn.Module,
    layer: Layer,
    image_shape: tuple[int, int, int],
    pixels: PixelRange,
    settings: AscentSettings,
    num_restarts: int,
    channel_score: ChannelScore,
    generator: torch.Generator,
    on_step: Callable[[], None] = lambda: None,
) -> MaximisedInputs:
    """For each filter or unit of a layer, an input that maximises it.

    The weighted sums before the nonlinearity are scored: behind a ReLU a filter that does not
    answer to the noise would have no gradient to follow. A unit's score is its weighted sum.
    """
    targets = torch.arange(layer.num_channels).repeat_interleave(num_restarts)

    def score(images: torch.Tensor) -> torch.Tensor:
        outputs = layer_output(model, layer, images, activated=False)
        chosen = outputs[torch.arange(len(targets)), targets]
        return map_scores(chosen.reshape(len(targets), -1), channel_score)

    return _best_of_restarts(score, image_shape, pixels, settings, num_restarts, len(targets),
                             generator, on_step)  # fmt: skip


def map_scores(sums: torch.Tensor, channel_score: ChannelScore) -> torch.Tensor:
    """Weighted sums of one filter's map `(batch, positions)` to scores `(batch,)`.

    A map of one position is a number, and scored as a unit is.
    """
    if sums.shape[1] == 1:
        return sums.squeeze(1)
    match channel_score:
        case ChannelScore.mean:
            return sums.mean(dim=1)
        case ChannelScore.rms:
            # The small number keeps the root differentiable at 0.
            return (sums.relu().square().mean(dim=1) + 1e-12).sqrt() + LEAK * sums.mean(dim=1)
        case ChannelScore.contrast:
            return sums.std(dim=1, correction=0)
    assert_never(channel_score)


def maximise_classes(
    model: nn.Module,
    task: str,
    num_classes: int,
    image_shape: tuple[int, int, int],
    pixels: PixelRange,
    settings: AscentSettings,
    num_restarts: int,
    generator: torch.Generator,
    on_step: Callable[[], None] = lambda: None,
) -> MaximisedInputs:
    """For each class of a task, an input that the network takes for it with the most confidence.

    What is maximised is the log-odds of the class, log(p / (1 - p)). Simonyan et al. maximise the
    logit, which may carry other classes' logits up with it; the log-odds do not, and unlike the
    probability their gradient does not vanish when the network is sure.
    """
    targets = torch.arange(num_classes).repeat_interleave(num_restarts)

    def score(images: torch.Tensor) -> torch.Tensor:
        return log_odds(task_output(model, task, images), targets)

    return _best_of_restarts(score, image_shape, pixels, settings, num_restarts, len(targets),
                             generator, on_step)  # fmt: skip


def log_odds(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """log(p / (1 - p)) of each row's target class, from logits `(batch, classes)`; `(batch,)`."""
    chosen = logits.gather(1, targets.unsqueeze(1)).squeeze(1)
    is_target = torch.nn.functional.one_hot(targets, logits.shape[1]).bool()
    return chosen - logits.masked_fill(is_target, -torch.inf).logsumexp(dim=1)


def _best_of_restarts(
    score: Score,
    image_shape: tuple[int, int, int],
    pixels: PixelRange,
    settings: AscentSettings,
    num_restarts: int,
    batch_size: int,
    generator: torch.Generator,
    on_step: Callable[[], None],
) -> MaximisedInputs:
    """Climb from noise around mid-grey; of each target's restarts keep the highest."""
    noise = torch.randn(batch_size, *image_shape, generator=generator)
    start = pixels.clamp(pixels.as_input(NOISE_MEAN + NOISE_STD * noise))
    images = ascend(score, start, pixels, settings, generator, on_step)
    with torch.inference_mode():
        reached = score(images).view(-1, num_restarts)
        before = score(start).view(-1, num_restarts).mean(dim=1)
    best = reached.argmax(dim=1)
    every_restart = images.view(-1, num_restarts, *image_shape)
    rows = torch.arange(len(best))
    return MaximisedInputs(every_restart[rows, best], reached[rows, best], before)
