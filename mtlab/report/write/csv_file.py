"""report.csv: one line per run, every number unrounded and in the units of summary.json."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from mtlab.report.analyse.groups import Group
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.report import Report
from mtlab.report.analyse.tables import main_metrics
from mtlab.report.read.run import Run

IDENTITY = ("experiment", "row", "status", "error", "dataset", "model", "seed")
NUMBERS = (
    "parameters.total",
    "parameters.shared",
    "flops_per_sample",
    "epochs",
    "best_epoch",
)
TIMES = (
    "seconds.total",
    "seconds.train",
    "seconds.evaluate",
    "seconds.epoch_mean",
    "samples_per_second",
)
PLACES = ("device", "precision", "hardware.name", "started_at", "command")
SPLITS = ("train", "val", "test", "last.test")


def as_csv(report: Report) -> str:
    """Columns: `run`, `folder`, what the run is, each varied setting (`set:<key>`), every measure
    by its path in summary.json, for each published number `published:<path>` and `delta:<path>` in
    the report's unit, `deviations` of the run from its preset, then the group of runs that
    differ only in seed: its number, n, and per main metric `mean:`, `std:`, `low:`, `high:` (95%
    interval).
    """
    varied = report.settings.varied
    metrics = _metrics(report.runs)
    published = [
        Metric(path) for path in dict.fromkeys(p for run in report.runs for p in run.published)
    ]
    averaged = main_metrics(report.runs)
    header = [
        "run",
        "folder",
        *IDENTITY,
        "tasks",
        *(f"set:{key}" for key in varied),
    ]
    header += [*NUMBERS, *metrics, *TIMES]
    header += [f"{name}:{one.path}" for one in published for name in ("published", "delta")]
    header += ["deviations", "group", "group_n"]
    header += [f"{name}:{one.path}" for one in averaged for name in ("mean", "std", "low", "high")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*header, *PLACES])
    group_of = {run.number: group for group in report.groups for run in group.runs}
    for run in report.runs:
        group = group_of[run.number]
        line: list[object] = [run.number, run.place]
        line += [run.text_at(path) for path in IDENTITY]
        line += [
            " ".join(run.tasks),
            *(run.settings.get(key, "") for key in varied),
        ]
        line += [run.text_at(path) for path in (*NUMBERS, *metrics, *TIMES)]
        line += [cell for one in published for cell in _against_published(run, one)]
        line += ["; ".join(run.deviations.values())]
        line += [group.number, len(group.measured)]
        line += [cell for one in averaged for cell in _spread(run, group, one)]
        writer.writerow([*line, *(run.text_at(path) for path in PLACES)])
    return text.getvalue()


def _metrics(runs: Sequence[Run]) -> list[str]:
    """Paths of every measure of every split and task, in the order in which runs have them."""
    found: dict[str, None] = {}
    for split in SPLITS:
        for run in runs:
            for task in run.tasks:
                for name in run.measure_names(split, task):
                    found[f"{split}.{task}.{name}"] = None
    return list(found)


def _against_published(run: Run, metric: Metric) -> tuple[object, object]:
    number, value = run.published.get(metric.path), run.number_at(metric.path)
    if number is None:
        return "", ""
    number = metric.published_in_unit(number)
    if value is None or not run.is_completed:
        return number, ""
    return number, round(metric.in_unit(value) - number, 10)


def _spread(run: Run, group: Group, metric: Metric) -> tuple[object, ...]:
    """In the unit of summary.json; empty for runs that are in no mean."""
    estimate = group.estimate(metric) if run in group.measured else None
    if estimate is None:
        return "", "", "", ""
    factor = metric.in_unit(1.0)
    interval = estimate.interval and metric.within_bounds(estimate.interval)
    values = (estimate.mean, estimate.std, *(interval or (None, None)))
    return tuple("" if value is None else value / factor for value in values)
