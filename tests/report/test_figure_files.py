"""A report's figures on disk: which are drawn, what fails, what an earlier report left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_runs import write_run
from matplotlib.figure import Figure

from mtlab.cli import main
from mtlab.report import plots
from mtlab.report.collect import collect
from mtlab.report.content import Report, build_report
from mtlab.report.figure_files import draw_plots
from mtlab.report.figures import draw_run_figures
from mtlab.report.plots import Plot, planned_plots


def report_of(folder: Path) -> Report:
    return build_report(collect([folder]), [str(folder)])


def plot(name: str, draw: object = Figure) -> Plot:
    return Plot((name,), name, "", draw, name)  # type: ignore[arg-type]


def broken() -> Figure:
    raise ValueError("no\nroom")


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def write_pairs(folder: Path, num_pairs: int, experiment: str) -> None:
    for first in range(num_pairs):
        write_run(
            folder / f"{first}", classes=(f"{first}", f"{first + 1}"), experiment=experiment,
            settings={"dataset.classes": [first, first + 1]},
        )  # fmt: skip


def test_every_matrix_of_one_experiment_is_drawn(tmp_path: Path):
    write_pairs(tmp_path, 8, experiment="perceptron_pairs")
    planned = planned_plots(report_of(tmp_path))
    assert sum(plot.name.startswith("confusion") for plot in planned.plots) == 8
    assert planned.left_out == ()


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
    names = [plot.name for plot in planned_plots(report_of(tmp_path)).plots]
    assert len(set(names)) == len(names)
    assert sum(name.startswith("confusion") for name in names) == 3


def test_a_figure_that_fails_is_named_and_the_others_are_drawn(tmp_path: Path):
    drawn = draw_plots([plot("one"), plot("two", broken), plot("three")], tmp_path, print)
    assert [plot.name for plot in drawn.plots] == ["one", "three"]
    (problem,) = drawn.problems
    assert (problem.place, problem.what) == (
        "the figure two", "left out: ValueError: no room",
    )  # fmt: skip
    assert {"one.png", "one.svg", "three.png", "three.svg"} <= files(tmp_path)


def test_tables_are_written_whatever_the_figures_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    write_run(tmp_path / "run")
    monkeypatch.setattr(
        plots, "planned_plots", lambda _: plots.PlannedPlots((plot("x", broken),), ())
    )
    assert main(["report", str(tmp_path / "run"), "-o", str(tmp_path / "out")]) == 0
    assert "the figure x: left out: ValueError: no room" in capsys.readouterr().out
    assert {"report.csv", "report.md", "report.html"} <= files(tmp_path / "out")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "figures/x.png" not in text
    assert "no room" in text


def test_figures_of_an_earlier_report_go_and_a_strangers_stay(tmp_path: Path):
    draw_plots([plot("old"), plot("kept")], tmp_path, print)
    (tmp_path / "mine.png").write_text("a stranger's")
    draw_plots([plot("kept"), plot("new")], tmp_path, print)
    assert files(tmp_path) == {
        "kept.png", "kept.svg", "new.png", "new.svg", "mine.png", "figures.json",
    }  # fmt: skip


def test_a_list_of_figures_leads_nowhere_else(tmp_path: Path):
    folder = tmp_path / "figures"
    folder.mkdir()
    (tmp_path / "mine.png").write_text("a stranger's")
    (folder / "notes.txt").write_text("a stranger's")
    listed = ["../mine.png", str(tmp_path / "mine.png"), "notes.txt", 7, "gone.png"]
    (folder / "figures.json").write_text(json.dumps(listed))
    draw_plots([], folder, print)
    assert (tmp_path / "mine.png").exists()
    assert (folder / "notes.txt").exists()


def test_a_damaged_list_of_figures_is_told(tmp_path: Path):
    (tmp_path / "figures.json").write_text("[")
    said: list[str] = []
    draw_plots([plot("one")], tmp_path, said.append)
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
    assert [path.name[:12] for path in written] == [
        "curves_digit", "confusion_di", "curves_ttttt", "confusion_tt",
    ]  # fmt: skip
    assert len(said) == 1


def test_a_runs_figure_that_fails_is_told_and_not_raised(tmp_path: Path):
    run = write_run(tmp_path / "run")
    (run / "confusion.json").write_text(json.dumps({"test": {"digit": [["x"]]}}))
    said: list[str] = []
    written = draw_run_figures(summary_of(run), run, said.append)
    assert [path.name for path in written] == ["curves_digit.png"]
    (line,) = said
    assert line.startswith(f"{run / 'figures' / 'confusion_digit.png'} is left out: ")
