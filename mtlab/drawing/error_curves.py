"""Training error per epoch, one line per run."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.ticker import MaxNLocator

from mtlab.drawing.axes import add_legend_beside, new_figure, show_grid, show_logarithmic
from mtlab.drawing.saving import save_picture

EPOCHS_ON_A_LOG_AXIS = 50


class ErrorCurve(NamedTuple):
    """A training's losses, one per epoch; `is_whole`: the run's file held every epoch."""

    losses: npt.NDArray[np.float64]
    is_perceptron: bool
    converged: bool
    is_whole: bool = True


def draw_error_curves(
    curves: Mapping[str, ErrorCurve], title: str, target: Path, command: str
) -> Path:
    """One line per label; the picture's path comes back."""
    figure = new_figure("", 8.6, 4.4)
    axes = figure.subplots()
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(curves)))
    for (label, curve), colour in zip(curves.items(), colours, strict=True):
        told = f"{label}, converged" if curve.converged else label
        told += "" if curve.is_whole else "\n(metrics.jsonl is damaged behind that)"
        steps = np.arange(1, len(curve.losses) + 1)
        axes.plot(steps, curve.losses, color=colour, linewidth=1.3, label=told)
        axes.plot(steps[-1:], curve.losses[-1:], "o", color=colour, markersize=4)
    longest = max(len(curve.losses) for curve in curves.values())
    if longest > EPOCHS_ON_A_LOG_AXIS:
        show_logarithmic(axes, longest)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    every_loss = np.concatenate([curve.losses for curve in curves.values()])
    axes.set_ylim(0, 1.05 * float(every_loss[np.isfinite(every_loss)].max(initial=0)) or 1)
    is_perceptron = all(curve.is_perceptron for curve in curves.values())
    axes.set_xlabel("iteration" if is_perceptron else "epoch")
    axes.set_ylabel("train error, mean |sign - label|" if is_perceptron else "train loss")
    axes.set_title(title, fontsize=11)
    show_grid(axes)
    add_legend_beside(axes, axes.get_legend_handles_labels()[0], "", 1.01)
    numbers = {label: curve.losses for label, curve in curves.items()}
    return save_picture(figure, target, numbers, command=command, vector=True)
