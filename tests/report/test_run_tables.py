"""Tables from run folders."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import yaml
from rich.console import Console

from mtlab.report.tables import sweep_table, varied_keys


def write_job(sweep: Path, name: str, overrides: list[str], **summary: object) -> None:
    folder = sweep / name
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(overrides))
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


def test_only_what_varied_has_a_column() -> None:
    overrides = [{"a": "1", "b": "2"}, {"a": "1", "b": "3"}, {"a": "1", "c": "x"}]
    assert varied_keys(overrides) == ["b", "c"]


def test_one_row_per_run_in_order_failures_included(tmp_path: Path) -> None:
    write_job(tmp_path, "1_b", ["lr=2", "x=0"], **done(0.25))
    write_job(tmp_path, "0_a", ["lr=1", "x=0"], **done(0.5))
    write_job(tmp_path, "2_c", ["lr=3", "x=0"], status="failed", error="it broke, badly")
    table = sweep_table(tmp_path)
    assert table.num_failed == 1
    rows = list(csv.DictReader(io.StringIO(table.as_csv())))
    assert [row["lr"] for row in rows] == ["1", "2", "3"]
    assert [row["digit accuracy"] for row in rows] == ["0.5000", "0.2500", ""]
    assert [row["seconds"] for row in rows] == ["1.3", "1.3", "0.0"]
    assert rows[2]["error"] == "it broke, badly"
    assert "x" not in rows[0]


def test_the_terminal_shows_a_rows_name_and_the_published_figure(tmp_path: Path) -> None:
    rows = {"plain": {}, "heavy": {"mtl.weights.b": 10.0}}
    for number, (name, row) in enumerate(rows.items()):
        summary = done(0.5) | {"val": {"digit": {"accuracy": 0.75}}, "row": name}
        summary["published"] = {"val.digit.accuracy": 0.7, "seconds.train": 3} if row else None
        overrides = [f"row={name}", f"optimizer.lr={number}"]
        write_job(tmp_path, f"{number}_x", overrides, **summary)
        config = {"rows": {name: row}, "mtl": {"weights": {"b": 10.0 if row else 1.5}}}
        (tmp_path / f"{number}_x" / "config.yaml").write_text(yaml.safe_dump(config))
    table = sweep_table(tmp_path)
    assert list(table.headings.values()) == [
        "job", "row", "lr", "parameters", "digit accuracy", "digit accuracy, val", "epochs",
        "seconds",
    ]  # fmt: skip
    (_, heavy) = csv.DictReader(io.StringIO(table.as_csv()))
    assert heavy["mtl.weights.b"] == "10.0"
    assert heavy["digit accuracy, val"] == "0.7500"
    text = io.StringIO()
    Console(file=text, width=80).print(table.as_rich())
    assert "heavy" in text.getvalue() and "weights" not in text.getvalue()


def test_runs_of_different_tasks_share_a_table(tmp_path: Path) -> None:
    write_job(tmp_path, "0_a", ["t=a"], **done(0.5))
    other = done(0.5) | {"tasks": ["group"], "test": {"group": {"accuracy": 0.125}}}
    write_job(tmp_path, "1_b", ["t=b"], **other)
    rows = list(csv.DictReader(io.StringIO(sweep_table(tmp_path).as_csv())))
    assert [row["digit accuracy"] for row in rows] == ["0.5000", ""]
    assert [row["group accuracy"] for row in rows] == ["", "0.1250"]
