"""Predictions on the test split as Matplotlib figures: confusion matrices and scatters."""

import json
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize, to_hex

from mtlab.drawing.axes import show_grid
from mtlab.drawing.colours import LINE_COLOURS
from mtlab.drawing.lettering import shortened
from mtlab.report.write.svg import ChartFigure

Array = npt.NDArray[Any]

MOST_CLASSES_WITH_COUNTS = 12
MOST_OPAQUE_POINTS = 100
LONGEST_CLASS_NAME = 18
LONGEST_TITLE = 60
LONGEST_TITLE_BEFORE_RUN = 40
NUM_COLOURS = 32
# A single wrong image has a colour that is seen, a few right ones too.
COLOURS = {
    name: matplotlib.colormaps[colour_map](np.linspace(0.12, 0.95, NUM_COLOURS))
    for name, colour_map in (("right", "Blues"), ("wrong", "Oranges"))
}
ENDS_OF_WRONG = tuple(n * unit for unit in (0.01, 0.1) for n in (1, 2, 3, 4, 5, 6, 8, 10))
"""Where the scale of errors may end, as a share of the true class: half of it is short."""
# Neither black nor white, which a page takes for its own text and background.
DARK, BRIGHT, FAINT = "#101010", "#fafafa", "#9a9a9a"


def confusion_figure(
    confusion: Sequence[Sequence[int]],
    class_names: Sequence[str],
    title: str,
    run: int | None = None,
) -> ChartFigure:
    """A confusion matrix: counts where there is room, coloured by each row's shares.

    What is wrong has its own colour and scale, which ends at the greatest share of errors: where
    nearly all is right, one sees what is not.

    Args:
        confusion: Counts, one row per true class.
        run: Its number in a report.
    """
    counts = np.asarray(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    is_right = np.eye(len(counts), dtype=bool)
    most_wrong = float(shares[~is_right].max(initial=0))
    end_of_wrong = next(end for end in ENDS_OF_WRONG if end >= most_wrong)
    levels = np.where(is_right, shares, shares / end_of_wrong)
    num_classes = len(class_names)
    side = min(3.2 + 0.42 * num_classes, 12)
    figure = ChartFigure(side + 1.2, side)
    grid = figure.add_gridspec(2, 2, width_ratios=(24, 1))
    axes = figure.add_subplot(grid[:, 0])
    places = np.rint(levels * (NUM_COLOURS - 1)).astype(int)
    pixels = np.where(is_right[..., None], COLOURS["right"][places], COLOURS["wrong"][places])
    pixels[counts == 0] = 0  # Transparent: a page is dark or light.
    # Without interpolation a vector file holds one pixel per cell, which a page can fill anew.
    image = axes.imshow(pixels, interpolation="none")
    figure.mark(
        [image],
        matrix=json.dumps(counts.tolist(), separators=(",", ":")),
        names=json.dumps(list(class_names), ensure_ascii=False),
        ends=ENDS_OF_WRONG,
        **{name: [to_hex(colour) for colour in colours] for name, colours in COLOURS.items()},
    )
    for row, (name, end) in enumerate((("right", 1.0), ("wrong", end_of_wrong))):
        _add_scale(figure, figure.add_subplot(grid[row, 1]), name, end)
    has_counts = num_classes <= MOST_CLASSES_WITH_COUNTS
    font_size = 8 if num_classes > 3 else 10
    if has_counts:
        _add_counts(figure, axes, counts, levels, font_size)
    _name_classes(axes, class_names, font_size if has_counts else 6)
    _title(figure, title, run)
    return figure


def _add_counts(
    figure: ChartFigure, axes: Axes, counts: Array, levels: Array, font_size: int
) -> None:
    """Wrong ones bold, and none at all faint."""
    for (row, column), count in np.ndenumerate(counts):
        cell = axes.text(
            column,
            row,
            str(count),
            ha="center",
            va="center",
            fontsize=font_size,
            color=BRIGHT if levels[row, column] > 0.6 else DARK if count else FAINT,
            fontweight="bold" if row != column and count else "normal",
            in_layout=False,  # Cells never reach outside, and asking each is slow.
        )
        figure.mark([cell], cell=f"{row} {column}")


def _name_classes(axes: Axes, class_names: Sequence[str], font_size: int) -> None:
    names = [shortened(name, LONGEST_CLASS_NAME) for name in class_names]
    are_long = max(len(name) for name in names) > (5 if len(names) <= 4 else 3)
    axes.set_xticks(range(len(names)), names, fontsize=font_size)
    if are_long:
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names, fontsize=font_size)
    axes.set(xlabel="predicted class", ylabel="true class")


def _add_scale(figure: ChartFigure, axes: Axes, name: str, end: float) -> None:
    """A bar whose ticks are parts of its end, which a page changes with the run."""
    bar = figure.colorbar(ScalarMappable(Normalize(0, end), ListedColormap(COLOURS[name])), axes)
    parts = (0.0, 0.5, 1.0)
    labels = [f"{100 * end * part:.3g}" for part in parts]
    bar.set_ticks([end * part for part in parts], labels=labels)
    axes.tick_params(labelsize=7)
    bar.set_label(f"{name} [% of the true class]", fontsize=8)
    for part, label in zip(parts, axes.get_yticklabels(), strict=True):
        figure.mark([label] if name == "wrong" else [], part=part)


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
    axes.set(xlim=ends, ylim=ends, aspect="equal", xlabel="true value", ylabel="predicted value")
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
