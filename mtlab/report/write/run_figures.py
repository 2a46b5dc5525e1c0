"""Figures of one run at its end: learning curves, confusion matrices, scatters, weights."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

from mtlab.artifacts.reading import read_metrics
from mtlab.artifacts.run_dir import CONFUSIONS, FIGURES, METRICS, SCATTER, WEIGHTS
from mtlab.drawing.lettering import FileNames, plain_drawing, shortened
from mtlab.drawing.mosaic import ColourScale, Panel, as_displayable, draw_panels
from mtlab.drawing.saving import save_picture
from mtlab.report.analyse.charts import Panel as CurvePanel
from mtlab.report.analyse.run_charts import Curve, curve_panel
from mtlab.report.write.chart_figures import lines_figure
from mtlab.report.write.prediction_figures import confusion_figure, scatter_figure
from mtlab.report.write.svg import ChartFigure

DOTS_PER_INCH = 150
LONGEST_TASK = 60
PERCEPTRON_INCHES = 3.6
PERCEPTRON_WEIGHTS = "unit.weight"


def draw_run_figures(
    summary: Mapping[str, Any], run: Path, say: Callable[[str], object]
) -> list[Path]:
    """Every figure of the run in this folder, as PNG and PDF; returns the PNGs in the order they
    were written.

    Args:
        say: Takes a line on a figure that could not be drawn. What was measured stands
            without it, so nothing is raised.
    """
    folder = run / FIGURES
    folder.mkdir(exist_ok=True)
    written = []
    names = FileNames()
    with plain_drawing(say):
        for kind, task, write in _run_figures(summary, run):
            target = folder / f"{names.claim(kind, task)}.png"
            try:
                write(target)
            except Exception as error:
                say(f"{target} is left out: {type(error).__name__}: {error}")
            else:
                written.append(target)
    return written


def _run_figures(
    summary: Mapping[str, Any], run: Path
) -> Iterator[tuple[str, str, Callable[[Path], object]]]:
    """Each figure's kind, its task, and what writes it."""
    metrics, weights = run / METRICS, run / WEIGHTS
    epochs = read_metrics(metrics) if metrics.is_file() else []
    matrices, scatters = _test_values(run / CONFUSIONS), _test_values(run / SCATTER)
    if epochs and len(summary["tasks"]) > 1:
        yield "total", "loss", _into_file(total_loss_figure, epochs, summary["best_epoch"])
    for task in summary["tasks"]:
        measured = summary["test"].get(task, {})
        if epochs:
            best = summary["best_epoch"]
            yield "curves", task, _into_file(learning_curves_figure, epochs, task, best)
        if task in scatters:
            title = f"{task}, test split, mae {measured['mae']:.4f}, r2 {measured['r2']:.4f}"
            values = scatters[task]
            points = list(zip(values["true"], values["predicted"], strict=True))
            yield "scatter", task, _into_file(scatter_figure, points, title)
        if task in matrices:
            title = f"{task}, test split, accuracy {100 * measured['accuracy']:.2f}%"
            names = summary["classes"][task]
            yield "confusion", task, _into_file(confusion_figure, matrices[task], names, title)
        if summary.get("model") == "perceptron" and weights.is_file():
            yield "weights", task, partial(draw_perceptron_weights, weights, summary)


def _into_file(draw: Callable[..., ChartFigure], *of: object) -> Callable[[Path], object]:
    def write(target: Path) -> None:
        figure = draw(*of)
        figure.lay_out()
        figure.savefig(target, dpi=DOTS_PER_INCH, pil_kwargs={"compress_level": 3})
        figure.savefig(target.with_suffix(".pdf"), metadata={"CreationDate": None})

    return write


def _test_values(path: Path) -> dict[str, Any]:
    """What a file holds of the test split, per task; nothing where there is no file."""
    text = path.read_text(encoding="utf-8") if path.is_file() else "{}"
    values: dict[str, Any] = json.loads(text).get("test", {})
    return values


def learning_curves_figure(
    epochs: Sequence[Mapping[str, Any]], task: str, best_epoch: int | None
) -> ChartFigure:
    """Loss and accuracy, of regression the mean absolute error, per epoch and split."""
    measure = "accuracy" if "accuracy" in epochs[0]["val"][task] else "mae"
    curves = [Curve("", 0, (), (epochs,))]
    panels = [curve_panel(curves, task, name) for name in ("loss", measure)]
    return _with_best_epoch(panels, shortened(task, LONGEST_TASK), best_epoch)


def total_loss_figure(epochs: Sequence[Mapping[str, Any]], best_epoch: int | None) -> ChartFigure:
    """The weighted sum that training minimises, per epoch and split."""
    panel = curve_panel([Curve("", 0, (), (epochs,))])
    return _with_best_epoch([panel], "total loss of all tasks", best_epoch)


def _with_best_epoch(
    panels: Sequence[CurvePanel], title: str, best_epoch: int | None
) -> ChartFigure:
    if best_epoch is None:
        return lines_figure(panels, title)
    figure = lines_figure(panels, f"{title} (dotted: best epoch, {best_epoch})")
    for axes in figure.axes:
        axes.axvline(best_epoch, color="0.6", linestyle=":")
    return figure


def draw_perceptron_weights(weights: Path, summary: Mapping[str, Any], target: Path) -> None:
    """Weights with a diverging map centred at zero: red pixels speak for the second class.

    Beside the PNG lies an .npz with the weights.
    """
    image = load_file(weights)[PERCEPTRON_WEIGHTS].reshape(1, *summary["image_shape"])
    tiles = as_displayable(image if image.shape[1] == 1 else image.mean(axis=1, keepdims=True))
    (task,) = summary["tasks"]
    first, second = summary["classes"][task]
    figure = draw_panels(
        [Panel("", tiles, num_columns=1)],
        ColourScale.centred(tiles, "weight"),
        f"{first} (blue) against {second} (red)",
        tile_inches=PERCEPTRON_INCHES,
    )
    save_picture(figure, target, {"weights": image}, command=str(summary.get("command", "")))
