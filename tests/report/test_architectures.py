"""A report shows the layers of each network once, as page, Markdown and LaTeX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from made_runs import write_run

from mtlab.report.analyse.report import Report
from mtlab.report.read.folders import collect
from mtlab.report.write.markdown import as_markdown
from mtlab.report.write.table_files import write_tables


def _layer(name: str, shape: list[int], parameters: int, task: str | None = None) -> dict[str, Any]:
    return {
        "name": name, "kind": "dense", "shape": shape, "parameters": parameters, "task": task,
        "trainable": 0 if name == "frozen" else parameters, "operations": 2 * parameters,
    }  # fmt: skip


def test_runs_of_one_network_share_a_table_and_damaged_lists_have_none(tmp_path: Path) -> None:
    small = [_layer("frozen", [5], 1200), _layer("digit.output", [10], 60, "digit")]
    for seed in range(2):
        write_run(tmp_path / f"a{seed}", seed=seed, layers=small, image_shape=[1, 28, 28])
    write_run(tmp_path / "b", settings={"optimizer.lr": 1}, layers=small, image_shape=[1, 28, 28])
    other = [_layer("dense1", [7], 5)]
    write_run(tmp_path / "c", model="cnn", layers=other, image_shape=[3, 8, 8])
    write_run(tmp_path / "d", settings={"optimizer.lr": 2}, layers=[{"name": "x"}], image_shape=1)
    write_run(tmp_path / "e", settings={"optimizer.lr": 3})
    report = Report(collect([tmp_path]), [str(tmp_path)])
    (mlp, first, _), (cnn, second, _) = report.layers.tables
    assert (mlp, cnn) == ("model=mlp", "model=cnn")
    texts = [[cell.text for cell in row.cells] for row in first.rows]
    assert texts[1] == ["frozen", "dense", "5", "1,200", "2,400", "shared, frozen"]
    assert texts[-4:] == [
        ["total", "", "", "1,260", "2,520", ""],
        ["trainable", "", "", "60", "", ""],
        ["shared", "", "", "1,200", "2,400", ""],
        ["head digit", "", "", "60", "120", ""],
    ]
    assert second.rows[0].cells[2].text == "3x8x8"
    assert "| frozen | dense | 5 | 1,200 |" in as_markdown(report, [])
    write_tables(report.tables, tmp_path / "tables")
    (latex,) = (tmp_path / "tables").glob("layers_model-mlp*.tex")
    assert "{frozen} & {dense} & {5} & {1,200}" in latex.read_text()
