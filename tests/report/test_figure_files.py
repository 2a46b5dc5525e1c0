"""A report's figures on disk: which are drawn, what fails, what an earlier report left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from made_runs import write_run

from mtlab.cli import main
from mtlab.report.analyse.charts import CURVES, Chart, Line, Panel
from mtlab.report.analyse.report import Report
from mtlab.report.read.folders import collect
from mtlab.report.write import figure_files
from mtlab.report.write.chart_figures import chart_figure
from mtlab.report.write.figure_files import draw_charts
from mtlab.report.write.run_figures import draw_run_figures
from mtlab.report.write.svg import ChartFigure


def report_of(folder: Path) -> Report:
    return Report(collect([folder]), [str(folder)])


def chart(name: str) -> Chart:
    line = Line("one", (1,), (1.0, 2.0), (0.5, 0.25), split="training")
    return Chart(CURVES, name, "", [Panel("epoch", "epoch", "loss", [line])], name=name)


@pytest.fixture
def broken_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """No chart on a topic that begins with "two" can be drawn."""

    def draw(chart: Chart, places: Mapping[int, int]) -> ChartFigure:
        if chart.topic.startswith("two"):
            raise ValueError("no\nroom")
        return chart_figure(chart, places)

    monkeypatch.setattr(figure_files, "chart_figure", draw)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def write_pairs(folder: Path, num_pairs: int, experiment: str) -> None:
    for first in range(num_pairs):
        write_run(
            folder / f"{first}",
            classes=(f"{first}", f"{first + 1}"),
            experiment=experiment,
            settings={"dataset.classes": [first, first + 1]},
        )


def test_every_matrix_of_one_experiment_is_drawn(tmp_path: Path):
    write_pairs(tmp_path, 8, experiment="perceptron_pairs")
    report = report_of(tmp_path)
    assert sum(chart.name.startswith("confusion") for chart in report.charts) == 8
    assert report.left_out == []


def test_figures_that_are_not_drawn_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_pairs(tmp_path / "a", 5, experiment="perceptron_pairs")
    write_run(tmp_path / "b", dataset="mnist")
    assert main(["report", str(tmp_path), "-o", str(tmp_path / "out")]) == 0
    line = "4 of 6 confusion matrices drawn; the page has all"
    assert line in capsys.readouterr().out
    assert f"- {line}\n" in (tmp_path / "out" / "report.md").read_text()


def test_classes_that_read_alike_get_files_of_their_own(tmp_path: Path):
    for job, classes in enumerate((("a", "b c"), ("a b", "c"), ("a", "b", "c"))):
        write_run(tmp_path / f"{job}", classes=classes, settings={"model.width": job})
    names = [chart.name for chart in report_of(tmp_path).charts if chart.name]
    assert len(set(names)) == len(names)
    assert sum(name.startswith("confusion") for name in names) == 3


@pytest.mark.usefixtures("broken_two")
def test_a_figure_that_fails_is_named_and_the_others_are_drawn(tmp_path: Path):
    drawn, problems = draw_charts([chart("one"), chart("two"), chart("three")], tmp_path, print)
    assert [one.name for one in drawn] == ["one", "three"]
    (problem,) = problems
    assert (problem.place, problem.what) == (
        "the figure two",
        "left out: ValueError: no room",
    )
    assert {"one.png", "one.svg", "one.pdf", "three.png", "three.svg"} <= files(tmp_path)


@pytest.mark.usefixtures("broken_two")
def test_tables_are_written_whatever_the_figures_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    write_run(tmp_path / "run", dataset="two")
    assert main(["report", str(tmp_path / "run"), "-o", str(tmp_path / "out")]) == 0
    said = "the figure curves_two-digit: left out: ValueError: no room"
    assert said in capsys.readouterr().out
    assert {"report.csv", "report.md", "report.html"} <= files(tmp_path / "out")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "figures/curves" not in text
    assert "no room" in text


def test_every_file_shows_the_same_drawing(tmp_path: Path):
    (drawn,), _ = draw_charts([chart("one")], tmp_path, print)
    assert (tmp_path / "one.svg").read_text().endswith(drawn.svg)
    assert 'data-y="0.5|0.25"' in drawn.svg
    assert ">loss</text>" in drawn.svg
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "one.png").stat().st_size > 0


def test_the_same_runs_give_the_same_bytes(tmp_path: Path):
    for folder in ("a", "b"):
        draw_charts([chart("one")], tmp_path / folder, print)
    for name in ("one.svg", "one.png", "one.pdf"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_figures_of_an_earlier_report_go_and_a_strangers_stay(tmp_path: Path):
    draw_charts([chart("old"), chart("kept")], tmp_path, print)
    (tmp_path / "mine.png").write_text("a stranger's")
    draw_charts([chart("kept"), chart("new")], tmp_path, print)
    assert files(tmp_path) == {
        "kept.png",
        "kept.svg",
        "kept.pdf",
        "new.png",
        "new.svg",
        "new.pdf",
        "mine.png",
        "figures.json",
    }


def test_a_list_of_figures_leads_nowhere_else(tmp_path: Path):
    folder = tmp_path / "figures"
    folder.mkdir()
    (tmp_path / "mine.png").write_text("a stranger's")
    (folder / "notes.txt").write_text("a stranger's")
    listed = ["../mine.png", str(tmp_path / "mine.png"), "notes.txt", 7, "gone.png"]
    (folder / "figures.json").write_text(json.dumps(listed))
    draw_charts([], folder, print)
    assert (tmp_path / "mine.png").exists()
    assert (folder / "notes.txt").exists()


def test_a_damaged_list_of_figures_is_told(tmp_path: Path):
    (tmp_path / "figures.json").write_text("[")
    said: list[str] = []
    draw_charts([chart("one")], tmp_path, said.append)
    assert len(said) == 1
    assert "figures.json cannot be read" in said[0]
    assert (tmp_path / "one.png").exists()


ODD_CLASSES = ("US$_A$", "b$^$", "猫", "a class with a name that never ends " * 8)


def test_odd_class_names_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for job, classes in enumerate((ODD_CLASSES, ("0", "1"))):
        write_run(tmp_path / f"{job}", classes=classes, dataset="$x$")
    assert main(["report", str(tmp_path), "-o", str(tmp_path / "out")]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "left out" not in captured.out
    assert captured.out.count("the font has no sign for 猫") == 1


def summary_of(run: Path) -> dict[str, object]:
    values: dict[str, object] = json.loads((run / "summary.json").read_text())
    return values


def test_a_runs_figures_are_drawn_whatever_its_classes_are_called(tmp_path: Path):
    run = write_run(tmp_path / "run", classes=ODD_CLASSES, tasks=("digit", "t" * 250))
    said: list[str] = []
    written = draw_run_figures(summary_of(run), run, said.append)
    assert all(path.with_suffix(".pdf").read_bytes().startswith(b"%PDF") for path in written)
    assert [path.name[:12] for path in written] == [
        "total_loss.p",
        "curves_digit",
        "confusion_di",
        "curves_ttttt",
        "confusion_tt",
    ]
    assert len(said) == 1


def test_a_runs_figure_that_fails_is_told_and_not_raised(tmp_path: Path):
    run = write_run(tmp_path / "run")
    (run / "confusion.json").write_text(json.dumps({"test": {"digit": [["x"]]}}))
    said: list[str] = []
    written = draw_run_figures(summary_of(run), run, said.append)
    assert [path.name for path in written] == ["curves_digit.png"]
    (line,) = said
    assert line.startswith(f"{run / 'figures' / 'confusion_digit.png'} is left out: ")
