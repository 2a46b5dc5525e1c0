"""Gradient ascent on images, with the regularisers that make its results readable.

Activation maximisation: Erhan, Bengio, Courville, Vincent (2009), "Visualizing higher-layer
features of a deep network"; class outputs: Simonyan, Vedaldi, Zisserman (2014), arXiv:1312.6034;
blur and L2: Yosinski et al. (2015), arXiv:1506.06579; total variation: Mahendran, Vedaldi (2015),
arXiv:1412.0035; jitter: Mordvintsev, Olah, Tyka (2015), "Inceptionism".
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch.nn import functional

Score = Callable[[torch.Tensor], torch.Tensor]
"""Images `(batch, channels, height, width)` to one number each, `(batch,)`."""

STEPS_BETWEEN_BLURS = 4
BLURRED_SHARE_OF_STEPS = 0.75
LAST_RATE = 0.1
TINY = 1e-12


@dataclass(frozen=True)
class PixelRange:
    """The network inputs of the darkest and the brightest pixel, `(1, channels, 1, 1)` each.

    Or `(1, channels, height, width)`, where pixels were standardised one by one.
    """

    low: torch.Tensor
    high: torch.Tensor

    def of_size(self, size: tuple[int, int]) -> "PixelRange":
        """The range of images that were resized."""
        if self.low.shape[2:] in ((1, 1), size):
            return self
        return PixelRange(*(functional.interpolate(one, size) for one in (self.low, self.high)))

    def as_shares(self, images: torch.Tensor) -> torch.Tensor:
        """Network input to brightness in [0, 1]."""
        pixels = self.of_size((images.shape[2], images.shape[3]))
        return (images.clamp(pixels.low, pixels.high) - pixels.low) / (pixels.high - pixels.low)

    def as_input(self, shares: torch.Tensor) -> torch.Tensor:
        """Brightness in [0, 1] to network input."""
        return self.low + shares * (self.high - self.low)


@dataclass(frozen=True)
class Ascent:
    """How to climb; the regularisers are pulls of their own beside the normalised gradient.

    The published forms add L2 and total variation to the score; here they are steps of their own
    (as weight decay in AdamW is), because a score's scale differs between layers by orders of
    magnitude.

    Attributes:
        rate: Length of the first step as a share of the pixel range (root mean square); later ones
            shrink linearly to a tenth of it.
        jitter: Largest shift in pixels before each step.
        blur: Standard deviation in pixels; shrinks to 0 in the first three quarters of the steps.
        l2, total_variation: Pulls per unit of rate.
        anchor: Pull towards an image given, per unit of rate. Above 0 each image also keeps that
            one's mean, and its contrast (standard deviation) as an upper limit, per channel: what
            grows the score then is structure, since plain brightness is not to be had.
    """

    pixels: PixelRange
    draws: torch.Generator
    num_steps: int
    rate: float
    jitter: int = 0
    blur: float = 0.0
    l2: float = 0.0
    total_variation: float = 0.0
    anchor: float = 0.0
    on_step: Callable[[], None] = lambda: None

    def climb(
        self, score: Score, start: torch.Tensor, kept: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Change network input step by step so that each image's score grows, within the range.

        Every image's gradient is divided by its root mean square, so that one rate suits every
        layer, and images do not influence each other. `kept` is what the anchor refers to, left
        out `start` itself.
        """
        pixels = self.pixels.of_size((start.shape[2], start.shape[3]))
        low, high = pixels.low, pixels.high
        if self.anchor and low.shape[2:] != (1, 1):
            # An image's contrast is that of its brightness, where each pixel has its own scale.
            plain = PixelRange(
                torch.zeros_like(low[..., :1, :1]), torch.ones_like(low[..., :1, :1])
            )
            climbed = replace(self, pixels=plain).climb(
                lambda shares: score(pixels.as_input(shares)),
                pixels.as_shares(start),
                None if kept is None else pixels.as_shares(kept),
            )
            return pixels.as_input(climbed)
        images, span = start.clamp(low, high), high - low
        kept = images if kept is None else kept
        for step in range(self.num_steps):
            progress = step / self.num_steps
            rate = self.rate * (1 - (1 - LAST_RATE) * progress)
            reach = self.jitter
            shift = torch.randint(-reach, reach + 1, (2,), generator=self.draws).tolist()
            images = images.roll(shift, dims=(2, 3))
            images = images + rate * span * _direction(score, images)
            if self.l2:
                images = images - rate * self.l2 * images
            if self.total_variation:
                roughness = _direction(total_variation, images)
                images = images - rate * self.total_variation * span * roughness
            images = images.roll((-shift[0], -shift[1]), dims=(2, 3))
            if self.anchor:
                images = _hold_contrast(images - rate * self.anchor * (images - kept), kept)
            images = images.clamp(low, high)
            sigma = self.blur * (1 - progress / BLURRED_SHARE_OF_STEPS)
            if sigma > 0 and step % STEPS_BETWEEN_BLURS == 0:
                images = gaussian_blur(images, sigma)
            self.on_step()
        return images


def _hold_contrast(images: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """Each channel with the mean of `kept`, and with no more contrast than it."""
    centred = images - images.mean(dim=(2, 3), keepdim=True)
    contrast, most = (one.std(dim=(2, 3), keepdim=True) for one in (centred, kept))
    return kept.mean(dim=(2, 3), keepdim=True) + centred * (most / (contrast + TINY)).clamp(max=1)


def _direction(score: Score, images: torch.Tensor) -> torch.Tensor:
    """Each image's gradient over its root mean square; zero where nothing answers."""
    leaf = images.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(score(leaf).sum(), leaf)
    return gradient / (gradient.square().mean(dim=(1, 2, 3), keepdim=True).sqrt() + TINY)


def total_variation(images: torch.Tensor) -> torch.Tensor:
    """Isotropic total variation of each image, `(batch,)`; smooth, so that 0 has a gradient."""
    down = images[:, :, 1:, :-1] - images[:, :, :-1, :-1]
    right = images[:, :, :-1, 1:] - images[:, :, :-1, :-1]
    return (down.square() + right.square() + 1e-6).sqrt().sum(dim=(1, 2, 3))


def gaussian_blur(images: torch.Tensor, sigma: float) -> torch.Tensor:
    """Weights reach to three standard deviations; pixels beyond the border repeat the border."""
    radius = max(math.ceil(3 * sigma), 1)
    offsets = torch.arange(-radius, radius + 1, dtype=images.dtype)
    weights = torch.exp(-0.5 * (offsets / sigma) ** 2)
    weights = weights / weights.sum()
    weights = weights.expand(images.shape[1], 1, 1, -1)
    padded = functional.pad(images, (radius,) * 4, mode="replicate")
    in_rows = functional.conv2d(padded, weights, groups=len(weights))
    return functional.conv2d(in_rows, weights.transpose(2, 3), groups=len(weights))
