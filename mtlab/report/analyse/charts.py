"""What a chart is: its kind, and what it shows as plain numbers, for page and files alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from mtlab.report.analyse.groups import Estimate


class Kind(NamedTuple):
    """A kind of chart; `word` is how its files' names begin, `section` its place in the page."""

    word: str
    section: str
    title: str
    caption: str
    plural: str


SPREAD = "over seeds reach from the lowest to the highest run."
"""Two or three seeds, as most have, make intervals that are wider than any axis."""

LAMBDA = Kind(
    "lambda",
    "lambda",
    "Accuracy against lambda",
    "The loss is lambda times the first task's plus (1 - lambda) times the second's. A task whose"
    " loss has weight 0 is guessed: where its accuracy lies below the axes, an arrow tells it."
    f" Bars and bands {SPREAD}",
    "charts over lambda",
)
COST = Kind(
    "cost",
    "costs",
    "Accuracy against parameters and time",
    "Filled points lie on the Pareto front: no other is cheaper and as accurate, or as cheap and"
    f" more accurate. Points at the same cost stand side by side. Bars {SPREAD}",
    "charts over costs",
)
CURVES = Kind(
    "curves",
    "curves",
    "Learning curves",
    "One line per configuration: the mean of its completed runs that reached the epoch, in a band"
    " from the lowest to the highest of them. Solid: training, while the weights moved; dashed and"
    " hollow: validation, at the end of the epoch. A task whose loss has weight 0 is left out.",
    "learning curves",
)
TOTAL_LOSS = Kind(
    "loss",
    "losses",
    "Total loss",
    "The weighted sum that training minimises, as mean and band of each configuration; where its"
    " weights move or are learned, all tasks count the same. Sums of other weights are other"
    " quantities, so each weighting has its own axes. A star: the test split, measured once, with"
    " the network of that epoch.",
    "charts of the total loss",
)
PERCEPTRON = Kind(
    "perceptron",
    "perceptrons",
    "Error curves of perceptrons",
    "Mean of |sign(w·x + b) - y| over the training images after each iteration, with labels -1"
    " and +1: 2 is all wrong, 0 is all right. Lines are means over seeds, bands reach from the"
    " lowest to the highest run; one that stopped keeps its error.",
    "error curves of perceptrons",
)
CONFUSION = Kind(
    "confusion",
    "confusions",
    "Confusion matrix",
    "Test split; numbers are images. Blue: right, orange: wrong, as shares of the true class, each"
    " on its own scale.",
    "confusion matrices",
)
SCATTER = Kind(
    "scatter",
    "scatters",
    "Predicted against true",
    "Test split; a perfect prediction lies on the dashed line.",
    "scatters of predicted against true values",
)
KINDS = (LAMBDA, COST, CURVES, TOTAL_LOSS, PERCEPTRON, CONFUSION, SCATTER)


@dataclass(frozen=True)
class Line:
    """Points that look alike, `y` in the report's unit.

    Attributes:
        label: In the legend, where lines of one label are one entry; empty for none.
        low, high: The lowest and the highest of the runs that `y` is the mean of; empty for one.
        group: The configuration's number, which decides the colour; 0 for a line through several.
        estimates: Of accuracies over seeds, what `y` is the mean of.
        on_validation: The same of validation, for the tables beside a chart.
        style: `front` guides the eye; `single` is a level that the others stand against.
        split: Of curves, `training` or `validation`; `test` of a point beside them.
        on_front: Whether points are filled.
        guessed: Places on the x axis where the task's loss has weight 0.
    """

    label: str
    runs: tuple[int, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    group: int = 0
    estimates: tuple[Estimate, ...] = ()
    on_validation: tuple[Estimate | None, ...] = ()
    style: Literal["joined", "points", "front", "published", "single"] = "joined"
    split: str = ""
    on_front: bool = True
    guessed: tuple[float, ...] = ()

    def ends(self) -> Iterator[tuple[float, float]]:
        """Every place that the line, its bars or its band reach."""
        for values in (self.y, self.low, self.high):
            yield from zip(self.x, values, strict=False)  # One run has no spread.


class Panel(NamedTuple):
    """One pair of axes; `over` is the x axis's short name, and decides its scale."""

    over: str
    x_title: str
    y_title: str
    lines: list[Line]
    title: str = ""


class Predictions(NamedTuple):
    """What runs predicted of one task on the test split, of which a file shows one run's.

    `values` are by a run's number its confusion matrix, rows are true classes; of regression, with
    no class names, pairs of true and predicted value.
    """

    run: int
    class_names: tuple[str, ...] | None
    values: Mapping[int, tuple[tuple[Any, ...], ...]]


@dataclass(frozen=True)
class Chart:
    """A chart of a report: panels side by side, or predictions.

    Attributes:
        topic: Which dataset, task or problem.
        part: Which of several charts on the topic.
        name: Of its files, without the ending; empty for a chart that only the page shows.
        svg: The drawing as an `<svg>` element; empty until it is drawn.
    """

    kind: Kind
    topic: str
    caption: str
    panels: Sequence[Panel] = ()
    predictions: Predictions | None = None
    part: str = ""
    name: str = ""
    svg: str = ""

    @property
    def title(self) -> str:
        return f"{self.kind.title}: {self.topic}"
