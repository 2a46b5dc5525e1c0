"""`mtlab report` from the command line to the files."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from made_runs import write_run

from mtlab.cli import EXIT_MISTAKE, main


def write_sweep(folder: Path) -> Path:
    """Two seeds of three lambdas, one of them failed, one perceptron, one broken folder."""
    job = 0
    for value in (0, 0.5, 1):
        for seed in (0, 1):
            write_run(
                folder / f"{job}_lambda={value}",
                tasks=("article", "group"),
                seed=seed,
                accuracy=0.8 + job / 100,
                dataset="fashion_mnist",
                experiment="fashion_lambda",
                row=f"lambda {value}",
                published={"test.article.accuracy": 90.27},
                settings={"mtl.name": "lambda", "mtl.lambda": value},
                status="failed" if job == 5 else "completed",
                error="loss <b>is</b> not finite" if job == 5 else None,
            )
            job += 1
    write_run(folder / "perceptron", dataset="mnist", model="perceptron", converged=True, epochs=20)
    broken = write_run(folder / "broken")
    (broken / "summary.json").write_text('{"status": "comp')
    return folder


def test_a_sweep_becomes_tables_figures_and_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    sweep = write_sweep(tmp_path / "sweep")
    assert main(["report", str(sweep)]) == 0
    output = sweep / "report"
    assert {path.name for path in output.iterdir()} == {
        "report.md",
        "report.csv",
        "report.html",
        "tables",
        "figures",
    }
    names = {path.stem for path in (output / "figures").glob("*.png")}
    assert names == {path.stem for path in (output / "figures").glob("*.svg")}
    assert names == {path.stem for path in (output / "figures").glob("*.pdf")}
    assert {"lambda_fashion_mnist", "perceptron_mnist-digit"} <= names
    assert "curves_fashion_mnist-article" in names
    assert "confusion_fashion_mnist-group" in names
    said = capsys.readouterr().out
    assert "7 runs: 6 completed, 1 failed" in said
    assert str(sweep / "broken") in said


def test_every_table_has_files_in_latex_and_csv(tmp_path: Path):
    sweep = write_sweep(tmp_path / "sweep")
    for seed in (0, 1):
        write_run(sweep / f"alone_{seed}", tasks=("group",), dataset="fashion_mnist", seed=seed)
    main(["report", str(sweep), "--output", str(tmp_path / "out")])
    files = {path.stem for path in (tmp_path / "out" / "tables").glob("*.tex")}
    assert files == {path.stem for path in (tmp_path / "out" / "tables").glob("*.csv")}
    single = "single_task_fashion_mnist-group"
    names = {"published_fashion_lambda", single, "means", "lambda_fashion_mnist", "runs"}
    assert files == names
    for name in names:
        lines = (tmp_path / "out" / "tables" / f"{name}.tex").read_text().splitlines()
        assert lines[-1] == r"\end{tabular}"
        num_columns = len(lines[1].removeprefix(r"\begin{tabular}").strip("{}"))
        # As many cells in every line as columns, and no sign that LaTeX would trip over.
        cells = [line.replace(r"\&", "").count("&") + 1 for line in lines if line.endswith(r"\\")]
        assert set(cells) == {num_columns}
        table = (tmp_path / "out" / "tables" / f"{name}.csv").read_text()
        assert len(next(csv.reader(io.StringIO(table)))) == num_columns


def test_a_report_can_be_made_again_over_its_own_output(tmp_path: Path):
    sweep = write_sweep(tmp_path / "sweep")
    assert main(["report", str(sweep)]) == 0
    first = (sweep / "report" / "report.csv").read_text()
    assert main(["report", str(sweep)]) == 0
    assert (sweep / "report" / "report.csv").read_text() == first


def test_the_csv_has_a_line_per_run_with_unrounded_numbers(tmp_path: Path):
    sweep = write_sweep(tmp_path / "sweep")
    main(["report", str(sweep), "--output", str(tmp_path / "out")])
    lines = list(csv.DictReader(io.StringIO((tmp_path / "out" / "report.csv").read_text())))
    assert [line["run"] for line in lines] == ["1", "2", "3", "4", "5", "6", "7"]
    second, failed = lines[1], lines[5]
    assert second["set:mtl.lambda"] == "0"
    assert float(second["test.article.accuracy"]) == 0.81
    assert float(second["published:test.article.accuracy"]) == 90.27
    assert float(second["delta:test.article.accuracy"]) == pytest.approx(81 - 90.27)
    assert second["group_n"] == "2"
    assert float(second["mean:test.article.accuracy"]) == pytest.approx(0.805)
    assert float(second["std:test.article.accuracy"]) == pytest.approx(0.01 / 2**0.5)
    assert second["command"] == "mtlab seed=1"
    assert failed["status"] == "failed"
    assert failed["mean:test.article.accuracy"] == ""
    assert lines[4]["group_n"] == "1"


def test_the_markdown_has_published_means_runs_figures_and_commands(tmp_path: Path):
    sweep = write_sweep(tmp_path / "sweep")
    main(["report", str(sweep), f"output={tmp_path / 'out'}"])
    text = (tmp_path / "out" / "report.md").read_text()
    for part in (
        "## Published and measured: fashion_lambda",
        "## Means over seeds",
        "## Runs",
        "![Accuracy against lambda: fashion_mnist](figures/lambda_fashion_mnist.png)",
        "## The same in all runs",
        "mtlab seed=1",
        "lr: 0.001",
        "not finite",
    ):
        assert part in text
    for name in (line.split("](")[1][:-1] for line in text.splitlines() if line.startswith("![")):
        assert (tmp_path / "out" / name).is_file()


def test_regression_has_its_figures_in_the_tables_and_a_scatter(tmp_path: Path):
    for seed in (0, 1):
        write_run(tmp_path / "sweep" / f"{seed}", tasks=("a",), values=("c",), seed=seed)
    assert main(["report", str(tmp_path / "sweep"), "-o", str(tmp_path / "out")]) == 0
    text = (tmp_path / "out" / "report.md").read_text()
    (listing,) = [line for line in text.splitlines() if line.startswith("| run |")]
    measures = "| a accuracy, val \\[%\\] | a accuracy, test \\[%\\] | c mae, val | c mae, test |"
    assert measures in listing
    (means,) = [line for line in text.splitlines() if line.startswith("| configuration | runs")]
    assert measures in means
    assert "![Predicted against true: digits · c](figures/scatter_digits-c.png)" in text
    for ending in ("png", "svg"):
        assert (tmp_path / "out" / "figures" / f"scatter_digits-c.{ending}").is_file()


class _Loads(HTMLParser):
    """Collects whatever a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "srcset", "data", "action") or (tag == "link" and name == "href"):
                self.addresses.append(value or "")


