"""Where a regression task's predictions are too high or too low: predicted minus true."""

import numpy as np
from matplotlib.figure import Figure

from mtlab.data.tasks import RegressionTask
from mtlab.drawing.axes import new_figure, show_grid
from mtlab.drawing.colours import LINE_COLOURS, WRONG_COLOUR
from mtlab.drawing.saving import Array
from mtlab.drawing.scatter import MOST_VECTOR_POINTS
from mtlab.visualize.embeddings import value_fifths
from mtlab.visualize.subject import Picture, Subject

MOST_BINS = 40


class Residuals(Picture):
    """A picture and a table per task that has values; it has no keys."""

    heeds = frozenset({"task"})

    def draw(self, subject: Subject) -> None:
        for task in subject.tasks_of(RegressionTask, "residuals"):
            predicted, true = (one.double().numpy() for one in subject.labelled(task.name))
            residuals = predicted - true
            figure = _draw_residuals(true, residuals, task.name)
            numbers = {"true": true, "predicted": predicted, "residuals": residuals}
            subject.save(figure, f"residuals/{task.name}", numbers, vector=True)
            subject.save_table(f"residuals/{task.name}", lines_of_fifths(true, residuals))


def lines_of_fifths(true: Array, residuals: Array) -> list[dict[str, object]]:
    """The mean residual and the mean absolute one in each fifth of the true values, and overall."""
    classes, names = value_fifths(true)
    pairs = zip(np.unique(classes), names, strict=True)
    parts = {name: residuals[classes == one] for one, name in pairs}
    return [
        {
            "true_values": name,
            "images": len(part),
            "mean_residual": float(part.mean()),
            "mean_absolute_error": float(np.abs(part).mean()),
            "root_mean_squared_error": float(np.sqrt(np.square(part).mean())),
        }
        for name, part in {**parts, "all": residuals}.items()
    ]


def _draw_residuals(true: Array, residuals: Array, name: str) -> Figure:
    """Points over the true values with the mean of each fifth, and their distribution beside."""
    mean, absolute = residuals.mean(), np.abs(residuals).mean()
    title = (
        f"{name} on {len(true):,} test images: mean residual {mean:+.3g}, mean absolute error"
        f" {absolute:.3g}"
    )
    figure = new_figure(title, 8.8, 4.6)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[3, 1])
    size = float(np.clip(9000 / len(true), 2, 16))
    is_image = len(true) > MOST_VECTOR_POINTS
    left.scatter(
        true,
        residuals,
        s=size,
        color=LINE_COLOURS[0],
        alpha=0.45,
        linewidths=0,
        rasterized=is_image,
        label="a test image",
    )
    classes, _ = value_fifths(true)
    fifths = [classes == one for one in np.unique(classes)]
    middles = [true[one].mean() for one in fifths]
    means = [residuals[one].mean() for one in fifths]
    left.plot(middles, means, "s-", color=WRONG_COLOUR, label="mean of a fifth of them")
    left.set(xlabel=f"true {name}", ylabel="predicted minus true")
    left.legend(fontsize=8, frameon=False)
    num_bins = int(np.clip(np.sqrt(len(residuals)), 5, MOST_BINS))
    right.hist(residuals, num_bins, orientation="horizontal", color=LINE_COLOURS[0], zorder=2)
    right.set_xlabel("test images")
    for axes in (left, right):
        axes.axhline(0, color="0.2", linewidth=1)
        show_grid(axes)
    return figure
