"""Rosenblatt's perceptron: one linear unit whose sign is the class."""

import math

import torch
from torch import nn


class Perceptron(nn.Module):
    """`sign(w . x + b)` on flattened pixels; class 0 is label -1, class 1 is label +1.

    Rosenblatt, F. (1958), "The perceptron: a probabilistic model for information storage and
    organization in the brain", Psychological Review 65(6). How it learns stands in
    `mtlab.training.perceptron`.

    Args:
        image_shape: `(channels, height, width)`.
        task: Name of its only task.
        initial_scale: Standard deviation of the normal initial weights.
    """

    def __init__(self, image_shape: tuple[int, int, int], task: str, initial_scale: float) -> None:
        super().__init__()
        num_pixels = math.prod(image_shape)
        self.task = task
        self.unit = nn.Linear(num_pixels, 1)
        nn.init.normal_(self.unit.weight, std=initial_scale)
        nn.init.normal_(self.unit.bias, std=initial_scale)

    def forward(self, images_bchw: torch.Tensor) -> dict[str, torch.Tensor]:
        """Images to `(batch, 2)`: minus the score, and the score `w . x + b`."""
        score = self.unit(images_bchw.flatten(1))
        return {self.task: torch.cat((-score, score), dim=1)}