def test_the_page_loads_nothing_and_escapes_what_runs_say(tmp_path: Path):
    sweep = write_sweep(tmp_path / "sweep")
    main(["report", str(sweep), "--output", str(tmp_path / "out")])
    text = (tmp_path / "out" / "report.html").read_text()
    loads = _Loads()
    loads.feed(text)
    assert loads.addresses == ["data:,"]
    assert "default-src 'none'" in text
    assert "loss &lt;b&gt;is&lt;/b&gt; not finite" in text
    assert "<b>is</b>" not in text


def test_two_hundred_runs_are_all_reported(tmp_path: Path):
    for job in range(200):
        write_run(
            tmp_path / "sweep" / f"{job}",
            seed=job % 4,
            accuracy=0.5 + job / 500,
            settings={"model.widths": [job // 4]},
            parameters={"total": 100 + job // 4},
        )
    assert main(["report", str(tmp_path / "sweep"), "-o", str(tmp_path / "out")]) == 0
    assert len((tmp_path / "out" / "report.csv").read_text().splitlines()) == 201
    assert (tmp_path / "out" / "report.html").read_text().count('<details class="run"') == 200


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["report"], "report: the following arguments are required: FOLDER"),
        (["report", "nowhere"], "no such folder"),
        (["report", "empty"], "must hold at least one run"),
        (["report", "run", "--output", "run"], "must not be a run's folder"),
        (["report", "run", "--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_mistakes_are_told_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    part: str,
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    write_run(tmp_path / "run")
    assert main(arguments) == EXIT_MISTAKE
    captured = capsys.readouterr()
    assert part in captured.err
    assert len(captured.err.splitlines()) == 1


def test_several_folders_are_reported_below_outputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "a")
    write_run(tmp_path / "b", seed=1)
    assert main(["report", "a", "b"]) == 0
    assert len(list(tmp_path.glob("outputs/reports/*/report.html"))) == 1


def test_help_is_printed(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stop:
        main(["report", "--help"])
    assert stop.value.code == 0
    assert "mtlab report outputs" in capsys.readouterr().out


def test_reporting_does_without_torch(tmp_path: Path):
    write_run(tmp_path / "run")
    program = (
        "import sys; from mtlab.cli import main; code = main(['report', sys.argv[1]]);"
        "sys.exit(code or 3 * ('torch' in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "run")], check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr
