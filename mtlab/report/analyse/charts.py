"""What a chart is: its kind, and what it shows as plain numbers, for page and files alike."""

from collections.abc import Mapping, Sequence
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


LAMBDA = Kind(
    "lambda",
    "lambda",
    "Accuracy against lambda",
    "The loss is lambda times the first task's plus (1 - lambda) times the second's."
    " Bars are 95% intervals over seeds; a cross is what was published.",
    "charts over lambda",
)
COST = Kind(
    "cost",
    "costs",
    "Accuracy against parameters and time",
    "Filled points lie on the Pareto front: no other is cheaper and as accurate, or as cheap and"
    " more accurate. Bars are 95% intervals over seeds.",
    "charts over costs",
)
CURVES = Kind(
    "curves",
    "curves",
    "Learning curves",
    "One line per run, one colour per configuration. Solid: training, while the weights moved;"
    " dashed and hollow: validation, at the end of the epoch.",
    "learning curves",
)
PERCEPTRON = Kind(
    "perceptron",
    "perceptrons",
    "Error curves of perceptrons",
    "Mean of |sign(w·x + b) - y| over the training images after each iteration, with labels -1"
    " and +1: 2 is all wrong, 0 is all right.",
    "error curves of perceptrons",
)
CONFUSION = Kind(
    "confusion",
    "confusions",
    "Confusion matrix",
    "Test split; colour: share of the true class, numbers: images.",
    "confusion matrices",
)
SCATTER = Kind(
    "scatter",
    "scatters",
    "Predicted against true",
    "Test split; a perfect prediction lies on the dashed line.",
    "scatters of predicted against true values",
)
KINDS = (LAMBDA, COST, CURVES, PERCEPTRON, CONFUSION, SCATTER)


@dataclass(frozen=True)
class Line:
    """Points that look alike, `y` in the report's unit.

    Attributes:
        label: In the legend, where lines of one label are one entry; empty for none.
        estimates: Of accuracies over seeds, what `y` is the mean of.
        split: Of curves, `training` or `validation`.
        on_front: Whether points are filled.
    """

    label: str
    runs: tuple[int, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    estimates: tuple[Estimate, ...] = ()
    style: Literal["joined", "points", "front", "published"] = "joined"
    split: str = ""
    on_front: bool = True


class Panel(NamedTuple):
    """One pair of axes; `over` is the x axis's short name, and decides its scale."""

    over: str
    x_title: str
    y_title: str
    lines: list[Line]


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
