"""Tables for the terminal: one run's metrics, and a sweep's runs side by side."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mtlab.artifacts.run_dir import run_folders
from mtlab.errors import RunFolderError
from mtlab.report.analyse.settings import compare_settings, is_said_by_row, short_keys, tasks_of
from mtlab.report.read.folders import Problem, read_runs
from mtlab.report.read.run import Run
from mtlab.report.write.csv_file import csv_text

SPLITS = ("train", "val", "test")
REGRESSION_METRICS = ("mae", "r2")
NEVER_FOLDED = ("job", "row", "seed", "status", "parameters", "epochs", "seconds")


def show_result(
    summary: Mapping[str, Any],
    folder: Path,
    say: Callable[[RenderableType], None],
    are_figures_wanted: bool,
) -> None:
    """Draw the figures of a run that has been measured, and print its table."""
    if not summary["test"]:
        return
    if are_figures_wanted:
        # matplotlib takes a second to load.
        from mtlab.report.write.run_figures import draw_run_figures

        draw_run_figures(summary, folder, say)
    splits = [(split, summary[split]) for split in SPLITS if summary.get(split)]
    for split, measured in (summary.get("last") or {}).items():
        splits.append((f"{split}, last epoch", measured))
    say(metrics_tables(summary["tasks"], splits))


def metrics_tables(tasks: Sequence[str], splits: Sequence[tuple[str, Mapping[str, Any]]]) -> Group:
    """A row per task and split; a table for each set of metrics, such as those of regression.

    Args:
        splits: Of each its title, and per task its metrics by name.
    """
    tasks_by_names: dict[tuple[str, ...], list[str]] = {}
    for task in tasks if splits else ():
        tasks_by_names.setdefault(tuple(splits[0][1][task]), []).append(task)
    tables: list[Table] = []
    for names, alike in tasks_by_names.items():
        table = Table(title=None if tables else "result", title_justify="left")
        table.add_column("task")
        table.add_column("split")
        for name in names:
            table.add_column(name, justify="right")
        for task in alike:
            table.add_section()
            for row, (split, measured) in enumerate(splits):
                cells = (f"{measured[task][name]:.4f}" for name in names)
                table.add_row("" if row else task, split, *cells)
        tables.append(table)
    return Group(*tables)


class SweepTable(NamedTuple):
    """A sweep's runs, one row each; every cell is text, by its column's name.

    `headings` are the columns that the terminal shows, under the name they have there: settings are
    shortened, and those that a row of the preset's table sets give way to its name.
    """

    rows: list[dict[str, str]]
    headings: dict[str, str]
    num_failed: int

    def as_csv(self) -> str:
        return csv_text(self.rows)

    def as_rich(self) -> Table:
        """For the terminal, without the columns that say nothing or take too much room."""
        table = Table(title="sweep", title_justify="left")
        for name, heading in self.headings.items():
            table.add_column(
                # A line per word keeps the columns as narrow as their numbers.
                heading.replace(" accuracy", "\naccuracy").replace(", ", ",\n"),
                justify="left" if name in ("status", "error") else "right",
                no_wrap=name in NEVER_FOLDED,
                overflow="fold",
            )
        for row in self.rows:
            # Text, because rich would take a list such as [digit,parity] for markup.
            table.add_row(*(Text(row[name]) for name in self.headings))
        return table


def sweep_table(folder: Path) -> SweepTable:
    """Read every run of a sweep.

    Columns: `job`, each setting that varied, `status`, `parameters`, test metrics per task,
    `epochs`, `seconds` (total), `error` where a run has one, and `folder`.

    Raises:
        RunFolderError: A run's summary that cannot be read.
    """
    folders = run_folders(folder)
    problems: list[Problem] = []
    runs = read_runs(folders, {run: run.name for run in folders}, problems)
    if len(runs) < len(folders):
        raise RunFolderError(problems[0].place, rule=problems[0].what)
    varied = {key: key.removesuffix(".name") for key in _varied_settings(runs)}
    metrics = _metric_columns(runs)
    has_errors = any(run.text_at("error") for run in runs)
    rows = []
    for run in runs:
        row = {"job": _job(run)}
        row |= {name: _as_typed(_setting(run, key)) for key, name in varied.items()}
        row |= {"status": run.status.value, "parameters": run.text_at("parameters.total")}
        for title, path in metrics.items():
            value = run.number_at(path)
            row[title] = "" if value is None else f"{value:.4f}"
        seconds = run.number_at("seconds.total") or 0.0
        row |= {"epochs": run.text_at("epochs"), "seconds": f"{seconds:.1f}"}
        row |= {"error": run.text_at("error")} if has_errors else {}
        rows.append(row | {"folder": run.name})
    num_failed = sum(not run.is_completed for run in runs)
    hidden = {"folder"} | ({"status"} if num_failed == 0 else set())
    if "row" in varied:
        hidden |= {varied[key] for key in varied if key != "row" and is_said_by_row(key, runs)}
    short = short_keys([name for name in varied.values() if name not in hidden], tasks_of(runs))
    shown = [name for name in (rows[0] if rows else ()) if name not in hidden]
    return SweepTable(rows, {name: short.get(name, name) for name in shown}, num_failed)


def _varied_settings(runs: Sequence[Run]) -> list[str]:
    """Dotted keys of what differs between a sweep's runs, with the row first where it does.

    What a row of the preset's table sets is named even where it follows from the model's name.
    """
    names = ("experiment", "row")
    named = [name for name in names if len({_setting(run, name) for run in runs}) > 1]
    compared = compare_settings(runs)
    by_rows = [
        key
        for key in compared.implied
        if any(f"rows.{run.row}.{key}" in run.settings for run in runs)
    ]
    return [*named, *compared.varied, *by_rows]


def _setting(run: Run, key: str) -> str:
    if key == "experiment":
        return run.preset
    text = run.settings.get(key, "")
    # A run that failed before its configuration was settled has no row at all.
    return "" if key == "row" and text == "null" else text


def _as_typed(text: str) -> str:
    """A list without the spaces that a shell would take for ends of words."""
    return text.replace(", ", ",") if text.startswith("[") else text


def _metric_columns(runs: Sequence[Run]) -> dict[str, str]:
    """Column title to the path in summary.json of each task's main test metrics, and of those of
    other splits that stand against published ones.
    """
    published = dict.fromkeys(path for run in runs for path in run.published)
    titles: dict[str, str] = {}
    for run in runs:
        for task in run.tasks:
            is_regression = run.text_at(f"kinds.{task}") == "regression"
            for name in REGRESSION_METRICS if is_regression else ("accuracy",):
                titles[f"{task} {name}"] = f"test.{task}.{name}"
            for path in published:
                split, _, rest = path.partition(".")
                if split in ("train", "val") and rest.startswith(f"{task}."):
                    titles[f"{rest.replace('.', ' ')}, {split}"] = path
    for run in runs:
        for task in run.tasks:
            if run.measure_names("last.test", task):
                titles[f"{task} accuracy, last epoch"] = f"last.test.{task}.accuracy"
    return titles


def _job(run: Run) -> str:
    """The number that begins its folder's name; its position where that was chosen by hand."""
    number, _, _ = run.name.partition("_")
    return number if number.isdigit() else str(run.number - 1)
