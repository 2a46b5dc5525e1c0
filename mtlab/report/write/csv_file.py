"""report.csv: one line per run, every number unrounded and in the units of summary.json."""

from collections.abc import Iterable, Sequence

from mtlab.artifacts.csv_lines import csv_text
from mtlab.report.analyse.groups import Group
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.report import Report
from mtlab.report.analyse.tables import main_metrics
from mtlab.report.read.run import Run

IDENTITY = ("experiment", "row", "status", "error", "dataset", "model", "seed")
COUNTS = ("parameters.total", "parameters.shared", "flops_per_sample", "epochs", "best_epoch")
SECONDS = tuple(f"seconds.{name}" for name in ("total", "train", "evaluate", "test", "epoch_mean"))
LOSSES = tuple(f"losses.{split}" for split in ("train", "val", "test"))
PLACES = ("device", "precision", "hardware.name", "started_at", "command")
SPLITS = ("train", "val", "test", "last.test")


def as_csv(report: Report) -> str:
    """Columns: `run`, `folder`, what the run is, each varied setting (`set:<key>`), every measure
    by its path in summary.json, for each published number `published:<path>` and `delta:<path>` in
    the report's unit, `deviations` of the run from its preset, then the group of runs that
    differ only in seed: its number, n, and per main metric `mean:`, `std:`, `low:`, `high:` (95%
    interval).
    """
    measured = (*COUNTS, *_measured_paths(report.runs), *LOSSES, *SECONDS, "samples_per_second")
    published = dict.fromkeys(path for run in report.runs for path in run.published)
    averaged = main_metrics(report.runs)
    group_of = {run.number: group for group in report.groups for run in group.runs}
    lines = []
    for run in report.runs:
        group = group_of[run.number]
        line: dict[str, object] = {"run": run.number, "folder": run.place}
        line |= {path: run.text_at(path) for path in IDENTITY}
        line |= {"tasks": " ".join(run.tasks)}
        line |= {f"set:{key}": run.settings.get(key, "") for key in report.settings.varied}
        line |= {path: run.text_at(path) for path in measured}
        for path in published:
            line |= _against_published(run, Metric(path))
        line |= {"deviations": "; ".join(run.deviations.values())}
        line |= {"group": group.number, "group_n": len(group.measured)}
        for metric in averaged:
            line |= _spread(run, group, metric)
        lines.append(line | {path: run.text_at(path) for path in PLACES})
    return csv_text(lines)


def _measured_paths(runs: Sequence[Run]) -> Iterable[str]:
    """Every measure of every split and task, in the order in which runs have them."""
    return dict.fromkeys(
        f"{split}.{task}.{name}"
        for split in SPLITS
        for run in runs
        for task in run.tasks
        for name in run.measure_names(split, task)
    )


def _against_published(run: Run, metric: Metric) -> dict[str, object]:
    number, value = run.published.get(metric.path), run.number_at(metric.path)
    published = None if number is None else metric.published_in_unit(number)
    delta = None
    if published is not None and value is not None and run.is_completed:
        delta = round(metric.in_unit(value) - published, 10)
    return {f"published:{metric.path}": published, f"delta:{metric.path}": delta}


def _spread(run: Run, group: Group, metric: Metric) -> dict[str, object]:
    """In the unit of summary.json; empty for runs that are in no mean."""
    values: list[float | None] = [None] * 4
    estimate = group.estimate(metric) if run in group.measured else None
    if estimate is not None:
        values = [estimate.mean, estimate.std, *(estimate.interval or (None, None))]
    unit = metric.in_unit(1.0)
    return {
        f"{name}:{metric.path}": None if value is None else value / unit
        for name, value in zip(("mean", "std", "low", "high"), values, strict=True)
    }
