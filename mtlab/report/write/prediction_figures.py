"""Predictions on the test split as Matplotlib figures: confusion matrices and scatters."""

import json
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.colors import to_hex

from mtlab.drawing.axes import show_grid
from mtlab.drawing.colours import LINE_COLOURS
from mtlab.drawing.lettering import shortened
from mtlab.report.write.svg import ChartFigure

MOST_CLASSES_WITH_COUNTS = 12
MOST_OPAQUE_POINTS = 100
LONGEST_CLASS_NAME = 18
LONGEST_TITLE = 60
LONGEST_TITLE_BEFORE_RUN = 40
COLOUR_MAP = "Blues"
NUM_COLOURS = 32
# Neither black nor white, which a page takes for its own text and background.
DARK, BRIGHT = "#101010", "#fafafa"


def confusion_figure(
    confusion: Sequence[Sequence[int]],
    class_names: Sequence[str],
    title: str,
    run: int | None = None,
) -> ChartFigure:
    """A confusion matrix, coloured by each row's shares, with counts where there is room.

    Args:
        confusion: Counts, one row per true class.
        run: Its number in a report.
    """
    counts = np.asarray(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    num_classes = len(class_names)
    side = min(3.2 + 0.42 * num_classes, 12)
    figure = ChartFigure(side + 0.8, side)
    axes = figure.subplots()
    # Without interpolation a vector file holds one pixel per cell, which a page can fill anew.
    image = axes.imshow(shares, cmap=COLOUR_MAP, vmin=0, vmax=1, interpolation="none")
    colours = matplotlib.colormaps[COLOUR_MAP](np.linspace(0, 1, NUM_COLOURS))
    figure.mark(
        [image],
        matrix=json.dumps(counts.tolist(), separators=(",", ":")),
        names=json.dumps(list(class_names), ensure_ascii=False),
        colours=[to_hex(colour) for colour in colours],
    )
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.8)
    has_counts = num_classes <= MOST_CLASSES_WITH_COUNTS
    font_size = 8 if num_classes > 3 else 10
    for row, column in np.ndindex(counts.shape) if has_counts else ():
        cell = axes.text(
            column,
            row,
            str(counts[row, column]),
            ha="center",
            va="center",
            fontsize=font_size,
            color=BRIGHT if shares[row, column] > 0.5 else DARK,
            in_layout=False,  # Cells never reach outside, and asking each is slow.
        )
        figure.mark([cell], cell=f"{row} {column}")
    names = [shortened(name, LONGEST_CLASS_NAME) for name in class_names]
    are_long = max(len(name) for name in names) > (5 if num_classes <= 4 else 3)
    label_size = font_size if has_counts else 6
    axes.set_xticks(range(num_classes), names, fontsize=label_size)
    if are_long:
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(num_classes), names, fontsize=label_size)
    axes.set(xlabel="predicted", ylabel="true")
    _title(figure, title, run)
    return figure


def scatter_figure(
    points: Sequence[tuple[float, float]],
    title: str,
    run: int | None = None,
    limits: tuple[float, float] | None = None,
) -> ChartFigure:
    """Predicted against true values on equal axes, with the diagonal of a perfect prediction.

    Args:
        points: Pairs of true and predicted value.
        limits: Of both axes, where others' points are to fit too.
    """
    true, predicted = zip(*points, strict=True)
    low, high = limits or (min(*true, *predicted), max(*true, *predicted))
    margin = 0.03 * (high - low) or 0.5
    ends = (low - margin, high + margin)
    figure = ChartFigure(4.6, 4.6)
    axes = figure.subplots()
    axes.plot(ends, ends, color="#808080", linestyle="--", linewidth=1, label="perfect")
    drawn = axes.scatter(
        true,
        predicted,
        s=10,
        color=LINE_COLOURS[0],
        linewidths=0,
        alpha=0.8 if len(true) <= MOST_OPAQUE_POINTS else 0.35,
    )
    figure.mark([drawn], x=true, y="|".join(f"{y:g}" for y in predicted))
    figure.mark([axes.patch], low=ends[0], high=ends[1])
    axes.set(xlim=ends, ylim=ends, aspect="equal", xlabel="true", ylabel="predicted")
    show_grid(axes)
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    _title(figure, title, run)
    return figure


def _title(figure: ChartFigure, text: str, run: int | None) -> None:
    """Over the whole figure, so that a long title does not move the axes."""
    told = shortened(text, LONGEST_TITLE)
    if run is not None:
        told = f"{shortened(text, LONGEST_TITLE_BEFORE_RUN)}, test split, run {run}"
    figure.mark([figure.suptitle(told, fontsize=10)], title=told)
