"""Tables for the terminal: one run's metrics, and a sweep's runs side by side."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Group, RenderableType

from mtlab.artifacts.csv_lines import csv_text
from mtlab.artifacts.run_dir import run_folders
from mtlab.errors import RunFolderError
from mtlab.report.analyse.best import Winner, winners
from mtlab.report.analyse.groups import group_runs
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.opening import best_sentence
from mtlab.report.analyse.settings import compare_settings, is_said_by_row, short_keys, tasks_of
from mtlab.report.analyse.tables import main_metrics, size_columns
from mtlab.report.read.folders import Problem, read_runs
from mtlab.report.read.run import Run
from mtlab.report.write.terminal_tables import FittedTable, TerminalColumn

SPLITS = ("train", "val", "test")
# What a narrow terminal gives up first has the highest rank.
RANKS_OF_METRICS = {
    **{"accuracy": 1, "mae": 1, "r2": 2, "loss": 3},
    **{"f1": 4, "rmse": 4, "precision": 5, "recall": 6, "mse": 6},
}
RANKS = {
    **{"val": 1, "seed": 2, "test": 3, "last epoch": 4, "train": 4},
    **{"seconds": 5, "parameters": 6, "epochs": 7, "greatest width": 8, "depth": 8},
}
LEFT = ("row", "status", "error")
FOLDED = ("error",)
NUMBERS = ("job", "status", *RANKS)


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
    tables: list[RenderableType] = []
    for names, alike in tasks_by_names.items():
        rows = [(task, split, measured[task]) for task in alike for split, measured in splits]
        starts = range(0, len(rows), len(splits))
        titles = [task if row in starts else "" for row, (task, _, _) in enumerate(rows)]
        columns = [
            TerminalColumn("task", titles, is_left=True),
            TerminalColumn("split", [split for _, split, _ in rows], is_left=True),
            *(
                TerminalColumn(
                    name,
                    [f"{measured[name]:.4f}" for _, _, measured in rows],
                    RANKS_OF_METRICS.get(name, 7),
                )
                for name in names
            ),
        ]
        tables.append(FittedTable(None if tables else "result", columns, starts))
    return Group(*tables)


class SweepTable(NamedTuple):
    """A sweep's runs, one row each; every cell is text, by its column's name.

    Attributes:
        headings: The columns that the terminal shows, under the name they have there: settings are
            shortened, and those that a row of the preset's table sets give way to its name.
        best: Sentences on which jobs are best on validation.
    """

    rows: list[dict[str, str]]
    headings: dict[str, str]
    num_failed: int
    best: list[str]

    def as_csv(self) -> str:
        return csv_text(self.rows)

    def as_rich(self) -> FittedTable:
        """For the terminal, without the columns that say nothing or take too much room."""
        return FittedTable(
            "sweep",
            [
                TerminalColumn(
                    heading,
                    [self._shown(row, name) for row in self.rows],
                    RANKS.get(name.rpartition(", ")[2], 0),
                    is_folded=name in FOLDED or not (name in NUMBERS or ", " in name),
                    is_left=name in LEFT,
                )
                for name, heading in self.headings.items()
            ],
        )

    @staticmethod
    def _shown(row: Mapping[str, str], name: str) -> str:
        return f"{row[name]} *" if name == "job" and row.get("best") else row[name]


def sweep_table(folder: Path) -> SweepTable:
    """Read every run of a sweep.

    Columns: `job`, each setting that varied, `status`, per task its main metrics on validation and
    beside them on test, `parameters`, `epochs`, `seconds` (total), `error` where a run has one,
    `best`, the validation metrics by which the job is (of) the best configuration, and `folder`.

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
    groups = group_runs(runs)
    found = [one for one in winners(groups) if one.others or one.estimate.n > 1]
    sizes = size_columns(runs)
    rows = []
    for run in runs:
        row = {"job": _job(run)}
        row |= {name: _as_typed(_setting(run, key)) for key, name in varied.items()}
        row |= {column.title: column.cell(run).text for column in sizes}
        row["status"] = run.status.value
        for title, path in metrics.items():
            value = run.number_at(path)
            row[title] = "" if value is None else f"{value:.4f}"
        row["parameters"] = run.text_at("parameters.total")
        seconds = run.number_at("seconds.total") or 0.0
        row |= {"epochs": run.text_at("epochs"), "seconds": f"{seconds:.1f}"}
        row |= {"error": run.text_at("error")} if has_errors else {}
        best = [one.criterion.name for one in found if one.others and run in one.group.measured]
        rows.append(row | {"best": " ".join(best), "folder": run.name})
    num_failed = sum(not run.is_completed for run in runs)
    hidden = {"folder", "best"} | ({"status"} if num_failed == 0 else set())
    if "row" in varied:
        hidden |= {varied[key] for key in varied if key != "row" and is_said_by_row(key, runs)}
    short = short_keys([name for name in varied.values() if name not in hidden], tasks_of(runs))
    shown = [name for name in (rows[0] if rows else ()) if name not in hidden]
    headings = {name: short.get(name, name) for name in shown}
    return SweepTable(rows, headings, num_failed, list(_best_jobs(found, folder)))


def _best_jobs(found: Sequence[Winner], folder: Path) -> Iterator[str]:
    """A line for each that is best, with the command that says more where one compares its runs."""
    names = [one.criterion.name for one in found]
    for one, name in zip(found, names, strict=True):
        over = "folds" if len({run.fold for run in one.group.measured}) > 1 else "seeds"
        if not one.others:
            yield f"mean over {over} of {best_sentence(one, {})}"
            continue
        jobs = list(map(_job, one.group.measured))
        is_mean = len(jobs) > 1
        told = f"jobs {', '.join(jobs)}, by the mean over {over}" if is_mean else f"job {jobs[0]}"
        num_level = sum(gain.mean == 0 for _, gain in one.others)
        if num_level:
            told += f", level with {num_level} more"
        if names.count(name) > 1:
            yield f"* best on validation by {name} ({one.problem}): {told}"
            continue
        command = f"mtlab best {shlex.quote(str(folder))}{f' by={name}' if one.problem else ''}"
        yield f"* best on validation by {name}: {told}; see {command}"


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
    """Column title to the path in summary.json of each task's main metrics, on validation and
    beside it on test; then of those that stand against published ones elsewhere.
    """
    paths = dict.fromkeys(
        metric.path for metric in main_metrics(runs) if not metric.path.endswith(".rmse")
    )
    published = dict.fromkeys(path for run in runs for path in run.published)
    paths |= dict.fromkeys(path for path in published if path.startswith(("train.", "val.")))
    known = (path for path in paths if any(run.number_at(path) is not None for run in runs))
    return {Metric(path).title: path for path in known}


def _job(run: Run) -> str:
    """The number that begins its folder's name; its position where that was chosen by hand."""
    number, _, _ = run.name.partition("_")
    return number if number.isdigit() else str(run.number - 1)
