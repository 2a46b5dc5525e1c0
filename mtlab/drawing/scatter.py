"""Points in the plane or in space, one colour per class, with a legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from mtlab.drawing.axes import add_legend_beside, show_grid
from mtlab.drawing.colours import class_colours

LONGEST_NAME_AMID_POINTS = 2
MOST_VECTOR_POINTS = 3000
"""Above this an SVG takes the points as one image, since a viewer would choke on each as a path."""


@dataclass(frozen=True)
class ClassPoints:
    """Points of one picture.

    Attributes:
        coordinates: `(num_points, 2)` or `(num_points, 3)`.
        classes: `(num_points,)`, positions in `class_names`.
        legend_title: The task's name.
        are_ordered: Whether the classes have an order, which their colours then show.
    """

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
    figure = Figure(figsize=(width, height), layout="constrained")
    if title:
        figure.suptitle(title, fontsize=11)
    for index, points in enumerate(plots, start=1):
        is_spatial = points.coordinates.shape[1] == 3
        axes = figure.add_subplot(1, len(plots), index, projection="3d" if is_spatial else None)
        _draw_points(axes, points)
    return figure


def _draw_points(axes: Axes, points: ClassPoints) -> None:
    num_points = len(points.coordinates)
    is_spatial = points.coordinates.shape[1] == 3
    num_classes = len(points.class_names)
    colours = np.asarray(
        matplotlib.colormaps["viridis_r"](np.linspace(0.05, 1, num_classes))
        if points.are_ordered
        else class_colours(num_classes)
    )
    # Shuffled, so that no class lies on top of another only because it comes later.
    order = np.random.default_rng(0).permutation(num_points)
    area = float(np.clip(12000 / num_points, 1.2, 22))
    names = ("xs", "ys", "zs") if is_spatial else ("x", "y")
    columns: dict[str, Any] = dict(zip(names, points.coordinates[order].T, strict=True))
    axes.scatter(
        **columns,
        c=colours[points.classes[order]],
        s=area,
        alpha=0.85 if num_points <= MOST_VECTOR_POINTS else 0.5,
        linewidths=0,
        rasterized=num_points > MOST_VECTOR_POINTS,
    )
    axes.set_title(points.title, fontsize=10)
    axes.set_xlabel(points.axis_names[0])
    axes.set_ylabel(points.axis_names[1])
    if is_spatial:
        axes.set_zlabel(points.axis_names[2])  # type: ignore[attr-defined]
    else:
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
