"""`mtlab report`: turn run folders into tables, figures and one page."""

import argparse
import time
from datetime import datetime
from pathlib import Path

from mtlab.artifacts.run_dir import SUMMARY, write_whole
from mtlab.config.words import WordsParser
from mtlab.errors import RunFolderError

MARKDOWN, CSV, PAGE = "report.md", "report.csv", "report.html"
FIGURES, TABLES = "figures", "tables"

DESCRIPTION = """\
Turn run folders into tables and figures: report.md, report.csv, tables/ (LaTeX and CSV), figures/
(PNG, SVG and PDF), and report.html, one page that needs no network. Runs that differ only in seed
are averaged; failed, interrupted and unfinished runs are listed and never averaged.
"""
EXAMPLES = """\
examples:
  mtlab report outputs/multirun/2026-01-31/12-00-00      one sweep
  mtlab report outputs                                   everything there is
  mtlab report sweep_a sweep_b --output comparison       two sweeps side by side
"""


def report(arguments: list[str]) -> int:
    """Read the folders, write the report; returns the exit code.

    Raises:
        RunFolderError: A folder that does not exist, no run in any of them, or an output folder
            that cannot be used.
    """
    started = time.perf_counter()
    # The other commands' spelling of the option, output=FOLDER, means the same here.
    arguments = [f"--{word}" if word.startswith("output=") else word for word in arguments]
    options = _parser().parse_args(arguments)
    # Imported here so that --help answers at once.
    from mtlab.report.analyse.report import Report
    from mtlab.report.read.folders import collect
    from mtlab.report.write.csv_file import as_csv
    from mtlab.report.write.figure_files import draw_charts
    from mtlab.report.write.markdown import as_markdown
    from mtlab.report.write.page import as_page
    from mtlab.report.write.table_files import write_tables

    content = Report(collect(options.folders), [str(folder) for folder in options.folders])
    output = _output_folder(options.output, options.folders)
    remarks = content.left_out
    # Before the figures: whatever goes wrong with those, the tables are there.
    write_whole(output / CSV, as_csv(content))
    write_tables(content.tables, output / TABLES)
    write_whole(output / MARKDOWN, as_markdown(content, []))
    drawn, problems = draw_charts(content.charts, output / FIGURES, remarks.append)
    content.problems += problems
    write_whole(output / MARKDOWN, as_markdown(content, drawn))
    write_whole(output / PAGE, as_page(content, drawn))
    lines = [f"{problem.place}: {problem.what}" for problem in content.problems] + remarks
    lines += content.opening
    lines.append(f"{content.headline}; reported in {time.perf_counter() - started:.1f} s")
    lines.append(f"open {output / PAGE}, or see {MARKDOWN}, {CSV}, {TABLES}/ and {FIGURES}/")
    print("\n".join(lines))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = WordsParser("report", DESCRIPTION, EXAMPLES)
    parser.add_folders()
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help="where to write; left out: report/ inside the folder, or outputs/reports/<date>-<time>"
        " for several folders; output=FOLDER, as with the other commands, does the same",
    )
    return parser


def _output_folder(chosen: Path | None, folders: list[Path]) -> Path:
    """Create the folder to write into."""
    now = f"{datetime.now():%Y-%m-%d-%H-%M-%S}"
    usual = folders[0] / "report" if len(folders) == 1 else Path("outputs", "reports", now)
    folder = chosen or usual
    if (folder / SUMMARY).exists():
        remedy = f"for example {folder / 'report'}"
        rule = "must not be a run's folder"
        raise RunFolderError("--output", rule=rule, found=folder, remedy=remedy)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(
            "--output",
            rule="must be a folder that can be written",
            found=f"{folder} ({error.strerror})",
            remedy="name another folder",
        ) from error
    return folder
