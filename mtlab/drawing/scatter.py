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
from mtlab.drawing.colours import class_colours

LONGEST_NAME_AMID_POINTS = 2
MOST_VECTOR_POINTS = 3000
"""Above this an SVG takes the points as one image, since a viewer would choke on each as a path."""


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
    """One scatter, or several side by side."""
    width, height = (8.6, 6.4) if len(plots) == 1 else (6.2 * len(plots), 4.8)
    figure = new_figure(title, width, height)
    for index, points in enumerate(plots, start=1):
        projection = "3d" if points.coordinates.shape[1] == 3 else None
        _draw_points(figure.add_subplot(1, len(plots), index, projection=projection), points)
    return figure


def _draw_points(axes: Axes, points: ClassPoints) -> None:
    num_points, num_axes = points.coordinates.shape
    is_spatial = num_axes == 3
    num_classes = len(points.class_names)
    colours = np.asarray(
        matplotlib.colormaps["viridis_r"](np.linspace(0.05, 1, num_classes))
        if points.are_ordered
        else class_colours(num_classes)
    )
    # Shuffled, so that no class lies on top of another only because it comes later.
    order = np.random.default_rng(0).permutation(num_points)
    names = ("xs", "ys", "zs") if is_spatial else ("x", "y")
    columns: dict[str, Any] = dict(zip(names, points.coordinates[order].T, strict=True))
    are_many = num_points > MOST_VECTOR_POINTS
    axes.scatter(
        **columns,
        c=colours[points.classes[order]],
        s=float(np.clip(12000 / num_points, 1.2, 22)),
        alpha=0.5 if are_many else 0.85,
        linewidths=0,
        rasterized=are_many,
    )
    axes.set_title(points.title, fontsize=10)
    axes.set(**dict(zip(("xlabel", "ylabel", "zlabel"), points.axis_names, strict=False)))
    if not is_spatial:
        show_grid(axes)
        _write_class_names(axes, points)
    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=6, color=colour, label=name)
        for name, colour in zip(points.class_names, colours, strict=True)
    ]
    add_legend_beside(axes, handles, points.legend_title, 1.12 if is_spatial else 1.01)


def _write_class_names(axes: Axes, points: ClassPoints) -> None:
    """Each class's name amid its points: colours alone are hard to tell in a crowd.

    Long names would cover each other; they stand in the legend only.
    """
    if max(map(len, points.class_names)) > LONGEST_NAME_AMID_POINTS:
        return
    for position, name in enumerate(points.class_names):
        members = points.coordinates[points.classes == position]
        if len(members):
            across, up = np.median(members, axis=0)
            text = axes.text(across, up, name, ha="center", va="center")
            text.set(fontsize=10, fontweight="bold")
            text.set_path_effects([withStroke(linewidth=3, foreground="white")])
