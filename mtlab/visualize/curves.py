"""Error per epoch: of one run, and on training images of a sweep's runs on one plot."""

import re
from pathlib import Path

import numpy as np

from mtlab.artifacts.reading import read_metrics, read_overrides, read_summary
from mtlab.artifacts.run_dir import METRICS, run_folders
from mtlab.drawing.error_curves import ErrorCurve, draw_error_curves
from mtlab.errors import RunFolderError
from mtlab.visualize.subject import Subject
from mtlab.visualize.sweep import Sweep, SweepPicture, by_number, varied_keys, write_settings

LEARNING_RATES = ("model.lr", "optimizer.lr")


class Curves(SweepPicture):
    """The run's own curves, or those of a sweep; it has no keys."""

    def draw(self, subject: Subject) -> None:
        run, target = subject.run.folder, subject.folder / "curves" / "error.png"
        curves = {split: [read_curve(run, split)] for split in ("train", "val")}
        draw_error_curves(curves, run.name, target, subject.command, of="")
        subject.terminal.say(str(target))

    def draw_sweep(self, sweep: Sweep) -> None:
        for path in draw_sweep_error_curves(sweep.root, sweep.folder / "curves", sweep.command):
            sweep.terminal.say(str(path))


def draw_sweep_error_curves(folder: Path, pictures: Path, command: str) -> list[Path]:
    """Training loss per epoch of every run of a sweep.

    Where a learning rate varied, each plot holds the runs that differ in nothing else; otherwise
    one plot holds them all. Runs that differ only in their seed share a colour.
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
    varied = varied_keys(overrides)
    compared = [key for key in LEARNING_RATES if key in varied] or varied
    plots: dict[str, dict[str, list[ErrorCurve]]] = {}
    for run, typed in zip(runs, overrides, strict=True):
        group = write_settings(typed, [key for key in varied if key not in compared])
        label = write_settings(typed, compared) or folder.name
        plots.setdefault(group, {}).setdefault(label, []).append(read_curve(run))
    paths = []
    for group, lines in plots.items():
        curves = {label: lines[label] for label in sorted(lines, key=by_number)}
        ending = re.sub(r"[^\w.-]", "_", group).strip("_")
        target = pictures / f"error{'_' if ending else ''}{ending}.png"
        paths.append(draw_error_curves(curves, group, target, command))
    return paths


def has_learning_rates(folder: Path) -> bool:
    """Whether the sweep compares learning rates of perceptrons."""
    runs = run_folders(folder)
    if not any(read_summary(run).get("model") == "perceptron" for run in runs):
        return False
    varied = varied_keys([read_overrides(run) for run in runs])
    return any(key in varied for key in LEARNING_RATES) and any(_has_epochs(run) for run in runs)


def _has_epochs(run: Path) -> bool:
    metrics = run / METRICS
    return metrics.is_file() and metrics.stat().st_size > 0


def read_curve(run: Path, split: str = "train") -> ErrorCurve:
    """A run's loss per epoch, as far as its file can be read."""
    path = run / METRICS
    try:
        epochs = read_metrics(path)
        num_lines = len(path.read_text(encoding="utf-8").splitlines())
        losses = np.array([epoch[split]["loss"] for epoch in epochs], dtype=np.float64)
        if not epochs:
            raise ValueError("none")
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise RunFolderError(
            str(path),
            rule=f"must hold epochs with {split}.loss",
            found=f"{type(error).__name__}: {error}",
            remedy="name a run that has finished an epoch",
        ) from error
    summary = read_summary(run)
    is_perceptron, converged = summary.get("model") == "perceptron", bool(summary.get("converged"))
    return ErrorCurve(losses, is_perceptron, converged, is_whole=len(epochs) == num_lines)
