"""Tables from run folders."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from mtlab.report.write.result_tables import SweepTable, metrics_tables, sweep_table


def write_job(sweep: Path, name: str, overrides: list[str], **summary: object) -> None:
    """`overrides` become the run's configuration, whatever was typed for it."""
    folder = sweep / name
    folder.mkdir(parents=True)
    config: dict[str, Any] = {}
    for override in overrides:
        key, _, value = override.partition("=")
        *groups, last = key.split(".")
        place = config
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = yaml.safe_load(value)
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / "summary.json").write_text(json.dumps(summary))


def done(accuracy: float) -> dict[str, object]:
    return {
        "status": "completed",
        "tasks": ["digit"],
        "parameters": {"total": 7},
        "test": {"digit": {"accuracy": accuracy}},
        "epochs": 3,
        "seconds": {"total": 1.26},
    }


def test_one_row_per_run_in_order_failures_included(tmp_path: Path) -> None:
    write_job(tmp_path, "1_b", ["lr=2", "x=0"], **done(0.25))
    write_job(tmp_path, "0_a", ["lr=1", "x=0"], **done(0.5))
    write_job(tmp_path, "2_c", ["lr=3", "x=0"], status="failed", error="it broke, badly")
    table = sweep_table(tmp_path)
    assert table.num_failed == 1
    rows = list(csv.DictReader(io.StringIO(table.as_csv())))
    assert [row["lr"] for row in rows] == ["1", "2", "3"]
    assert [row["digit accuracy, test"] for row in rows] == ["0.5000", "0.2500", ""]
    assert [row["seconds"] for row in rows] == ["1.3", "1.3", "0.0"]
    assert rows[2]["error"] == "it broke, badly"
    assert "x" not in rows[0]


def test_the_terminal_shows_a_rows_name_and_the_published_figure(tmp_path: Path) -> None:
    rows = {"plain": {}, "heavy": {"mtl.weights.b": 10.0}}
    for number, (name, row) in enumerate(rows.items()):
        summary = done(0.5) | {"val": {"digit": {"accuracy": 0.75}}, "row": name}
        summary["published"] = {"val.digit.accuracy": 0.7, "seconds.train": 3} if row else None
        for seed in (0, 1):
            weight = 10.0 if row else 1.5
            chosen = [f"row={name}", f"seed={seed}", f"mtl.weights.b={weight}"]
            write_job(tmp_path, f"{2 * number + seed}_x", chosen, **summary)
    table = sweep_table(tmp_path)
    assert list(table.headings.values()) == [
        "job",
        "row",
        "seed",
        "digit accuracy, val",
        "digit accuracy, test",
        "parameters",
        "epochs",
        "seconds",
    ]
    *_, heavy = csv.DictReader(io.StringIO(table.as_csv()))
    assert heavy["mtl.weights.b"] == "10"
    assert heavy["digit accuracy, val"] == "0.7500"
    text = io.StringIO()
    Console(file=text, width=80).print(table.as_rich())
    assert "heavy" in text.getvalue() and "weights" not in text.getvalue()


def test_runs_of_different_tasks_share_a_table(tmp_path: Path) -> None:
    write_job(tmp_path, "0_a", ["t=a"], **done(0.5))
    other = done(0.5) | {"tasks": ["group"], "test": {"group": {"accuracy": 0.125}}}
    write_job(tmp_path, "1_b", ["t=b"], **other)
    rows = list(csv.DictReader(io.StringIO(sweep_table(tmp_path).as_csv())))
    assert [row["digit accuracy, test"] for row in rows] == ["0.5000", ""]
    assert [row["group accuracy, test"] for row in rows] == ["", "0.1250"]


def write_rates(sweep: Path, vals: tuple[float, ...], **more: object) -> None:
    for job, val in enumerate(vals):
        summary = done(1 - val) | {"val": {"digit": {"accuracy": val}}, "seed": 0} | more
        monitor = "trainer.monitor=accuracy"
        write_job(sweep, f"{job}_x", [f"optimizer.lr=0.{job + 1}", monitor], **summary)


def test_the_best_job_is_the_best_on_validation_not_on_test(tmp_path: Path) -> None:
    write_rates(tmp_path, (0.5, 0.75, 0.625))
    table = sweep_table(tmp_path)
    rows = list(csv.DictReader(io.StringIO(table.as_csv())))
    assert [row["best"] for row in rows] == ["", "val.digit.accuracy", ""]
    (line,) = table.best
    assert line.startswith("* best on validation by val.digit.accuracy: job 1; see mtlab best /")
    titles = list(rows[0])
    assert titles.index("digit accuracy, val") + 1 == titles.index("digit accuracy, test")
    assert " 1 * " in drawn(table, 100)


def test_jobs_that_are_level_are_not_said_to_be_ahead(tmp_path: Path) -> None:
    write_rates(tmp_path, (0.75, 0.75))
    (line,) = sweep_table(tmp_path).best
    assert "job 0, level with 1 more; see mtlab best" in line


@pytest.mark.parametrize(("key", "over"), [("seed", "seeds"), ("dataset.fold", "folds")])
def test_repetitions_alone_are_summed_up_by_their_mean(tmp_path: Path, key: str, over: str) -> None:
    for job in range(3):
        summary = done(0.5) | {"val": {"digit": {"accuracy": 0.5 + job / 100}}, "seed": job}
        write_job(tmp_path, f"{job}_x", [f"{key}={job}", "trainer.monitor=accuracy"], **summary)
    (line,) = sweep_table(tmp_path).best
    assert line.startswith(
        f"mean over {over} of the only configuration by val.digit.accuracy: 51.0 ± 1.0 % (95%: 48.5"
    )


def drawn(table: SweepTable, width: int) -> str:
    text = io.StringIO()
    Console(file=text, width=width).print(table.as_rich())
    return text.getvalue()


@pytest.mark.parametrize("width", [40, 50, 60, 70, 80, 100, 160])
def test_no_number_is_cut_in_a_narrow_terminal(tmp_path: Path, width: int) -> None:
    parameters = {"parameters": {"total": 123456789}}
    write_rates(tmp_path, (0.5, 0.75, 0.625), **parameters)
    table = sweep_table(tmp_path)
    text = drawn(table, width)
    assert max(map(len, text.splitlines())) <= width
    numbers = {word for line in text.splitlines() for word in line.split() if "." in word}
    assert numbers & {"0.5000", "0.7500", "0.6250"}
    whole = {cell for row in table.rows for cell in row.values()}
    assert {word for word in numbers if word[0].isdigit()} <= whole
    assert ("123456789" in text) == ("parameters" not in text.partition("no room for")[2])


@pytest.mark.parametrize("width", [44, 60, 100])
def test_a_result_is_whole_in_a_narrow_terminal(width: int) -> None:
    names = ("loss", "accuracy", "precision", "recall", "f1")
    measured = {"digit": dict.fromkeys(names, 0.12345)}
    text = io.StringIO()
    console = Console(file=text, width=width)
    console.print(metrics_tables(["digit"], [("val", measured), ("test", measured)]))
    assert max(map(len, text.getvalue().splitlines())) <= width
    assert "accuracy" in text.getvalue() and "0.1235" in text.getvalue()
    assert ("precision" in text.getvalue().partition("no room")[2]) == (width < 60)
