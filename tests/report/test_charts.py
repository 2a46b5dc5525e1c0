"""What the charts show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import write_run

from mtlab.report.analyse.accuracy_charts import lambda_table, pareto_front
from mtlab.report.analyse.charts import (
    CONFUSION,
    COST,
    CURVES,
    LAMBDA,
    PERCEPTRON,
    SCATTER,
    TOTAL_LOSS,
    Chart,
    Kind,
    Line,
)
from mtlab.report.analyse.report import Report
from mtlab.report.analyse.run_charts import thin
from mtlab.report.read.folders import collect


def report_of(folder: Path) -> Report:
    return Report(collect([folder]), [str(folder)])


def charts_of(folder: Path, kind: Kind) -> list[Chart]:
    return [chart for chart in report_of(folder).charts if chart.kind is kind]


def lines_of(chart: Chart) -> list[Line]:
    return [line for panel in chart.panels for line in panel.lines]


def test_curves_hold_every_split_and_measure_in_percent(tmp_path: Path):
    write_run(tmp_path / "0", epochs=2)
    (chart,) = charts_of(tmp_path, CURVES)
    loss, accuracy = chart.panels
    assert [panel.y_title for panel in chart.panels] == ["digit loss", "digit accuracy [%]"]
    assert [line.split for line in accuracy.lines] == ["training", "validation"]
    assert (accuracy.lines[1].x, accuracy.lines[1].y) == ((1, 2), (50.0, 75.0))
    assert loss.lines[0].y == (1.0, 0.5)


def test_curves_of_failed_runs_are_drawn_and_named_so(tmp_path: Path):
    write_run(tmp_path / "0", settings={"optimizer.lr": 1})
    write_run(tmp_path / "1", settings={"optimizer.lr": 2}, status="failed")
    (chart,) = charts_of(tmp_path, CURVES)
    labels = dict.fromkeys(line.label for line in lines_of(chart))
    assert list(labels) == ["lr=1", "lr=2 (failed)"]


def test_measures_that_are_no_numbers_have_no_chart(tmp_path: Path):
    run = write_run(tmp_path / "0", epochs=1, status="failed")
    split = {"digit": {"loss": None, "accuracy": 0.5}}
    (run / "metrics.jsonl").write_text(json.dumps({"epoch": 1, "train": split, "val": split}))
    (chart,) = charts_of(tmp_path, CURVES)
    assert [panel.y_title for panel in chart.panels] == ["digit accuracy [%]"]


def test_long_curves_keep_their_ends():
    epochs = [{"epoch": number} for number in range(1, 1002)]
    kept = [epoch["epoch"] for epoch in thin(epochs, 5)]
    assert kept == [1, 251, 501, 751, 1001]
    early = [epoch["epoch"] for epoch in thin(epochs, 100, is_logarithmic=True)]
    assert early[:5] == [1, 2, 3, 4, 5]
    assert early[-1] == 1001
    assert len(early) <= 100
    # As many between 10 and 100 as between 100 and 1000.
    tens, hundreds = (sum(low < one <= 10 * low for one in early) for low in (10, 100))
    assert abs(tens - hundreds) <= 2


def test_curves_are_the_mean_of_seeds_in_a_band_from_the_lowest_to_the_highest(tmp_path: Path):
    for seed, (accuracies, status) in enumerate(
        (((0.5, 0.6), "completed"), ((0.7, 0.9, 0.9), "completed"), ((0.1,), "failed"))
    ):
        run = write_run(tmp_path / f"{seed}", seed=seed, status=status)
        lines = [
            {"epoch": epoch, "train": {}, "val": {"digit": {"accuracy": accuracy}}}
            for epoch, accuracy in enumerate(accuracies, start=1)
        ]
        (run / "metrics.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (chart,) = charts_of(tmp_path, CURVES)
    (line,) = lines_of(chart)
    # The failed run is in no mean, and the last epoch was reached by one run.
    assert line.runs == (1, 2)
    assert line.y == pytest.approx((60, 75, 90))
    assert (line.low, line.high) == (pytest.approx((50, 60, 90)), pytest.approx((70, 90, 90)))


def test_a_perceptron_that_stopped_keeps_its_error(tmp_path: Path):
    for seed, epochs in enumerate((1, 3)):
        write_run(tmp_path / f"{seed}", seed=seed, epochs=epochs, model="perceptron")
    (error, *_) = charts_of(tmp_path, PERCEPTRON)
    (line,) = lines_of(error)
    # 1 and then nothing beside 1, 1/2, 1/3.
    assert line.y == pytest.approx((1, (1 + 1 / 2) / 2, (1 + 1 / 3) / 2))


def test_total_losses_of_other_weights_have_axes_of_their_own(tmp_path: Path):
    write_lambdas(tmp_path, (0, 0.5, 1))
    (chart,) = charts_of(tmp_path, TOTAL_LOSS)
    assert [panel.title for panel in chart.panels] == ["lambda=0", "lambda=0.5", "lambda=1"]
    for panel in chart.panels:
        assert [line.split for line in panel.lines] == ["training", "validation"]
    assert chart.panels[0].y_title == "total loss"


def test_the_total_loss_on_test_stands_at_the_epoch_whose_weights_were_measured(tmp_path: Path):
    write_run(tmp_path / "0", tasks=("a", "b"), kept_epoch=2, losses={"val": 1, "test": 1.5})
    (chart,) = charts_of(tmp_path, TOTAL_LOSS)
    (tested,) = [line for line in lines_of(chart) if line.split == "test"]
    assert (tested.x, tested.y) == ((2,), (1.5,))


def test_a_task_without_weight_has_no_curve_and_no_cost(tmp_path: Path):
    write_lambdas(tmp_path, (0, 0.5, 1))
    article, group = charts_of(tmp_path, CURVES)
    told = [list(dict.fromkeys(line.label for line in lines_of(one))) for one in (article, group)]
    assert told == [["lambda=0.5", "lambda=1"], ["lambda=0", "lambda=0.5"]]


def test_accuracy_over_lambda_has_a_line_per_task(tmp_path: Path):
    for job, (value, accuracy) in enumerate(((1, 0.7), (0, 0.6), (0.5, 0.8))):
        write_run(
            tmp_path / f"{job}",
            tasks=("article", "group"),
            accuracy=accuracy,
            settings={"mtl.name": "lambda", "mtl.lambda": value},
        )
    (chart,) = charts_of(tmp_path, LAMBDA)
    lines = lines_of(chart)
    assert [panel.title for panel in chart.panels] == ["article", "group"]
    # At the end where its loss has no weight, a task is guessed.
    assert [line.guessed for line in lines] == [(0.0,), (1.0,)]
    assert (lines[0].x, lines[0].y) == ((0.0, 0.5, 1.0), (60.0, 80.0, 70.0))
    assert [column.title for column in lambda_table(chart.panels).columns] == [
        "lambda",
        "article accuracy, val [%]",
        "article accuracy, test [%]",
        "group accuracy, val [%]",
        "group accuracy, test [%]",
    ]


def test_published_accuracies_stand_in_the_chart_over_lambda(tmp_path: Path):
    for value in (0, 1):
        write_run(
            tmp_path / f"{value}",
            published={"test.digit.accuracy": 0.7 + value / 10},
            settings={"mtl.name": "lambda", "mtl.lambda": value},
        )
    (chart,) = charts_of(tmp_path, LAMBDA)
    measured, published = lines_of(chart)
    assert (measured.style, published.style) == ("joined", "published")
    assert (published.label, measured.label) == ("published", "multi-task")
    assert published.y == pytest.approx((70.0, 80.0))


def write_lambdas(folder: Path, values: tuple[float, ...], **more: object) -> None:
    for job, value in enumerate(values):
        write_run(
            folder / f"{job}",
            tasks=("article", "group"),
            settings={"mtl.name": "lambda", "mtl.lambda": value},
            **more,  # type: ignore[arg-type]
        )


def test_an_experiment_and_runs_beside_it_have_lines_of_their_own(tmp_path: Path):
    write_lambdas(tmp_path / "table", (0, 0.5, 1), experiment="fashion_lambda", accuracy=0.8)
    write_lambdas(tmp_path / "typed", (0.5, 1), accuracy=0.6)
    (chart,) = charts_of(tmp_path, LAMBDA)
    lines = lines_of(chart)
    labels = [[line.label for line in panel.lines] for panel in chart.panels]
    assert labels == [["fashion_lambda", "no experiment mlp"]] * 2
    assert all(len(set(line.x)) == len(line.x) for line in lines)
    assert lines[1].y == (60.0, 60.0)


def test_rows_that_repeat_a_lambda_do_not_share_a_line(tmp_path: Path):
    for row in ("first", "second"):
        write_lambdas(tmp_path / row, (0, 1), experiment="fashion_lambda", row=row)
    (chart,) = charts_of(tmp_path, LAMBDA)
    assert [line.x for line in lines_of(chart)] == [(0.0, 1.0)] * 4


def test_a_lambda_typed_once_beside_an_experiment_is_no_line(tmp_path: Path):
    write_lambdas(tmp_path / "table", (0, 1), experiment="fashion_lambda")
    write_lambdas(tmp_path / "typed", (1,))
    (chart,) = charts_of(tmp_path, LAMBDA)
    assert [len(panel.lines) for panel in chart.panels] == [1, 1]


def test_the_network_that_learned_a_task_alone_is_a_level_in_the_chart_over_lambda(tmp_path: Path):
    write_lambdas(tmp_path / "both", (0, 1))
    for seed, accuracy in enumerate((0.86, 0.88)):
        folder = tmp_path / f"{seed}"
        write_run(folder, tasks=("article",), seed=seed, accuracy=accuracy)
    (chart,) = charts_of(tmp_path, LAMBDA)
    _, alone = chart.panels[0].lines
    assert (alone.label, alone.style, alone.x) == ("single task", "single", (0.0, 1.0))
    assert (alone.y, alone.low, alone.high) == (
        pytest.approx((87, 87)),
        pytest.approx((86, 86)),
        pytest.approx((88, 88)),
    )
    assert len(chart.panels[1].lines) == 1


def test_one_lambda_alone_is_no_chart(tmp_path: Path):
    write_run(tmp_path / "0", settings={"mtl.lambda": 0.5})
    assert charts_of(tmp_path, LAMBDA) == []


def test_costs_are_compared_within_one_problem_only(tmp_path: Path):
    for job, (dataset, size, accuracy) in enumerate(
        (("mnist", 10, 0.9), ("mnist", 20, 0.8), ("mnist", 30, 0.95), ("digits", 5, 0.99))
    ):
        write_run(
            tmp_path / f"{job}",
            dataset=dataset,
            accuracy=accuracy,
            parameters={"total": size},
            settings={"model.widths": [size]},
        )
    (chart,) = charts_of(tmp_path, COST)
    assert chart.topic == "mnist · digit"
    assert [panel.x_title for panel in chart.panels] == ["parameters"]
    front, *points = lines_of(chart)
    assert (front.style, front.x) == ("front", (10, 30))
    assert [(*point.x, point.on_front) for point in points] == [
        (10, True),
        (20, False),
        (30, True),
    ]


def test_pairs_of_classes_are_problems_of_their_own(tmp_path: Path):
    for job, pair in enumerate((("0", "1"), ("3", "8"))):
        for size in (10, 20):
            write_run(
                tmp_path / f"{job}{size}",
                classes=pair,
                parameters={"total": size},
                settings={"dataset.classes": list(pair), "model.size": size},
            )
    problems = [chart.topic for chart in charts_of(tmp_path, COST)]
    assert problems == ["digits · digit · classes 0, 1", "digits · digit · classes 3, 8"]


def test_seconds_that_hardly_differ_are_no_chart(tmp_path: Path):
    for job, seconds in enumerate((2.0, 2.1)):
        write_run(tmp_path / f"{job}", seconds={"train": seconds}, settings={"model.widths": [job]})
    assert charts_of(tmp_path, COST) == []


def test_confusion_matrices_are_those_of_completed_runs(tmp_path: Path):
    write_run(tmp_path / "0")
    write_run(tmp_path / "1", seed=1, status="interrupted")
    (chart,) = charts_of(tmp_path, CONFUSION)
    assert (chart.predictions.run, chart.predictions.values) == (1, {1: ((9, 1), (1, 9))})


def test_mixed_datasets_and_tasks_are_pointed_out(tmp_path: Path):
    write_run(tmp_path / "0")
    write_run(tmp_path / "1", dataset="mnist", tasks=("digit", "parity"), status="failed")
    notes = " ".join(report_of(tmp_path).notes)
    assert "different datasets (digits, mnist)" in notes
    assert "different tasks (digit; digit, parity)" in notes
    assert "in no mean: run 2" in notes


@pytest.mark.parametrize("status", ["failed", "running"])
def test_a_report_of_nothing_but_unfinished_runs_has_no_means(tmp_path: Path, status: str):
    write_run(tmp_path / "0", status=status)
    write_run(tmp_path / "1", seed=1, status=status)
    report = report_of(tmp_path)
    assert report.sections == []
    assert not any(chart.kind is COST for chart in report.charts)
    assert len(report.table.rows) == 2


def test_tasks_without_an_accuracy_show_their_own_measure(tmp_path: Path):
    for job in (0, 1):
        write_run(
            tmp_path / f"{job}",
            tasks=("c",),
            seed=job,
            test={"c": {"loss": 0.1, "mae": 0.2 + job / 10, "r2": 0.3}},
        )
    report = report_of(tmp_path)
    assert "c mae, test" in [column.title for column in report.table.columns]
    assert "means" in {section.name for section in report.sections}


def test_scatters_keep_pairs_of_completed_runs_and_thin_them(tmp_path: Path):
    many = write_run(tmp_path / "0", values=("c",))
    true = [index / 1000 for index in range(1001)]
    predicted = [value / 2 for value in true]
    points = {"true": true, "predicted": predicted}
    (many / "scatter.json").write_text(json.dumps({"test": {"c": points}}))
    write_run(tmp_path / "1", values=("c",), status="failed")
    odd = write_run(tmp_path / "2", values=("c",))
    (odd / "scatter.json").write_text('{"test": {"c": {"true": [1], "predicted": []}}}')
    (chart,) = charts_of(tmp_path, SCATTER)
    assert chart.topic == "digits · c"
    ((run, pairs),) = chart.predictions.values.items()
    assert (run, len(pairs)) == (1, 500)
    assert (pairs[0][0], pairs[-1][0]) == (0.0, 1.0)
    assert all(predicted == true / 2 for true, predicted in pairs)


def test_front_keeps_what_nothing_beats():
    #         beaten by (1, 90)  front      front      dear and bad  front
    points = [(2.0, 90.0), (1.0, 90.0), (5.0, 95.0), (6.0, 94.0), (9.0, 95.5)]
    assert pareto_front(points) == [1, 2, 4]


def test_equal_points_are_both_on_the_front():
    assert sorted(pareto_front([(1.0, 90.0), (1.0, 90.0), (1.0, 80.0)])) == [0, 1]


def test_front_of_nothing_is_empty():
    assert pareto_front([]) == []


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_front_is_exactly_the_unbeaten_points(points: list[tuple[int, int]]):
    def beats(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return one[0] <= other[0] and one[1] >= other[1] and one != other

    unbeaten = [i for i, p in enumerate(points) if not any(beats(q, p) for q in points)]
    assert sorted(pareto_front(points)) == unbeaten
