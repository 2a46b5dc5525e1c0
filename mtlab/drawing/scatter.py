"""Points in the plane or in space, one colour per class, with a legend."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from mtlab.drawing.axes import add_legend_beside, new_figure, show_grid
from mtlab.drawing.colours import class_colours, class_marker
from mtlab.drawing.lettering import shortened

LONGEST_NAME_AMID_POINTS = 14
MOST_VECTOR_POINTS = 3000
"""Above this an SVG takes the points as one image, since a viewer would choke on each as a path."""
MOST_PUSHES = 300
MOVED_PIXELS, PADDING = 12, 4
"""A name that was pushed further from its points gets a line to them."""


class ClassPoints(NamedTuple):
    """Points, `(num_points, 2)` or `(num_points, 3)`; classes are positions in `class_names`."""

    title: str
    coordinates: npt.NDArray[np.floating]
    classes: npt.NDArray[np.int64]
    class_names: Sequence[str]
    legend_title: str
    axis_names: Sequence[str]
    are_ordered: bool = False


def draw_scatter(plots: Sequence[ClassPoints], title: str = "") -> Figure:
    """One scatter, or several side by side, no colour of which stands for two classes."""
    width, height = (8.6, 6.4) if len(plots) == 1 else (6.2 * len(plots), 4.8)
    figure = new_figure(title, width, height)
    counts = [0 if points.are_ordered else len(points.class_names) for points in plots]
    first = 0
    for index, (points, count) in enumerate(zip(plots, counts, strict=True), start=1):
        projection = "3d" if points.coordinates.shape[1] == 3 else None
        axes = figure.add_subplot(1, len(plots), index, projection=projection)
        _draw_points(axes, points, first, sum(counts))
        first += count
    # The names' places follow from where the layout puts the axes.
    figure.draw_without_rendering()
    for axes, points in zip(figure.axes, plots, strict=True):
        if points.coordinates.shape[1] == 2 and not points.are_ordered:
            _write_class_names(axes, points)
    return figure


def _draw_points(axes: Axes, points: ClassPoints, first: int, num_colours: int) -> None:
    """The first class has the colour and the marker of number `first`."""
    num_points, num_axes = points.coordinates.shape
    is_spatial = num_axes == 3
    num_classes = len(points.class_names)
    markers = np.array([class_marker(first + one) for one in range(num_classes)])
    colours = np.asarray(class_colours(num_colours)[first : first + num_classes])
    if points.are_ordered:
        markers = np.full(num_classes, class_marker(0))
        colours = np.asarray(matplotlib.colormaps["viridis_r"](np.linspace(0.05, 1, num_classes)))
    # Shuffled, so that no class lies on top of another only because it comes later.
    order = np.random.default_rng(0).permutation(num_points)
    are_many = num_points > MOST_VECTOR_POINTS
    for marker in dict.fromkeys(markers.tolist()):
        chosen = order[markers[points.classes[order]] == marker]
        names = ("xs", "ys", "zs") if is_spatial else ("x", "y")
        columns: dict[str, Any] = dict(zip(names, points.coordinates[chosen].T, strict=True))
        axes.scatter(
            **columns,
            c=colours[points.classes[chosen]],
            s=float(np.clip(12000 / num_points, 1.2, 22)),
            alpha=0.5 if are_many else 0.85,
            linewidths=0,
            rasterized=are_many,
            marker=marker,
        )
    axes.set_title(points.title, fontsize=10)
    axes.set(**dict(zip(("xlabel", "ylabel", "zlabel"), points.axis_names, strict=False)))
    if not is_spatial:
        show_grid(axes)
    handles = [
        Line2D([], [], linestyle="", marker=marker, markersize=6, color=colour, label=name)
        for name, colour, marker in zip(points.class_names, colours, markers, strict=True)
    ]
    add_legend_beside(axes, handles, points.legend_title, 1.12 if is_spatial else 1.01)


def _write_class_names(axes: Axes, points: ClassPoints) -> None:
    """Each class's name amid its points: colours alone are hard to tell in a crowd."""
    texts, medians = [], []
    for position, name in enumerate(points.class_names):
        members = points.coordinates[points.classes == position]
        if len(members):
            medians.append(np.median(members, axis=0))
            told = shortened(name, LONGEST_NAME_AMID_POINTS)
            across, up = medians[-1]
            text = axes.text(across, up, told, ha="center", va="center", in_layout=False)
            text.set(fontsize=10 if len(name) <= 2 else 8, fontweight="bold")
            text.set_path_effects([withStroke(linewidth=3, foreground="white")])
            texts.append(text)
    if not texts:
        return
    axes.autoscale(enable=False)
    boxes = [text.get_window_extent() for text in texts]
    middles = np.array([[(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2] for box in boxes])
    moved = push_apart(middles, np.array([[box.width + PADDING, box.height + 1] for box in boxes]))
    for text, median, before, after in zip(texts, medians, middles, moved, strict=True):
        if (before == after).all():
            continue
        place = axes.transData.inverted().transform(after)
        text.set_position(tuple(place))
        if np.hypot(*(after - before)) > MOVED_PIXELS:
            axes.plot(*np.transpose([median, place]), color="0.25", linewidth=0.7)


def push_apart(
    middles: npt.NDArray[np.floating], sizes: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Boxes by their middles and sizes, `(boxes, 2)` each, moved until none covers another.

    Step by step each pair that overlaps parts along the direction in which the least is missing.
    """
    moved = middles.astype(np.float64)
    upper = np.triu(np.ones((len(moved),) * 2, dtype=bool), k=1)
    for _ in range(MOST_PUSHES):
        apart = moved[:, None] - moved[None]
        missing = (sizes[:, None] + sizes[None]) / 2 - np.abs(apart)
        overlaps = (missing > 0.1).all(axis=2) & upper
        if not overlaps.any():
            break
        for one, other in np.argwhere(overlaps):
            along = int(missing[one, other].argmin())
            step = missing[one, other, along] / 2 * (1 if apart[one, other, along] >= 0 else -1)
            moved[one, along] += step / 2
            moved[other, along] -= step / 2
    return moved
