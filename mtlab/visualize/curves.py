"""Training error per epoch: of one run, and of a sweep's runs on one plot."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mtlab.artifacts.reading import read_metrics, read_overrides, read_summary
from mtlab.artifacts.run_dir import METRICS, run_folders
from mtlab.drawing.error_curves import ErrorCurve, draw_error_curves
from mtlab.errors import RunFolderError
from mtlab.visualize.subject import Picture, Subject

LEARNING_RATES = ("model.lr", "optimizer.lr")


class Curves(Picture):
    """The run's own curve; it has no keys."""

    def draw(self, subject: Subject) -> None:
        run, target = subject.run.folder, subject.folder / "curves" / "error.png"
        draw_error_curves({"train": read_curve(run)}, run.name, target, subject.command)
        subject.terminal.say(str(target))


def draw_sweep_error_curves(folder: Path, pictures: Path, command: str) -> list[Path]:
    """Training loss per epoch of every run of a sweep.

    Where a learning rate varied, each plot holds the runs that differ in nothing else; otherwise
    one plot holds them all.
    """
    runs = [run for run in run_folders(folder) if _has_epochs(run)]
    if not runs:
        raise RunFolderError(
            str(folder),
            rule="must hold runs that have finished an epoch",
            found="none",
            remedy="name another sweep",
        )
    overrides = [read_overrides(run) for run in runs]
    varied = _varied(overrides)
    compared = [key for key in LEARNING_RATES if key in varied] or varied
    plots: dict[str, dict[str, Path]] = {}
    for run, chosen in zip(runs, overrides, strict=True):
        group = _values(chosen, [key for key in varied if key not in compared])
        plots.setdefault(group, {})[_values(chosen, compared) or run.name] = run
    paths = []
    for group, lines in plots.items():
        curves = {label: read_curve(lines[label]) for label in sorted(lines, key=_by_number)}
        ending = re.sub(r"[^\w.-]", "_", group).strip("_")
        target = pictures / f"error{'_' if ending else ''}{ending}.png"
        paths.append(draw_error_curves(curves, group, target, command))
    return paths


def has_learning_rates(folder: Path) -> bool:
    """Whether the sweep compares learning rates of perceptrons."""
    runs = run_folders(folder)
    if not any(read_summary(run).get("model") == "perceptron" for run in runs):
        return False
    varied = _varied([read_overrides(run) for run in runs])
    return any(key in varied for key in LEARNING_RATES) and any(_has_epochs(run) for run in runs)


def _varied(overrides: Sequence[Mapping[str, str]]) -> list[str]:
    """Keys whose values differ between runs, in the order in which they were typed."""
    keys = dict.fromkeys(key for chosen in overrides for key in chosen)
    return [key for key in keys if len({chosen.get(key) for chosen in overrides}) > 1]


def _has_epochs(run: Path) -> bool:
    metrics = run / METRICS
    return metrics.is_file() and metrics.stat().st_size > 0


def read_curve(run: Path) -> ErrorCurve:
    """A run's training loss per epoch, as far as its file can be read."""
    path = run / METRICS
    try:
        epochs = read_metrics(path)
        num_lines = len(path.read_text(encoding="utf-8").splitlines())
        losses = np.array([epoch["train"]["loss"] for epoch in epochs], dtype=np.float64)
        if not epochs:
            raise ValueError("none")
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise RunFolderError(
            str(path),
            rule="must hold epochs with train.loss",
            found=f"{type(error).__name__}: {error}",
            remedy="name a run that has finished an epoch",
        ) from error
    summary = read_summary(run)
    is_perceptron, converged = summary.get("model") == "perceptron", bool(summary.get("converged"))
    return ErrorCurve(losses, is_perceptron, converged, is_whole=len(epochs) == num_lines)


def _values(chosen: Mapping[str, str], keys: Sequence[str]) -> str:
    return ", ".join(f"{key.rpartition('.')[2]} {chosen[key]}" for key in keys if key in chosen)


def _by_number(label: str) -> tuple[float, str]:
    """Sort by the last word where it is a number, so that 0.08 comes behind 0.004."""
    try:
        return float(label.rpartition(" ")[2]), label
    except ValueError:
        return 0.0, label
