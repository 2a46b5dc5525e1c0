"""Training error per epoch, one line per run, one colour per configuration."""

from collections.abc import Mapping, Sequence
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
    curves: Mapping[str, Sequence[ErrorCurve]],
    title: str,
    target: Path,
    command: str,
    of: str = "train ",
) -> Path:
    """One colour per label, one line per run; the picture's path comes back.

    Args:
        of: What the axis says in front of "loss": the split, unless labels name it.
    """
    figure = new_figure("", 8.6, 4.4)
    axes = figure.subplots()
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(curves)))
    for (label, runs), colour in zip(curves.items(), colours, strict=True):
        for index, curve in enumerate(runs):
            told = _told(label, runs) if index == 0 else None
            steps = np.arange(1, len(curve.losses) + 1)
            width = 1.3 if len(runs) == 1 else 0.8
            axes.plot(steps, curve.losses, color=colour, linewidth=width, label=told)
            axes.plot(steps[-1:], curve.losses[-1:], "o", color=colour, markersize=4)
    every_curve = [curve for runs in curves.values() for curve in runs]
    longest = max(len(curve.losses) for curve in every_curve)
    if longest > EPOCHS_ON_A_LOG_AXIS:
        show_logarithmic(axes, longest)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    every_loss = np.concatenate([curve.losses for curve in every_curve])
    axes.set_ylim(0, 1.05 * float(every_loss[np.isfinite(every_loss)].max(initial=0)) or 1)
    is_perceptron = all(curve.is_perceptron for curve in every_curve)
    axes.set_xlabel("iteration" if is_perceptron else "epoch")
    axes.set_ylabel(f"{of}error, mean |sign - label|" if is_perceptron else f"{of}loss")
    axes.set_title(title, fontsize=11)
    show_grid(axes)
    add_legend_beside(axes, axes.get_legend_handles_labels()[0], "", 1.01)
    numbers = {
        label if len(runs) == 1 else f"{label}, {index}": curve.losses
        for label, runs in curves.items()
        for index, curve in enumerate(runs)
    }
    return save_picture(figure, target, numbers, command=command, vector=True)


def _told(label: str, runs: Sequence[ErrorCurve]) -> str:
    """A label with how many of its runs converged, and what could not be read."""
    num_converged = sum(curve.converged for curve in runs)
    told = label if len(runs) == 1 else f"{label} ({len(runs)} runs)"
    if num_converged:
        told += ", converged" if num_converged == len(runs) else f", {num_converged} converged"
    is_whole = all(curve.is_whole for curve in runs)
    return told if is_whole else f"{told}\n(metrics.jsonl is damaged behind that)"
