"""Run folders as a training leaves them, small and made up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

REGRESSION = {"mae": 0.25, "mse": 0.09, "rmse": 0.3, "r2": 0.75}


def _metrics(tasks: Sequence[str], values: Sequence[str], epochs: int) -> str:
    lines = []
    for epoch in range(1, epochs + 1):
        measured = {task: {"loss": 1 / epoch, "accuracy": 1 - 0.5 / epoch} for task in tasks}
        measured |= {task: {"loss": 1 / epoch, "mae": 0.5 / epoch} for task in values}
        split = {"loss": 1 / epoch, **measured}
        lines.append(json.dumps({"epoch": epoch, "train": split, "val": split, "seconds": 0.1}))
    return "".join(f"{line}\n" for line in lines)


def write_run(
    folder: Path,
    *,
    accuracy: float = 0.9,
    seed: int = 0,
    tasks: tuple[str, ...] = ("digit",),
    dataset: str = "digits",
    model: str = "mlp",
    epochs: int = 3,
    settings: dict[str, Any] | None = None,
    classes: tuple[str, ...] = ("0", "1"),
    values: tuple[str, ...] = (),
    **summary: object,
) -> Path:
    """Write a completed run; keywords change what its summary and configuration hold.

    `accuracy` sets every task's test accuracy; `settings` are dotted keys of the configuration;
    `values` are regression tasks, beside the classifications of `tasks`.
    """
    folder.mkdir(parents=True)
    figures = {task: {"loss": 0.3, "accuracy": accuracy, "f1": accuracy} for task in tasks}
    figures |= {task: {"loss": 0.3, **REGRESSION} for task in values}
    learned = [*tasks, *values]
    content: dict[str, Any] = {
        "status": "completed",
        "error": None,
        "command": f"mtlab seed={seed}",
        "seed": seed,
        "dataset": dataset,
        "model": model,
        "tasks": learned,
        "classes": {task: list(classes) for task in tasks},
        "parameters": {"total": 1000, "trainable": 1000},
        "epochs": epochs,
        "best_epoch": 2,
        "train": figures,
        "val": figures,
        "test": figures,
        "seconds": {"total": 3.0, "train": 2.0, "evaluate": 0.5, "epoch_mean": 0.7},
        "started_at": "2026-01-01T00:00:00+00:00",
        "device": "cpu",
        "versions": {"mtlab": "1"},
    }
    content.update(summary)
    config: dict[str, Any] = {
        "dataset": {"name": dataset, "limit": None},
        "model": {"name": model},
        "optimizer": {"name": "adam", "lr": 0.001},
        "tasks": learned,
        "seed": seed,
    }
    for key, value in (settings or {}).items():
        group, _, name = key.partition(".")
        config.setdefault(group, {})[name] = value
    (folder / "summary.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    (folder / "metrics.jsonl").write_text(_metrics(tasks, values, epochs))
    _write_predictions(folder, tasks, values, len(classes))
    return folder


def _write_predictions(
    folder: Path, tasks: tuple[str, ...], values: tuple[str, ...], size: int
) -> None:
    matrix = [[9 if row == column else 1 for column in range(size)] for row in range(size)]
    (folder / "confusion.json").write_text(json.dumps({"test": dict.fromkeys(tasks, matrix)}))
    if values:
        points = {"true": [0.0, 0.5, 1.0], "predicted": [0.1, 0.4, 1.2]}
        (folder / "scatter.json").write_text(json.dumps({"test": dict.fromkeys(values, points)}))
