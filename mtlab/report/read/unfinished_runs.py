"""What a run that ended early did not write into its summary, taken from its other files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mtlab.artifacts.summary import Status


def with_missing_filled_in(
    summary: Mapping[str, Any],
    configuration: Mapping[str, Any],
    epochs: Sequence[Mapping[str, Any]],
) -> Mapping[str, Any]:
    """The summary of a run that did not complete, so that it stands in its preset's table and with
    its curves; what the summary itself says stays.

    Args:
        configuration: config.yaml's.
        epochs: The lines of metrics.jsonl.
    """
    if summary.get("status") == Status.completed.value:
        return summary
    row = summary.get("row") or _row(configuration)
    found = {
        "experiment": _typed_experiment(summary.get("overrides")),
        "row": row,
        "dataset": _name(configuration.get("dataset")),
        "model": _name(configuration.get("model")),
        "seed": configuration.get("seed"),
        "tasks": configuration.get("tasks") or _measured_tasks(epochs),
        "epochs": len(epochs),
    }
    if summary.get("parameters") is None:
        # It ended before it came to what is published for it.
        found["published"] = _published(configuration, row)
    return {**summary, **{key: value for key, value in found.items() if not summary.get(key)}}


def _typed_experiment(overrides: object) -> str | None:
    for override in overrides if isinstance(overrides, list) else ():
        key, _, value = str(override).lstrip("+").partition("=")
        if key == "experiment":
            return value
    return None


def _name(group: object) -> object:
    return group.get("name") if isinstance(group, Mapping) else None


def _row(configuration: Mapping[str, Any]) -> str | None:
    """The one that is named, or the only one that the run kept of its table."""
    named, rows = configuration.get("row"), configuration.get("rows")
    if named is not None:
        return str(named)
    return str(next(iter(rows))) if isinstance(rows, Mapping) and len(rows) == 1 else None


def _measured_tasks(epochs: Sequence[Mapping[str, Any]]) -> list[str]:
    measured = epochs[0].get("val") if epochs else None
    if not isinstance(measured, Mapping):
        return []
    return [str(name) for name, figures in measured.items() if isinstance(figures, Mapping)]


def _published(configuration: Mapping[str, Any], row: object) -> dict[str, Any]:
    rows = configuration.get("rows")
    own = rows.get(row) if isinstance(rows, Mapping) else None
    candidates = (configuration.get("published"), own.get("published") if own else None)
    found: dict[str, Any] = {}
    for figures in candidates:
        found |= figures if isinstance(figures, Mapping) else {}
    return found
