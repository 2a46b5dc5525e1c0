"""report.md shows what runs say, and takes none of it for markup."""

from __future__ import annotations

from pathlib import Path

from made_runs import write_run

from mtlab.report.analyse.charts import CURVES, Chart
from mtlab.report.analyse.report import Report
from mtlab.report.read.folders import collect
from mtlab.report.write.markdown import as_markdown

HOSTILE = "<script>x</script>"


def markdown(folder: Path) -> str:
    chart = Chart(CURVES, f"{HOSTILE} [a](b)", f"*of* {HOSTILE}", name="a")
    return as_markdown(Report(collect([folder]), [str(folder)]), [chart])


def test_nothing_that_a_run_says_becomes_a_tag(tmp_path: Path):
    write_run(
        tmp_path / "0",
        experiment=HOSTILE,
        row=HOSTILE,
        dataset=HOSTILE,
        error=HOSTILE,
        published={"epochs": 3},
    )
    write_run(tmp_path / "1", dataset="digits")
    (tmp_path / HOSTILE.replace("/", "")).mkdir()
    (tmp_path / HOSTILE.replace("/", "") / "summary.json").write_text("<b>")
    text = markdown(tmp_path)
    blocks = text.split("```")[::2]  # Outside of fences.
    assert not any(HOSTILE in block for block in blocks)
    assert r"## Learning curves: \<script\>x\</script\> \[a\](b)" in text
    assert r"\*of\* \<script\>" in text
    assert rf"## Published and measured: {HOSTILE}".replace("<", r"\<").replace(">", r"\>") in text


def test_a_fence_is_longer_than_any_backticks_within(tmp_path: Path):
    write_run(tmp_path / "0", command="mtlab 'a=```'\n```\n<script>")
    text = markdown(tmp_path)
    assert "````sh\nmtlab 'a=```'\n```\n<script>\n````\n" in text


def test_words_with_underscores_are_left_alone(tmp_path: Path):
    write_run(tmp_path / "0", experiment="mlp_grid", row="_a_", published={"epochs": 3})
    text = markdown(tmp_path)
    assert "## Published and measured: mlp_grid" in text
    assert r"| \_a\_ |" in text
