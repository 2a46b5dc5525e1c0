"""Tables made from run folders: one run's result, and a sweep's runs side by side."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from mtlab.artifacts.reading import read_config, read_overrides, read_summary, run_folders
from mtlab.report.settings import short_keys

SPLITS = ("train", "val", "test")
REGRESSION_FIGURES = ("mae", "r2")
NEVER_FOLDED = ("job", "row", "seed", "status", "parameters", "epochs", "seconds")


def result_table(summary: Mapping[str, Any]) -> Group:
    """One row per task and split with every figure; a table for each kind of task."""
    return figures_tables(summary["tasks"], _measured_splits(summary))


def figures_tables(tasks: Sequence[str], splits: Sequence[tuple[str, Mapping[str, Any]]]) -> Group:
    """Tasks by splits; a table for each set of figures, such as those of regression.

    Args:
        splits: Of each its title, and per task its figures by name.
    """
    tasks_by_figures: dict[tuple[str, ...], list[str]] = {}
    for task in tasks if splits else ():
        tasks_by_figures.setdefault(tuple(splits[0][1][task]), []).append(task)
    return Group(
        *(
            _figures_table(names, tasks, splits, "result" if number == 0 else None)
            for number, (names, tasks) in enumerate(tasks_by_figures.items())
        )
    )


def _figures_table(
    names: Sequence[str],
    tasks: Sequence[str],
    splits: Sequence[tuple[str, Mapping[str, Any]]],
    title: str | None,
) -> Table:
    """The tasks that share these figures."""
    table = Table(title=title, title_justify="left")
    table.add_column("task")
    table.add_column("split")
    for name in names:
        table.add_column(name, justify="right")
    for task in tasks:
        table.add_section()
        for row, (split, figures) in enumerate(splits):
            cells = (f"{figures[task][name]:.4f}" for name in names)
            table.add_row("" if row else task, split, *cells)
    return table


def _measured_splits(summary: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    splits = [(split, summary[split]) for split in SPLITS if summary.get(split)]
    for split, figures in (summary.get("last") or {}).items():
        splits.append((f"{split}, last epoch", figures))
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

    Columns: `job`, each setting that varied (see `run_settings`), `status`, `parameters`, test
    figures per task, `epochs`, `seconds` (total), and `error` where a run has one.
    """
    folders = run_folders(folder)
    summaries = [read_summary(run) for run in folders]
    overrides = [read_overrides(run) for run in folders]
    configs = [read_config(run) for run in folders]
    settings = run_settings(overrides, configs)
    varied = varied_keys(settings)
    figures = _test_figures(summaries)
    has_errors = any(summary.get("error") for summary in summaries)
    columns = ["job", *varied, "status", "parameters", *figures, "epochs", "seconds"]
    columns += ["error"] if has_errors else []
    rows = []
    for number, (run, summary, chosen) in enumerate(zip(folders, summaries, settings, strict=True)):
        row = [
            _job(run, number),
            *(chosen.get(key, "") for key in varied),
            str(summary.get("status")),
        ]
        row.append(str((summary.get("parameters") or {}).get("total", "")))
        row += [_cell(_look_up(summary, path)) for path in figures.values()]
        row.append(str(summary.get("epochs", "")))
        row.append(f"{(summary.get('seconds') or {}).get('total', 0.0):.1f}")
        row += [str(summary.get("error") or "")] if has_errors else []
        rows.append((*row, run.name))
    num_failed = sum(summary.get("status") != "completed" for summary in summaries)
    tasks = {task for summary in summaries for task in summary.get("tasks") or ()}
    set_by_rows = keys_of_rows(overrides, configs) if "row" in varied else set()
    hidden = set_by_rows | ({"status"} if num_failed == 0 else set())
    short = short_keys([key for key in varied if key not in hidden], tasks)
    headings = {name: short.get(name, name) for name in columns if name not in hidden}
    return SweepTable((*columns, "folder"), headings, tuple(rows), num_failed)


def keys_of_rows(
    overrides: Sequence[Mapping[str, str]], configs: Sequence[Mapping[str, Any]]
) -> set[str]:
    """What the rows of the experiment's table set, and no command line does itself."""
    rows = [row for config in configs for row in (config.get("rows") or {}).values()]
    typed = {key for chosen in overrides for key in chosen}
    return {key for row in rows for key in row} - typed


def run_settings(
    overrides: Sequence[Mapping[str, str]], configs: Sequence[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """What was chosen for each run: its overrides, and what the rows of an experiment's table set.

    A key that one run's row sets is looked up for all of them, so that a baseline, which sets
    nothing, shows its value too.
    """
    keys = dict.fromkeys(key for chosen in overrides for key in chosen)
    for config in configs:
        for row in (config.get("rows") or {}).values():
            keys |= dict.fromkeys(key for key in row if key != "published")
    return [
        {key: chosen[key] if key in chosen else _setting(config, key) for key in keys}
        for chosen, config in zip(overrides, configs, strict=True)
    ]


def _setting(config: Mapping[str, Any], key: str) -> str:
    """A configuration's value as it would be typed; a group's is the name of its option."""
    found: Any = config
    for name in key.split("."):
        if not isinstance(found, dict) or name not in found:
            return ""
        found = found[name]
    if isinstance(found, dict) and "name" in found:
        return str(found["name"])
    return found if isinstance(found, str) else json.dumps(found, separators=(",", ":"))


def varied_keys(settings: Sequence[Mapping[str, str]]) -> list[str]:
    """Keys whose values differ between runs, in the order in which they appear."""
    keys = dict.fromkeys(key for chosen in settings for key in chosen)
    return [key for key in keys if len({chosen.get(key) for chosen in settings}) > 1]


def _test_figures(summaries: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Column title to the path in summary.json of each task's main test figures, and of those of
    other splits that stand against published ones.
    """
    titles: dict[str, tuple[str, ...]] = {}
    published: dict[str, tuple[str, ...]] = {}
    for summary in summaries:
        for path in summary.get("published") or {}:
            split, _, rest = path.partition(".")
            task, _, figure = rest.partition(".")
            if split in ("train", "val") and figure:
                published[f"{task} {figure}, {split}"] = (split, task, figure)
    for summary in summaries:
        kinds = summary.get("kinds") or {}
        for task in summary.get("tasks") or ():
            for figure in REGRESSION_FIGURES if kinds.get(task) == "regression" else ("accuracy",):
                titles[f"{task} {figure}"] = ("test", task, figure)
            titles |= {title: path for title, path in published.items() if path[1] == task}
    for summary in summaries:
        for task in (summary.get("last") or {}).get("test", ()):
            titles[f"{task} accuracy, last epoch"] = ("last", "test", task, "accuracy")
    return titles


def _job(run: Path, position: int) -> str:
    """The job's number as its folder has it; its position where the folder was named by hand."""
    number, _, _ = run.name.partition("_")
    return number if number.isdigit() else str(position)


def _look_up(values: Mapping[str, Any], path: Sequence[str]) -> float | None:
    found: Any = values
    for key in path:
        found = (found or {}).get(key)
    return found if isinstance(found, int | float) else None


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
