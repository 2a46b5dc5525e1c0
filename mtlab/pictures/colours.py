"""One colour per class."""

from __future__ import annotations

import matplotlib
from matplotlib.colors import to_rgba

Colour = tuple[float, float, float, float]

TEN_COLOURS = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
    "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
"""Chosen by people and checked for colour blindness: Petroff 2021, "Accessible color sequences for
data visualization", arXiv:2107.02270, the sequence of ten."""


def class_colours(num_classes: int) -> list[Colour]:
    """Colours that stay apart: ten accessible ones, matplotlib's list of 20, hues beyond."""
    if num_classes <= len(TEN_COLOURS):
        return [to_rgba(colour) for colour in TEN_COLOURS[:num_classes]]
    if num_classes <= 20:
        listed = matplotlib.colormaps["tab20"]
        return [listed(index) for index in range(num_classes)]
    wheel = matplotlib.colormaps["gist_rainbow"]
    return [wheel(index / num_classes) for index in range(num_classes)]
