"""Tables for the terminal: one run's metrics, and a sweep's runs side by side."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from mtlab.artifacts.reading import run_folders
from mtlab.errors import RunFolderError
from mtlab.report.analyse.settings import compare_settings, is_said_by_row, short_keys, tasks_of
from mtlab.report.read.folders import Problem, read_runs
from mtlab.report.read.run import Run

SPLITS = ("train", "val", "test")
REGRESSION_METRICS = ("mae", "r2")
NEVER_FOLDED = ("job", "row", "seed", "status", "parameters", "epochs", "seconds")


def result_table(summary: Mapping[str, Any]) -> Group:
    """One row per task and split with every metric; a table for each kind of task."""
    return metrics_tables(summary["tasks"], _measured_splits(summary))


def metrics_tables(tasks: Sequence[str], splits: Sequence[tuple[str, Mapping[str, Any]]]) -> Group:
    """Tasks by splits; a table for each set of metrics, such as those of regression.

    Args:
        splits: Of each its title, and per task its metrics by name.
    """
    tasks_by_names: dict[tuple[str, ...], list[str]] = {}
    for task in tasks if splits else ():
        tasks_by_names.setdefault(tuple(splits[0][1][task]), []).append(task)
    return Group(
        *(
            _metrics_table(names, tasks, splits, "result" if number == 0 else None)
            for number, (names, tasks) in enumerate(tasks_by_names.items())
        )
    )


def _metrics_table(
    names: Sequence[str],
    tasks: Sequence[str],
    splits: Sequence[tuple[str, Mapping[str, Any]]],
    title: str | None,
) -> Table:
    """The tasks that share these metrics."""
    table = Table(title=title, title_justify="left")
    table.add_column("task")
    table.add_column("split")
    for name in names:
        table.add_column(name, justify="right")
    for task in tasks:
        table.add_section()
        for row, (split, measured) in enumerate(splits):
            cells = (f"{measured[task][name]:.4f}" for name in names)
            table.add_row("" if row else task, split, *cells)
    return table


def _measured_splits(summary: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    splits = [(split, summary[split]) for split in SPLITS if summary.get(split)]
    for split, measured in (summary.get("last") or {}).items():
        splits.append((f"{split}, last epoch", measured))
    return splits


@dataclass(frozen=True)
class SweepTable:
    """A sweep's runs, one row each; every cell is text.

    Attributes:
        columns: What varied first, then what was measured.
        headings: The columns that the terminal shows, by the name they have there: settings are
            shortened, and those that a row of the experiment's table sets give way to its name.
        num_failed: Rows of runs that did not complete.
    """

    columns: tuple[str, ...]
    headings: Mapping[str, str]
    rows: tuple[tuple[str, ...], ...]
    num_failed: int

    def as_csv(self) -> str:
        """Comma-separated, with a header line."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return text.getvalue()

    def as_rich(self) -> Table:
        """For the terminal, without the columns that say nothing or take too much room."""
        shown = [index for index, name in enumerate(self.columns) if name in self.headings]
        table = Table(title="sweep", title_justify="left")
        for index in shown:
            name = self.columns[index]
            table.add_column(
                # A line per word keeps the columns as narrow as their numbers.
                self.headings[name].replace(" accuracy", "\naccuracy").replace(", ", ",\n"),
                justify="left" if name in ("status", "error") else "right",
                no_wrap=name in NEVER_FOLDED,
                overflow="fold",
            )
        for row in self.rows:
            # Text, because rich would take a list such as [digit,parity] for markup.
            table.add_row(*(Text(row[index]) for index in shown))
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
    varied = varied_settings(runs)
    metrics = _metric_columns(runs)
    has_errors = any(run.text_at("error") for run in runs)
    titles = {key: key.removesuffix(".name") for key in varied}
    columns = ["job", *titles.values(), "status", "parameters", *metrics, "epochs", "seconds"]
    columns += ["error"] if has_errors else []
    rows = []
    for run in runs:
        row = [_job(run), *(_as_typed(_setting(run, key)) for key in varied)]
        row += [run.status.value, run.text_at("parameters.total")]
        row += [_decimals(run.number_at(path), 4) for path in metrics.values()]
        row += [run.text_at("epochs"), _decimals(run.number_at("seconds.total") or 0.0, 1)]
        row += [run.text_at("error")] if has_errors else []
        rows.append((*row, run.name))
    num_failed = sum(not run.is_completed for run in runs)
    hidden = {titles[key] for key in varied if "row" in varied and is_said_by_row(key, runs)}
    hidden -= {"row"}
    hidden |= {"status"} if num_failed == 0 else set()
    short = short_keys([title for title in titles.values() if title not in hidden], tasks_of(runs))
    headings = {name: short.get(name, name) for name in columns if name not in hidden}
    return SweepTable((*columns, "folder"), headings, tuple(rows), num_failed)


def varied_settings(runs: Sequence[Run]) -> list[str]:
    """Dotted keys of what differs between a sweep's runs, with the row first where it does."""
    names = ("experiment", "row")
    named = [name for name in names if len({_setting(run, name) for run in runs}) > 1]
    return [*named, *compare_settings(runs).varied]


def _setting(run: Run, key: str) -> str:
    return run.preset if key == "experiment" else run.settings.get(key, "")


def _as_typed(text: str) -> str:
    """A list without the spaces that a shell would take for ends of words."""
    return text.replace(", ", ",") if text.startswith("[") else text


def _metric_columns(runs: Sequence[Run]) -> dict[str, str]:
    """Column title to the path in summary.json of each task's main test metrics, and of those of
    other splits that stand against published ones.
    """
    titles: dict[str, str] = {}
    published: dict[str, dict[str, str]] = {}
    for run in runs:
        for path in run.published:
            split, _, rest = path.partition(".")
            task, _, name = rest.partition(".")
            if split in ("train", "val") and name:
                published.setdefault(task, {})[f"{task} {name}, {split}"] = path
    for run in runs:
        for task in run.tasks:
            is_regression = run.text_at(f"kinds.{task}") == "regression"
            for name in REGRESSION_METRICS if is_regression else ("accuracy",):
                titles[f"{task} {name}"] = f"test.{task}.{name}"
            titles |= published.get(task, {})
    for run in runs:
        for task in run.tasks:
            if run.measure_names("last.test", task):
                titles[f"{task} accuracy, last epoch"] = f"last.test.{task}.accuracy"
    return titles


def _job(run: Run) -> str:
    """The job's number as its folder has it; its position where the folder was named by hand."""
    number, _, _ = run.name.partition("_")
    return number if number.isdigit() else str(run.number - 1)


def _decimals(value: float | None, num_decimals: int) -> str:
    return "" if value is None else f"{value:.{num_decimals}f}"
