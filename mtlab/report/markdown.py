"""report.md: the tables and figures as text that any Markdown viewer shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mtlab.report.content import Report
from mtlab.report.grid import Cell, Grid
from mtlab.report.listings import lambda_listing
from mtlab.report.plots import Plot

MEANS_REMARK = (
    "Mean ± standard deviation over runs that differ only in seed; below it the 95% interval of the"
    " mean (Student's t)."
)


def as_markdown(report: Report, plots: Sequence[Plot], left_out: Sequence[str] = ()) -> str:
    """Sections in the order of the page; `plots` lie in figures/ beside the file.

    Args:
        left_out: Lines on figures that were not drawn.
    """
    lines = [
        "# Report",
        "",
        f"{headline(report)}. Made on {report.created_at} from {', '.join(report.folders)}.",
        "",
        *_remarks(report),
    ]
    for comparison in report.comparisons:
        lines += [f"## Published and measured: {comparison.title}", "", *comparison.remarks, ""]
        lines += [*_table(comparison.grid), ""]
    if report.means is not None:
        lines += ["## Means over seeds", "", MEANS_REMARK, "", *_table(report.means), ""]
    for panel in report.lambda_panels:
        lines += [f"## Accuracy by lambda: {panel.dataset}", ""]
        lines += [*_table(lambda_listing(panel)), ""]
    lines += ["## Runs", "", *_table(report.listing), ""]
    for plot in plots:
        lines += [f"## {plot.title}", "", f"![{plot.title}](figures/{plot.name}.png)", ""]
        lines += [plot.caption, ""] if plot.caption else []
    lines += [*(f"- {line}" for line in left_out), ""] if left_out else []
    lines += [*_constants(report.keys.constant), *_repeat(report)]
    return "\n".join(lines)


def headline(report: Report) -> str:
    """How many runs, and how they ended."""
    num_runs = len(report.runs)
    counts = ", ".join(f"{count} {status}" for status, count in report.status_counts.items())
    return f"{num_runs} run{'' if num_runs == 1 else 's'}: {counts}"


def _remarks(report: Report) -> Iterator[str]:
    yield from (f"- {note}" for note in report.notes)
    if report.notes:
        yield ""
    if report.problems:
        yield "Folders that could not be read, or not whole:"
        yield ""
        yield from (f"- `{problem.place}`: {problem.what}" for problem in report.problems)
        yield ""


def _table(grid: Grid) -> Iterator[str]:
    yield _line([_escape(column.title) for column in grid.columns])
    yield _line(["---:" if column.is_number else "---" for column in grid.columns])
    for row in grid.rows:
        yield _line([_cell(cell) for cell in row.cells])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    text = _escape(cell.text)
    return f"{text}<br>{_escape(cell.note)}" if cell.note else text


def _escape(text: str) -> str:
    for character in "\\|*_[]<`":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())


def _constants(constant: Mapping[str, str]) -> Iterator[str]:
    if constant:
        yield from ("## The same in all runs", "", "```yaml")
        yield from (f"{key}: {text}" for key, text in constant.items())
        yield from ("```", "")


def _repeat(report: Report) -> Iterator[str]:
    yield from ("## Every run: command and configuration", "")
    for run in report.runs:
        command = run.text_at("command") or "(not recorded)"
        yield from (f"<details><summary>{run.number} · {_html(run.name)}</summary>", "")
        yield from (f"Folder: `{run.place}`", "")
        yield from ("```sh", command, "```", "")
        if run.config_text:
            yield from ("```yaml", run.config_text.rstrip(), "```", "")
        yield from ("</details>", "")


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
