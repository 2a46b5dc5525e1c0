"""Reading run folders back: plain values, nothing is executed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mtlab.artifacts.run_dir import CONFIG, HYDRA_FOLDER, SUMMARY
from mtlab.errors import RunFolderError


def read_summary(folder: Path) -> dict[str, Any]:
    """A run's summary.json.

    Raises:
        RunFolderError: No summary, or one that is cut off.
    """
    path = folder / SUMMARY
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(
            str(path),
            rule="must be a run's summary",
            found=error,
            remedy="name the folder of a run",
        ) from error
    if not isinstance(summary, dict):
        raise RunFolderError(
            str(path), rule="must hold a JSON object", found=type(summary).__name__
        )
    return summary


def read_overrides(folder: Path) -> dict[str, str]:
    """The overrides a run was started with, `key=value` split at the first `=`."""
    path = folder / HYDRA_FOLDER / "overrides.yaml"
    if not path.is_file():
        return {}
    overrides = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    pairs = (str(override).lstrip("+~").partition("=") for override in overrides)
    return {key: value for key, _, value in pairs}


def read_configuration(folder: Path) -> tuple[dict[str, Any], str]:
    """A run's whole configuration, and the text of its file.

    A run that failed before it wrote config.yaml has the one that Hydra composed, in which
    interpolations may stand unresolved.

    Raises:
        RunFolderError: No such file, or one that is not a YAML mapping.
    """
    candidates = (folder / CONFIG, folder / HYDRA_FOLDER / CONFIG)
    path = next((candidate for candidate in candidates if candidate.is_file()), candidates[0])
    try:
        text = path.read_text(encoding="utf-8")
        # The parser in C reads the same YAML several times faster; wheels of PyYAML carry it.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        values = yaml.load(text, Loader=loader)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise RunFolderError(
            str(path),
            rule="must be a run's configuration",
            found=error,
            remedy="the run is shown without it",
        ) from error
    if not isinstance(values, dict):
        raise RunFolderError(
            str(path), rule="must hold a YAML mapping", found=type(values).__name__
        )
    return values, text


def read_config(folder: Path) -> dict[str, Any]:
    """A run's configuration, resolved; empty where the run failed before it was settled."""
    path = folder / CONFIG
    if not path.is_file():
        return {}
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    return config if isinstance(config, dict) else {}


def run_folders(parent: Path) -> list[Path]:
    """The folders directly below `parent` that hold a run, a sweep's jobs in their order."""
    folders = [path.parent for path in parent.glob(f"*/{SUMMARY}")]
    return sorted(folders, key=_job_number)


def _job_number(folder: Path) -> tuple[int, str]:
    number, _, _ = folder.name.partition("_")
    return (int(number) if number.isdigit() else 0, folder.name)


def look_up(values: Mapping[str, Any], path: str) -> object:
    """The value at a dotted path of nested objects; None where the path leads nowhere."""
    found: object = values
    for key in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found
