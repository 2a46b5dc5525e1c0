"""Which pixels move a decision: gradients of a task's output with respect to the input."""

from __future__ import annotations

import torch
from torch import nn

from mtlab.inspection.layers import task_output


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
