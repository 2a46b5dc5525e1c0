"""What the charts show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_runs import write_run

from mtlab.report.collect import collect
from mtlab.report.content import Report, build_report
from mtlab.report.series import thin


def report_of(folder: Path) -> Report:
    return build_report(collect([folder]), [str(folder)])


def test_curves_hold_every_split_and_measure_in_percent(tmp_path: Path):
    write_run(tmp_path / "0", epochs=2)
    (curve,) = report_of(tmp_path).curves
    assert curve.epochs == (1, 2)
    assert curve.measures["accuracy"]["val"] == (50.0, 75.0)
    assert curve.measures["loss"]["train"] == (1.0, 0.5)


def test_curves_of_failed_runs_are_drawn_and_named_so(tmp_path: Path):
    write_run(tmp_path / "0", settings={"optimizer.lr": 1})
    write_run(tmp_path / "1", settings={"optimizer.lr": 2}, status="failed")
    report = report_of(tmp_path)
    assert list(report.labels_of(report.curves).values()) == ["lr=1", "lr=2 (failed)"]


def test_long_curves_keep_their_ends():
    epochs = [{"epoch": number} for number in range(1, 1002)]
    kept = [epoch["epoch"] for epoch in thin(epochs, 5)]
    assert kept == [1, 251, 501, 751, 1001]


def test_accuracy_over_lambda_has_a_line_per_task(tmp_path: Path):
    for job, (value, accuracy) in enumerate(((1, 0.7), (0, 0.6), (0.5, 0.8))):
        write_run(
            tmp_path / f"{job}", tasks=("article", "group"), accuracy=accuracy,
            settings={"mtl.name": "lambda", "mtl.lambda": value},
        )  # fmt: skip
    (panel,) = report_of(tmp_path).lambda_panels
    assert [line.label for line in panel.lines] == ["article", "group"]
    points = [(point.x, point.accuracy.mean) for point in panel.lines[0].points]
    assert points == [(0.0, 60.0), (0.5, 80.0), (1.0, 70.0)]


def write_lambdas(folder: Path, values: tuple[float, ...], **more: object) -> None:
    for job, value in enumerate(values):
        write_run(
            folder / f"{job}", tasks=("article", "group"),
            settings={"mtl.name": "lambda", "mtl.lambda": value}, **more,  # type: ignore[arg-type]
        )  # fmt: skip


def test_an_experiment_and_runs_beside_it_have_lines_of_their_own(tmp_path: Path):
    write_lambdas(tmp_path / "table", (0, 0.5, 1), experiment="fashion_lambda", accuracy=0.8)
    write_lambdas(tmp_path / "typed", (0.5, 1), accuracy=0.6)
    (panel,) = report_of(tmp_path).lambda_panels
    assert len(panel.lines) == 4
    assert len({line.label for line in panel.lines}) == 4
    assert sum("fashion_lambda" in line.label for line in panel.lines) == 2
    for line in panel.lines:
        assert len({point.x for point in line.points}) == len(line.points)
    assert [point.accuracy.mean for point in panel.lines[2].points] == [60.0, 60.0]


def test_rows_that_repeat_a_lambda_do_not_share_a_line(tmp_path: Path):
    for row in ("first", "second"):
        write_lambdas(tmp_path / row, (0, 1), experiment="fashion_lambda", row=row)
    (panel,) = report_of(tmp_path).lambda_panels
    assert [[point.x for point in line.points] for line in panel.lines] == [[0.0, 1.0]] * 4


def test_a_lambda_typed_once_beside_an_experiment_is_no_line(tmp_path: Path):
    write_lambdas(tmp_path / "table", (0, 1), experiment="fashion_lambda")
    write_lambdas(tmp_path / "typed", (1,))
    (panel,) = report_of(tmp_path).lambda_panels
    assert [line.label for line in panel.lines] == ["article", "group"]


def test_one_lambda_alone_is_no_chart(tmp_path: Path):
    write_run(tmp_path / "0", settings={"mtl.lambda": 0.5})
    assert report_of(tmp_path).lambda_panels == ()


def test_costs_are_compared_within_one_problem_only(tmp_path: Path):
    for job, (dataset, size, accuracy) in enumerate(
        (("mnist", 10, 0.9), ("mnist", 20, 0.8), ("mnist", 30, 0.95), ("digits", 5, 0.99))
    ):
        write_run(
            tmp_path / f"{job}", dataset=dataset, accuracy=accuracy,
            parameters={"total": size}, settings={"model.widths": [size]},
        )  # fmt: skip
    (tradeoff,) = report_of(tmp_path).tradeoffs
    assert (tradeoff.problem, tradeoff.cost.path) == ("mnist · digit", "parameters.total")
    assert [(point.x, point.on_front) for point in tradeoff.points] == [
        (10, True), (20, False), (30, True),
    ]  # fmt: skip


def test_pairs_of_classes_are_problems_of_their_own(tmp_path: Path):
    for job, pair in enumerate((("0", "1"), ("3", "8"))):
        for size in (10, 20):
            write_run(
                tmp_path / f"{job}{size}", classes=pair, parameters={"total": size},
                settings={"dataset.classes": list(pair), "model.size": size},
            )  # fmt: skip
    problems = [tradeoff.problem for tradeoff in report_of(tmp_path).tradeoffs]
    assert problems == ["digits · digit · classes 0, 1", "digits · digit · classes 3, 8"]


def test_seconds_that_hardly_differ_are_no_chart(tmp_path: Path):
    for job, seconds in enumerate((2.0, 2.1)):
        write_run(tmp_path / f"{job}", seconds={"train": seconds}, settings={"model.widths": [job]})
    assert report_of(tmp_path).tradeoffs == ()


def test_confusion_matrices_are_those_of_completed_runs(tmp_path: Path):
    write_run(tmp_path / "0")
    write_run(tmp_path / "1", seed=1, status="interrupted")
    (confusion,) = report_of(tmp_path).confusions
    assert (confusion.run, confusion.counts) == (1, ((9, 1), (1, 9)))


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
    assert report.means is None
    assert report.tradeoffs == ()
    assert len(report.listing.rows) == 2


def test_tasks_without_an_accuracy_show_their_own_measure(tmp_path: Path):
    for job in (0, 1):
        write_run(
            tmp_path / f"{job}", tasks=("c",), seed=job,
            test={"c": {"loss": 0.1, "mae": 0.2 + job / 10, "r2": 0.3}},
        )  # fmt: skip
    report = report_of(tmp_path)
    assert "c mae" in [column.title for column in report.listing.columns]
    assert report.means is not None


def test_scatters_keep_pairs_of_completed_runs_and_thin_them(tmp_path: Path):
    many = write_run(tmp_path / "0", values=("c",))
    true = [index / 1000 for index in range(1001)]
    predicted = [value / 2 for value in true]
    points = {"true": true, "predicted": predicted}
    (many / "scatter.json").write_text(json.dumps({"test": {"c": points}}))
    write_run(tmp_path / "1", values=("c",), status="failed")
    odd = write_run(tmp_path / "2", values=("c",))
    (odd / "scatter.json").write_text('{"test": {"c": {"true": [1], "predicted": []}}}')
    (scatter,) = report_of(tmp_path).scatters
    assert (scatter.run, scatter.task, scatter.problem) == (1, "c", "digits · c")
    assert len(scatter.true) == 500
    assert (scatter.true[0], scatter.true[-1]) == (0.0, 1.0)
    pairs = zip(scatter.true, scatter.predicted, strict=True)
    assert all(predicted == true / 2 for true, predicted in pairs)
