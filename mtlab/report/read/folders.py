"""Finding the runs below any folders and reading them; what cannot be read is named."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtlab.artifacts.metrics_log import read_metrics
from mtlab.artifacts.reading import read_configuration, read_summary
from mtlab.artifacts.run_dir import (
    CONFIG,
    CONFUSIONS,
    HYDRA_FOLDER,
    LOG,
    METRICS,
    SCATTER,
    SUMMARY,
    member_folders,
)
from mtlab.artifacts.summary import Status
from mtlab.errors import RunFolderError
from mtlab.report.read.run import ENSEMBLE, UNKNOWN, Run, flatten, readable_path
from mtlab.report.read.unfinished_runs import with_missing_filled_in


@dataclass(frozen=True)
class Problem:
    """Something in a folder that the report could not use.

    Attributes:
        place: The folder.
        what: What is wrong with it, in one line.
    """

    place: str
    what: str


@dataclass(frozen=True)
class Collection:
    """All runs of a report, in the order of their folders, and what was wrong."""

    runs: tuple[Run, ...]
    problems: tuple[Problem, ...]


def collect(folders: Sequence[Path]) -> Collection:
    """Read every run in or below the folders.

    Raises:
        RunFolderError: A folder that does not exist, or not one readable run in all of them.
    """
    problems: list[Problem] = []
    found: dict[Path, None] = {}
    for folder in folders:
        if not folder.is_dir():
            raise RunFolderError(
                str(folder),
                rule="must be a folder with runs in it",
                found="a file" if folder.exists() else "no such folder",
                remedy="name a run, a sweep, or a folder of them such as outputs/",
            )
        here = sorted(run_candidates(folder), key=_natural_order)
        if not here:
            problems.append(Problem(str(folder), "holds no run"))
        found.update(dict.fromkeys(here))
    runs = read_runs(found, short_names(list(found)), problems)
    if not runs:
        raise RunFolderError(
            ", ".join(map(str, folders)),
            rule="must hold at least one run",
            found=f"{problems[0].place}: {problems[0].what}",
            remedy="name a run, a sweep, or a folder of them such as outputs/",
        )
    return Collection(tuple(runs), tuple(problems))


def run_candidates(folder: Path) -> Iterator[Path]:
    """Folders that hold a run or what is left of one; nothing is sought within a run."""
    for place, folders, files in os.walk(folder):
        is_run = SUMMARY in files or bool({CONFIG, METRICS, LOG} & set(files))
        if is_run or HYDRA_FOLDER in folders:
            folders.clear()
            yield Path(place).resolve()


def _natural_order(path: Path) -> list[tuple[int, int, str]]:
    """Job 10 after job 9."""
    parts = re.findall(r"\d+|\D+", str(path))
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def short_names(folders: Sequence[Path]) -> dict[Path, str]:
    """Paths below the folders' common parent, a job's folder cut to its number where unique."""
    if not folders:
        return {}
    parent = Path(os.path.commonpath([folder.parent for folder in folders]))
    full = {folder: str(folder.relative_to(parent)) for folder in folders}
    cut = {
        folder: re.sub(r"(^|/)(\d+)_[^/]*$", r"\1\2", name.replace(os.sep, "/"))
        for folder, name in full.items()
    }
    shown = list(cut.values())
    return {
        folder: name if shown.count(name) == 1 else full[folder] for folder, name in cut.items()
    }


def read_runs(
    folders: Iterable[Path], names: Mapping[Path, str], problems: list[Problem]
) -> list[Run]:
    """The runs in these folders, numbered in their order; what cannot be read joins `problems`."""
    runs: list[Run] = []
    unsettled = []
    for folder in folders:
        try:
            run = _read_run(folder, len(runs) + 1, names[folder], problems)
        except RunFolderError as error:
            problems.append(Problem(readable_path(folder), _without_place(error, folder)))
            continue
        runs.append(run)
        if not (folder / CONFIG).exists():
            unsettled.append(run)
    keys = dict.fromkeys(key for run in runs for key in run.settings) if unsettled else {}
    for run in unsettled:
        if run.settings:
            runs[run.number - 1] = replace(run, settings=_without_unresolved(run, list(keys)))
    return runs


def _without_unresolved(run: Run, keys: Sequence[str]) -> dict[str, str]:
    """What was composed for a run that failed before its configuration was resolved.

    What nobody typed may stand there as null, as auto or as an interpolation, and differs from
    other runs in nothing that is known.
    """
    known = {
        key: UNKNOWN if text in ("null", "auto") or "${" in text else text
        for key, text in run.settings.items()
    }
    return {**dict.fromkeys(keys, UNKNOWN), **known}


def _read_run(folder: Path, number: int, name: str, problems: list[Problem]) -> Run:
    if not (folder / SUMMARY).exists():
        raise RunFolderError(
            str(folder / SUMMARY), rule="is missing: the run ended before it began"
        )
    summary = read_summary(folder)
    status = _status(folder, summary)
    configuration, text = _configuration(folder, problems)
    members = member_folders(folder)
    epochs = _epochs(folder, summary, status, problems)
    return Run(
        number=number,
        name=name,
        folder=folder,
        status=status,
        summary=with_missing_filled_in(summary, configuration, epochs),
        # An ensemble's are those of its command, and nothing that a run's could be set beside.
        settings={} if summary.get("kind") == ENSEMBLE else flatten(configuration),
        member_settings=flatten(_configuration(members[0], problems)[0]) if members else {},
        config_text=text,
        epochs=epochs,
        confusions=_predictions(folder, CONFUSIONS, problems),
        scatters=_predictions(folder, SCATTER, problems),
    )


def _status(folder: Path, summary: dict[str, Any]) -> Status:
    try:
        return Status(summary.get("status"))
    except ValueError as error:
        raise RunFolderError(
            str(folder / SUMMARY),
            rule=f"status must be one of {', '.join(s.value for s in Status)}",
            found=summary.get("status"),
        ) from error


def _configuration(folder: Path, problems: list[Problem]) -> tuple[dict[str, Any], str]:
    try:
        return read_configuration(folder)
    except RunFolderError as error:
        problems.append(Problem(readable_path(folder), _without_place(error, folder)))
        return {}, ""


def _epochs(
    folder: Path, summary: dict[str, Any], status: Status, problems: list[Problem]
) -> tuple[dict[str, Any], ...]:
    path = folder / METRICS
    try:
        lines = read_metrics(path) if path.is_file() else []
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(readable_path(folder), f"{METRICS} cannot be read: {error}"))
        return ()
    epochs = tuple(
        line for line in lines if isinstance(line, dict) and isinstance(line.get("epoch"), int)
    )
    counted = summary.get("epochs")
    if status is Status.completed and isinstance(counted, int) and len(epochs) != counted:
        problems.append(
            Problem(readable_path(folder), f"{METRICS} holds {len(epochs)} of {counted} epochs")
        )
    return epochs


def _predictions(folder: Path, name: str, problems: list[Problem]) -> dict[str, Any]:
    """What confusion.json or scatter.json holds; empty where the run left none."""
    path = folder / name
    if not path.is_file():
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problems.append(Problem(readable_path(folder), f"{name} cannot be read: {error}"))
        return {}
    return values if isinstance(values, dict) else {}


def _without_place(error: RunFolderError, folder: Path) -> str:
    """File, rule and what was found; the folder and a remedy stand elsewhere in the report."""
    told = str(RunFolderError(error.subject, rule=error.rule, found=error.found))
    return told.replace(f"{folder}{os.sep}", "")
