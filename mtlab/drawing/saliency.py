"""Images above the pixels that decide each task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

FloatArray = npt.NDArray[np.floating]

CELL_INCHES = 0.98
COLOUR_MAP = "inferno"


@dataclass(frozen=True)
class SaliencyColumn:
    """One image.

    Attributes:
        image: `(height, width)` or `(height, width, 3)` in [0, 1].
        maps: One `(height, width)` per task, at least 0.
        captions: One per task, what was decided.
    """

    image: FloatArray
    title: str
    maps: Sequence[FloatArray]
    captions: Sequence[str]


def draw_saliency(columns: Sequence[SaliencyColumn], tasks: Sequence[str], title: str) -> Figure:
    """A column per image: the image, then each task's saliency from 0 to its own maximum."""
    num_rows = 1 + len(tasks)
    width = max(CELL_INCHES * len(columns) + 1.1, 4.6)
    figure = Figure(figsize=(width, (CELL_INCHES + 0.2) * num_rows + 0.45), layout="constrained")
    figure.suptitle(title, fontsize=11)
    grid = figure.subplots(num_rows, len(columns), squeeze=False)
    for index, column in enumerate(columns):
        top, *rest = grid[:, index]
        top.imshow(column.image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        top.set_title(column.title, fontsize=8)
        for axes, values, caption in zip(rest, column.maps, column.captions, strict=True):
            highest = float(values.max()) or 1.0
            axes.imshow(values / highest, cmap=COLOUR_MAP, vmin=0, vmax=1, interpolation="nearest")
            axes.set_title(caption, fontsize=8)
    for axes in grid.ravel():
        axes.set_xticks([])
        axes.set_yticks([])
    for axes, name in zip(grid[:, 0], ("image", *tasks), strict=True):
        axes.set_ylabel(name, fontsize=9)
    bar = figure.colorbar(
        ScalarMappable(Normalize(0, 1), COLOUR_MAP), ax=grid.ravel().tolist(), shrink=0.8, pad=0.01
    )
    bar.set_label("|gradient|, share of the largest", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure
