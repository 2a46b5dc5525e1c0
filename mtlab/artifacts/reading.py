"""Reading run folders back: plain values, nothing is executed."""

import json
from collections.abc import Callable
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
    return _read_mapping(folder / SUMMARY, json.loads, "a run's summary")[0]


def read_configuration(folder: Path) -> tuple[dict[str, Any], str]:
    """A run's whole configuration, and the text of its file.

    A run that failed before it wrote config.yaml has the one that Hydra composed, in which
    interpolations may stand unresolved.

    Raises:
        RunFolderError: No such file, or one that is not a YAML mapping.
    """
    candidates = (folder / CONFIG, folder / HYDRA_FOLDER / CONFIG)
    path = next((candidate for candidate in candidates if candidate.is_file()), candidates[0])
    # The parser in C reads the same YAML several times faster; wheels of PyYAML carry it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return _read_mapping(path, lambda text: yaml.load(text, loader), "readable YAML")


def _read_mapping(
    path: Path, parse: Callable[[str], object], what: str
) -> tuple[dict[str, Any], str]:
    try:
        text = path.read_text(encoding="utf-8")
        values = parse(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise RunFolderError(
            str(path),
            rule=f"must be {what}",
            found=error,
            remedy="restore the file, or name the folder of another run",
        ) from error
    if not isinstance(values, dict):
        raise RunFolderError(
            str(path),
            rule="must hold keys with their values",
            found="an empty file" if values is None else f"{values!r:.40}",
            remedy="restore the file, or name the folder of another run",
        )
    return values, text


def read_overrides(folder: Path) -> dict[str, str]:
    """The overrides a run was started with, `key=value` split at the first `=`."""
    path = folder / HYDRA_FOLDER / "overrides.yaml"
    if not path.is_file():
        return {}
    overrides = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    pairs = (str(override).lstrip("+~").partition("=") for override in overrides)
    return {key: value for key, _, value in pairs}


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The epochs of a metrics.jsonl in order; a last line that was cut off is left out."""
    epochs = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            epochs.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return epochs
