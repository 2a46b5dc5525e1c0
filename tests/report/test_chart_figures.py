"""Figures that are read at 100%: ticks apart from each other, limits that measures can reach."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from made_runs import write_run
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from mtlab.drawing.axes import short_number, show_costs, show_epochs
from mtlab.report.analyse.charts import COST, CURVES, KINDS, LAMBDA, Chart, Kind, Line, Panel
from mtlab.report.analyse.report import Report
from mtlab.report.read.folders import collect
from mtlab.report.write.chart_figures import chart_figure
from mtlab.report.write.looks import group_places, looks_of
from mtlab.report.write.prediction_figures import confusion_figure


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
            settings={"mtl.name": "lambda", "mtl.lambda": (1 + job) / 2},
        )
        widths = {"model.widths": [job + 1]}
        write_run(tmp_path / f"mlp{job}", epochs=1, dataset="mnist", settings=widths)
    write_run(tmp_path / "2", epochs=1, model="perceptron", values=("c",))
    kinds = set()
    for chart in report_of(tmp_path).charts:
        drawn(chart_figure(chart))
        kinds.add(chart.kind)
    assert kinds == set(KINDS)


def chart_of(folder: Path, kind: Kind) -> Chart:
    return next(chart for chart in report_of(folder).charts if chart.kind is kind)


def write_guesses(folder: Path, seeds: int = 1) -> None:
    """The article's accuracy at lambda 0, 0.5 and 1."""
    for seed in range(seeds):
        for value, accuracy in ((0, 0.1), (0.5, 0.8), (1, 0.9)):
            write_run(
                folder / f"{value}_{seed}",
                seed=seed,
                tasks=("article", "group"),
                accuracy=accuracy + seed / 100,
                settings={"mtl.name": "lambda", "mtl.lambda": value},
            )


def test_a_guess_does_not_squeeze_what_was_learned(tmp_path: Path):
    write_guesses(tmp_path)
    figure = chart_figure(chart_of(tmp_path, LAMBDA))
    article, group = figure.axes
    low, high = article.get_ylim()
    assert 70 < low < 80
    assert 90 < high <= 100
    assert [text.get_text() for text in article.texts] == ["↓ 10.0 % (weight 0)"]
    # Of the other task lambda 0 is the whole weight, and 1 none; its guess lies within.
    assert group.get_ylim()[0] < 10
    assert [text.get_text() for text in group.texts] == []


def drawn_bars(figure: Figure) -> list[tuple[float, float]]:
    """Where upright bars stand, in pixels across, and how long they are."""
    FigureCanvasAgg(figure).draw()
    return [
        (float(start[0]), float(end[1] - start[1]))
        for collection in figure.axes[0].collections
        for path in collection.get_paths()
        for start, end in [collection.get_transform().transform(path.vertices)]
    ]


def test_bars_at_one_place_stand_side_by_side(tmp_path: Path):
    for job in range(4):
        for seed in (0, 1):
            write_run(
                tmp_path / f"{job}_{seed}",
                seed=seed,
                accuracy=0.8 + seed / 10,
                parameters={"total": 1000 if job < 3 else 2000},
                settings={"optimizer.lr": job + 1},
            )
    bars = drawn_bars(chart_figure(chart_of(tmp_path, COST)))
    places = sorted(place for place, length in bars if length > 1)
    assert len(places) == 4
    assert min(right - left for left, right in pairwise(places)) > 5


def test_a_legend_names_what_is_drawn_and_nothing_else(tmp_path: Path):
    # Of two costs the cheaper is the better: the front is one point, and no line.
    for job, (size, accuracy) in enumerate(((1000, 0.9), (2000, 0.8))):
        write_run(
            tmp_path / f"{job}",
            accuracy=accuracy,
            parameters={"total": size},
            settings={"model.widths": [size]},
        )
    (legend,) = chart_figure(chart_of(tmp_path, COST)).legends
    assert [text.get_text() for text in legend.get_texts()] == ["widths=[1000]", "widths=[2000]"]


def test_configurations_that_the_legend_has_no_room_for_are_points_too(tmp_path: Path):
    for job in range(16):
        settings = {"optimizer.lr": job + 1}
        write_run(tmp_path / f"{job}", parameters={"total": 1000 + job}, settings=settings)
    figure = chart_figure(chart_of(tmp_path, COST))
    points = [line for line in figure.axes[0].lines if line.get_linestyle() != ":"]
    assert len(points) == 16
    assert all(line.get_marker() not in ("", "None") for line in points)
    assert figure.legends[0].get_texts()[-1].get_text() == "2 more configurations"


def test_a_report_of_one_configuration_tells_splits_apart_by_colour(tmp_path: Path):
    write_run(tmp_path / "0")
    figure = chart_figure(chart_of(tmp_path, CURVES))
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["training", "validation"]
    training, validation = figure.axes[0].lines
    assert training.get_color() != validation.get_color()


def test_a_configuration_has_one_colour_in_every_chart_and_none_beside_it_the_same(tmp_path: Path):
    for job in range(9):
        write_run(
            tmp_path / f"{job}",
            dataset="mnist" if job % 2 else "digits",
            parameters={"total": 1000 + job},
            settings={"optimizer.lr": job + 1},
        )
    charts = report_of(tmp_path).charts
    places = group_places(charts)
    colours: dict[int, set[str]] = {}
    for chart in charts:
        lines = [line for panel in chart.panels for line in panel.lines if line.group]
        looks = looks_of(lines, places)
        shown = {line.group: looks[line.label] for line in lines}
        assert len({look.colour for look in shown.values()}) == len(shown)
        for number, look in shown.items():
            colours.setdefault(number, set()).add(look.colour)
    assert {number: len(found) for number, found in colours.items()} == dict.fromkeys(places, 1)


def test_more_configurations_than_colours_differ_in_their_markers():
    lines = [Line(f"{n}", (n,), (1.0,), (1.0,), group=n) for n in range(1, 15)]
    chart = Chart(COST, "", "", [Panel("", "", "", lines)])
    looks = looks_of(lines, group_places([chart])).values()
    assert len({(look.colour, look.marker) for look in looks}) == 14


def test_errors_of_a_confusion_matrix_have_their_own_colour_and_scale():
    figure = confusion_figure([[995, 5], [0, 1000]], ("a", "b"), "title")
    image = np.asarray(figure.axes[0].images[0].get_array())
    assert image[0, 1][0] > image[0, 1][2]  # Orange,
    assert image[0, 0][2] > image[0, 0][0]  # beside blue,
    assert image[1, 0][3] == 0  # and nothing where there are none.
    drawn(figure)
    ends = [[text.get_text() for text in axes.get_yticklabels()][-1] for axes in figure.axes[1:]]
    # Half a percent of a class is half of the scale of errors, and hardly seen on the other.
    assert ends == ["100", "1"]
    weights = {text.get_text(): text.get_fontweight() for text in figure.axes[0].texts}
    assert weights == {"995": "normal", "5": "bold", "0": "normal", "1000": "normal"}
