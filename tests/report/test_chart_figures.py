"""Figures that are read at 100%: ticks apart from each other, limits that measures can reach."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from made_runs import write_run
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from mtlab.drawing.axes import short_number, show_costs, show_epochs, within_percent
from mtlab.report.analyse.charts import COST, KINDS
from mtlab.report.analyse.report import Report
from mtlab.report.read.folders import collect
from mtlab.report.write.chart_figures import chart_figure


def report_of(folder: Path) -> Report:
    return Report(collect([folder]), [str(folder)])


def drawn(figure: Figure) -> FigureCanvasAgg:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas


def tick_labels(axes: Axes) -> list[Text]:
    low, high = axes.get_xlim()
    ticks = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
    return [label for place, label in ticks if low <= place <= high and label.get_text()]


def boxes(canvas: FigureCanvasAgg, texts: list[Text]) -> list[Bbox]:
    return [text.get_window_extent(canvas.get_renderer()) for text in texts]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.25, "0.25"),
        (950, "950"),
        (1000, "1 k"),
        (1500, "1.5 k"),
        (500_000, "500 k"),
        (1_500_000, "1.5 M"),
        (20_000_000, "20 M"),
    ],
)
def test_numbers_on_axes_are_short(value: float, text: str):
    assert short_number(value) == text


@pytest.mark.parametrize(
    "costs",
    [
        (853_030, 4_458_314),
        (300_000, 4_000_000),
        (5_830, 1_796_010),
        (100, 90_000_000),
        (0.31, 1.76),
        (4.8, 720),
        (0, 3),
    ],
)
def test_ticks_of_costs_do_not_touch(costs: tuple[float, float]):
    figure = Figure(figsize=(4, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot(costs, (1, 2), "o")
    show_costs(axes, costs)
    canvas = drawn(figure)
    labels = tick_labels(axes)
    assert len(labels) >= 2
    assert not any("$" in label.get_text() for label in labels)
    for left, right in pairwise(boxes(canvas, labels)):
        assert left.x1 < right.x0


@pytest.mark.parametrize(("last", "expected"), [(1, ["1"]), (2, ["1", "2"]), (3, ["1", "2", "3"])])
def test_epochs_are_whole_numbers(last: int, expected: list[str]):
    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    show_epochs(axes, last)
    drawn(figure)
    assert [label.get_text() for label in tick_labels(axes)] == expected


@pytest.mark.parametrize(
    ("mean", "half_width", "reach"),
    [
        (50, 20, (20, 20)),
        (90, 60, (60, 10)),
        (5, 60, (5, 60)),
        (100, 3, (3, 0)),
        (50, None, (0, 0)),
    ],
)
def test_intervals_end_where_percents_do(
    mean: float, half_width: float | None, reach: tuple[float, float]
):
    assert within_percent(mean, half_width) == reach


def write_costs(folder: Path, name_length: int) -> None:
    for job in range(12):
        for seed in (0, 1):
            write_run(
                folder / f"{job}_{seed}",
                seed=seed,
                accuracy=0.4 + job / 20 + seed / 10,
                parameters={"total": 400_000 + 300_000 * job},
                row=f"{job} {'x' * name_length}",
                settings={"model.widths": [job]},
                seconds={"train": 5 + 3 * job},
                dataset="d" * 60,
            )


@pytest.mark.parametrize("name_length", [3, 24, 40, 200])
def test_a_legend_leaves_the_charts_their_room(tmp_path: Path, name_length: int):
    write_costs(tmp_path, name_length)
    (chart,) = (chart for chart in report_of(tmp_path).charts if chart.kind is COST)
    figure = chart_figure(chart)
    canvas = drawn(figure)
    renderer = canvas.get_renderer()
    (legend,) = figure.legends
    legend_box = legend.get_window_extent(renderer)
    width, _ = canvas.get_width_height()
    for axes in figure.axes:
        box = axes.get_window_extent(renderer)
        assert box.width > 0.25 * width
        assert box.height > 2.5 * figure.dpi
        assert not box.overlaps(legend_box)
        assert axes.get_ylim()[0] >= 0
        assert axes.get_ylim()[1] <= 100
    (title,) = (text for text in figure.texts if text.get_text())
    assert not title.get_window_extent(renderer).overlaps(legend_box)
    assert legend_box.x0 >= 0
    assert legend_box.x1 <= width
    assert legend_box.y0 >= 0


def test_every_planned_figure_is_drawn_after_one_epoch(tmp_path: Path):
    for job in (0, 1):
        write_run(
            tmp_path / f"{job}",
            epochs=1,
            tasks=("article", "group"),
            parameters={"total": 9 + job},
            settings={"mtl.name": "lambda", "mtl.lambda": job},
        )
    write_run(tmp_path / "2", epochs=1, model="perceptron", values=("c",))
    kinds = set()
    for chart in report_of(tmp_path).charts:
        drawn(chart_figure(chart))
        kinds.add(chart.kind)
    assert kinds == set(KINDS)
