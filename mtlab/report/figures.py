"""Figures of one run: learning curves, confusion matrices and scatters, from its folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtlab.artifacts.metrics_log import read_metrics
from mtlab.artifacts.run_dir import CONFUSIONS, FIGURES, METRICS, SCATTER, WEIGHTS
from mtlab.drawing.axes import show_epochs
from mtlab.drawing.lettering import FileNames, plain_drawing, shortened
from mtlab.report.scatter import draw_predicted_against_true
from mtlab.report.weight_image import draw_perceptron_weights

DOTS_PER_INCH = 150
# Okabe and Ito's blue and vermilion: told apart with every common colour blindness.
TRAIN_COLOUR = "#0072B2"
VAL_COLOUR = "#D55E00"
MOST_CLASSES_WITH_COUNTS = 12
MOST_EPOCHS_WITH_MARKERS = 30
LONGEST_CLASS_NAME = 18
LONGEST_TITLE = 60


def draw_learning_curves(metrics: Path, task: str, best_epoch: int | None, target: Path) -> None:
    """Loss and accuracy (for regression the mean absolute error) per epoch, train and validation.

    Args:
        metrics: The run's metrics.jsonl.
        best_epoch: Marked by a vertical line; None for no line.
        target: The PNG to write.
    """
    epochs = read_metrics(metrics)
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    loss_axes, figure_axes = figure.subplots(1, 2)
    measure = "accuracy" if "accuracy" in epochs[0]["val"][task] else "mae"
    for axes, name in ((loss_axes, "loss"), (figure_axes, measure)):
        _draw_curve(axes, epochs, task, name)
        if best_epoch is not None:
            axes.axvline(best_epoch, color="0.6", linestyle=":", label="best epoch")
    figure.suptitle(shortened(task, LONGEST_TITLE))
    handles, labels = loss_axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False)
    figure.savefig(target, dpi=DOTS_PER_INCH)


def _draw_curve(axes: Axes, epochs: list[dict[str, Any]], task: str, name: str) -> None:
    numbers = [epoch["epoch"] for epoch in epochs]
    marker = "o" if len(numbers) <= MOST_EPOCHS_WITH_MARKERS else None
    for split, colour, line in (("train", TRAIN_COLOUR, "-"), ("val", VAL_COLOUR, "--")):
        values = [epoch[split][task][name] for epoch in epochs]
        axes.plot(
            numbers,
            values,
            color=colour,
            linestyle=line,
            marker=marker,
            markersize=3.5,
            label=split,
        )
    axes.set_xlabel("epoch")
    axes.set_ylabel("accuracy (fraction)" if name == "accuracy" else name)
    show_epochs(axes, numbers[-1])
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def draw_confusion_matrix(
    confusion: list[list[int]], class_names: list[str], title: str, target: Path
) -> None:
    """Draw `confusion_figure` into a PNG."""
    confusion_figure(confusion, class_names, title).savefig(target, dpi=DOTS_PER_INCH)


def confusion_figure(
    confusion: Sequence[Sequence[int]], class_names: Sequence[str], title: str
) -> Figure:
    """A confusion matrix, coloured by each row's shares, with counts where there is room.

    Args:
        confusion: Counts, one row per true class.
    """
    counts = np.asarray(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    num_classes = len(class_names)
    side = min(3.2 + 0.42 * num_classes, 12)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.8)
    has_counts = num_classes <= MOST_CLASSES_WITH_COUNTS
    font_size = 8 if num_classes > 3 else 10
    if has_counts:
        for row, column in np.ndindex(counts.shape):
            axes.text(
                column, row, str(counts[row, column]), ha="center", va="center",
                fontsize=font_size, color="white" if shares[row, column] > 0.5 else "black",
                in_layout=False,  # Cells never reach outside, and asking each is slow.
            )  # fmt: skip
    names = [shortened(name, LONGEST_CLASS_NAME) for name in class_names]
    are_long = max(len(name) for name in names) > (5 if num_classes <= 4 else 3)
    label_size = font_size if has_counts else 6
    axes.set_xticks(
        range(num_classes), names, fontsize=label_size,
        rotation=45 if are_long else 0, ha="right" if are_long else "center",
        rotation_mode="anchor" if are_long else None,
    )  # fmt: skip
    axes.set_yticks(range(num_classes), names, fontsize=label_size)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    # Over the whole figure, so that a long title does not move the matrix.
    figure.suptitle(shortened(title, LONGEST_TITLE), fontsize=10)
    return figure


def draw_run_figures(
    summary: dict[str, Any], run: Path, say: Callable[[str], object]
) -> list[Path]:
    """Every figure of the run in this folder; returns the files in the order they were written.

    Args:
        say: Takes a line on a figure that could not be drawn. What was measured stands
            without it, so nothing is raised.
    """
    folder = run / FIGURES
    folder.mkdir(exist_ok=True)
    written = []
    names = FileNames()
    with plain_drawing(say):
        for kind, task, draw in _run_figures(summary, run):
            target = folder / f"{names.claim(kind, task)}.png"
            try:
                draw(target)
            except Exception as error:
                say(f"{target} is left out: {type(error).__name__}: {error}")
            else:
                written.append(target)
    return written


def _run_figures(
    summary: dict[str, Any], run: Path
) -> Iterator[tuple[str, str, Callable[[Path], None]]]:
    """Each figure's kind and task, and what draws it into a file."""
    metrics, weights = run / METRICS, run / WEIGHTS
    has_epochs = metrics.is_file() and metrics.stat().st_size > 0
    matrices, scatters = _test_values(run / CONFUSIONS), _test_values(run / SCATTER)
    for task in summary["tasks"]:
        if has_epochs:
            yield "curves", task, partial(
                draw_learning_curves, metrics, task, summary["best_epoch"]
            )  # fmt: skip
        if task in scatters:
            figures = summary["test"][task]
            title = f"{task}, test split, mae {figures['mae']:.4f}, r2 {figures['r2']:.4f}"
            points = scatters[task]
            yield "scatter", task, partial(
                draw_predicted_against_true, points["true"], points["predicted"], title
            )  # fmt: skip
        if task in matrices:
            title = f"{task}, test split, accuracy {summary['test'][task]['accuracy']:.4f}"
            yield "confusion", task, partial(
                draw_confusion_matrix, matrices[task], summary["classes"][task], title
            )  # fmt: skip
        if summary.get("model") == "perceptron" and weights.is_file():
            yield "weights", task, partial(draw_perceptron_weights, weights, summary)


def _test_values(path: Path) -> dict[str, Any]:
    """What a file holds of the test split, per task; nothing where there is no file."""
    if not path.is_file():
        return {}
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")).get("test", {})
    return values
