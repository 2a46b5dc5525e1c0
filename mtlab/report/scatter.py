"""Predicted against true values of a regression task."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

DOTS_PER_INCH = 150
POINT_COLOUR = "#0072B2"
MOST_OPAQUE_POINTS = 100


def draw_predicted_against_true(
    true: Sequence[float], predicted: Sequence[float], title: str, target: Path
) -> None:
    """Draw `scatter_figure` into a PNG."""
    scatter_figure(true, predicted, title).savefig(target, dpi=DOTS_PER_INCH)


def scatter_figure(true: Sequence[float], predicted: Sequence[float], title: str) -> Figure:
    """A scatter on equal axes, with the diagonal that a perfect prediction would lie on.

    Args:
        true, predicted: One value per sample, in the same order.
    """
    figure = Figure(figsize=(4.4, 4.4), layout="constrained")
    axes = figure.subplots()
    low, high = min(*true, *predicted), max(*true, *predicted)
    margin = 0.03 * (high - low) or 0.5
    limits = (low - margin, high + margin)
    axes.plot(limits, limits, color="0.5", linestyle="--", linewidth=1, label="perfect")
    axes.scatter(
        true, predicted, s=10, color=POINT_COLOUR, linewidths=0, rasterized=True,
        alpha=0.8 if len(true) <= MOST_OPAQUE_POINTS else 0.35,
    )  # fmt: skip
    axes.set_xlim(limits)
    axes.set_ylim(limits)
    axes.set_aspect("equal")
    axes.set_xlabel("true")
    axes.set_ylabel("predicted")
    axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    return figure
