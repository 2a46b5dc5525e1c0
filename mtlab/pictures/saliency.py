"""Images beside the pixels that decide each task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

FloatArray = npt.NDArray[np.floating]


@dataclass(frozen=True)
class SaliencyRow:
    """One image.

    Attributes:
        image: `(height, width)` or `(height, width, 3)` in [0, 1].
        maps: One `(height, width)` per task.
        captions: One per task, what was decided.
    """

    image: FloatArray
    title: str
    maps: Sequence[FloatArray]
    captions: Sequence[str]


def draw_saliency(rows: Sequence[SaliencyRow], tasks: Sequence[str], title: str) -> Figure:
    """A row per image: the image, then each task's saliency from 0 to its own maximum."""
    num_columns = 1 + len(tasks)
    cell = 1.45
    figure = Figure(
        figsize=(max(cell * num_columns + 1.0, 4.6), (cell + 0.22) * len(rows) + 0.55),
        layout="constrained",
    )
    figure.suptitle(title, fontsize=11)
    grid = figure.subplots(len(rows), num_columns, squeeze=False)
    for row_axes, row in zip(grid, rows, strict=True):
        row_axes[0].imshow(row.image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        row_axes[0].set_title(row.title, fontsize=8)
        for axes, values, caption in zip(row_axes[1:], row.maps, row.captions, strict=True):
            highest = float(values.max()) or 1.0
            axes.imshow(values / highest, cmap="inferno", vmin=0, vmax=1, interpolation="nearest")
            axes.set_title(caption, fontsize=8)
        for axes in row_axes:
            axes.set_xticks([])
            axes.set_yticks([])
    bar = figure.colorbar(
        ScalarMappable(Normalize(0, 1), "inferno"), ax=grid.ravel().tolist(), shrink=0.5, aspect=30
    )
    bar.set_label("|gradient|, as a share of the picture's largest", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure
