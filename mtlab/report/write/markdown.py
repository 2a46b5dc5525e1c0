"""report.md: the tables and figures as text that any Markdown viewer shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from mtlab.report.analyse.charts import Chart
from mtlab.report.analyse.report import Report
from mtlab.report.analyse.tables import Cell, Table

MEANS_REMARK = (
    "Mean ± standard deviation over runs that differ only in seed; below it the 95% interval of the"
    " mean (Student's t)."
)


def as_markdown(report: Report, drawn: Sequence[Chart]) -> str:
    """Sections in the order of the page.

    Args:
        drawn: The charts whose files lie in figures/ beside the report's.
    """
    lines = [
        "# Report",
        "",
        f"{report.headline}. Made on {report.created_at} from"
        f" {', '.join(_code(folder) for folder in report.folders)}.",
        "",
        *_remarks(report),
    ]
    for comparison in report.comparisons:
        lines += [f"## Published and measured: {_escape(comparison.title)}", ""]
        lines += [_escape(" ".join(comparison.remarks)), ""]
        lines += [*_table(comparison.table), ""]
    if report.means is not None:
        lines += ["## Means over seeds", "", MEANS_REMARK, "", *_table(report.means), ""]
    for dataset, table in report.lambda_tables:
        lines += [f"## Accuracy by lambda: {_escape(dataset)}", "", *_table(table), ""]
    lines += ["## Runs", "", *_table(report.table), ""]
    for chart in drawn:
        title = _escape(chart.title)
        lines += [f"## {title}", "", f"![{title}](figures/{chart.name}.png)", ""]
        lines += [_escape(chart.caption), ""]
    if report.left_out:
        lines += [*(f"- {_escape(line)}" for line in report.left_out), ""]
    lines += [*_constants(report.settings.constant), *_repeat(report)]
    return "\n".join(lines)


def _remarks(report: Report) -> Iterator[str]:
    yield from (f"- {_escape(note)}" for note in report.notes)
    if report.notes:
        yield ""
    if report.problems:
        yield "Folders that could not be read, or not whole:"
        yield ""
        yield from (
            f"- {_code(problem.place)}: {_escape(problem.what)}" for problem in report.problems
        )
        yield ""


def _table(table: Table) -> Iterator[str]:
    yield _line([_escape(column.title) for column in table.columns])
    yield _line(["---:" if column.is_number else "---" for column in table.columns])
    for row in table.rows:
        yield _line([_cell(cell) for cell in row.cells])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    text = _escape(cell.text)
    return f"{text}<br>{_escape(cell.note)}" if cell.note else text


def _escape(text: str) -> str:
    """Text that no viewer takes for markup. An underscore within a word is none."""
    escaped = re.sub(r"[\\|*\[\]<>`&~$]", r"\\\g<0>", " ".join(text.split()))
    return re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", escaped)


def _code(text: str) -> str:
    """Text within a line as code, whatever backticks it holds."""
    ticks = _more_than_any_run_in(text, 1)
    space = " " if "`" in text else ""
    return f"{ticks}{space}{' '.join(text.split())}{space}{ticks}"


def _fenced(text: str, language: str) -> tuple[str, ...]:
    """Lines as a block of code, whatever backticks they hold."""
    fence = _more_than_any_run_in(text, 3)
    return f"{fence}{language}", text, fence, ""


def _more_than_any_run_in(text: str, least: int) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * max(least, longest + 1)


def _constants(constant: Mapping[str, str]) -> Iterator[str]:
    if constant:
        yield from ("## The same in all runs", "")
        yield from _fenced("\n".join(f"{key}: {text}" for key, text in constant.items()), "yaml")


def _repeat(report: Report) -> Iterator[str]:
    yield from ("## Every run: command and configuration", "")
    for run in report.runs:
        command = run.text_at("command") or "(not recorded)"
        yield from (f"<details><summary>{run.number} · {escape(run.name)}</summary>", "")
        yield from (f"Folder: {_code(run.place)}", "")
        yield from _fenced(command, "sh")
        if run.config_text:
            yield from _fenced(run.config_text.rstrip(), "yaml")
        yield from ("</details>", "")
