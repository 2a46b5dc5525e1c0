"""Finding the runs below any folders and reading them; what cannot be read is named."""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from mtlab.artifacts.reading import read_configuration, read_metrics, read_summary
from mtlab.artifacts.run_dir import (
    CONFIG,
    CONFUSIONS,
    HYDRA_FOLDER,
    LOG,
    METRICS,
    SCATTER,
    SUMMARY,
    Status,
    member_folders,
)
from mtlab.errors import RunFolderError
from mtlab.report.read.run import ENSEMBLE, UNKNOWN, Run, flatten, readable_path

T = TypeVar("T")


class Problem(NamedTuple):
    """Something that the report could not use: its folder, and what is wrong, in one line."""

    place: str
    what: str


class Collection(NamedTuple):
    """All runs of a report, in the order of their folders, and what was wrong."""

    runs: list[Run]
    problems: list[Problem]


def collect(folders: Sequence[Path]) -> Collection:
    """Read every run in or below the folders.

    Raises:
        RunFolderError: A folder that does not exist, or not one readable run in all of them.
    """
    problems: list[Problem] = []
    found: dict[Path, None] = {}
    remedy = "name a run, a sweep, or a folder of them such as outputs/"
    for folder in folders:
        if not folder.is_dir():
            what = "a file" if folder.exists() else "no such folder"
            rule = "must be a folder with runs in it"
            raise RunFolderError(str(folder), rule=rule, found=what, remedy=remedy)
        here = sorted(run_candidates(folder), key=_natural_order)
        if not here:
            problems.append(Problem(str(folder), "holds no run"))
        found.update(dict.fromkeys(here))
    runs = read_runs(found, short_names(list(found)), problems)
    if not runs:
        raise RunFolderError(
            ", ".join(map(str, folders)),
            rule="must hold at least one run",
            found=": ".join(problems[0]),
            remedy=remedy,
        )
    return Collection(runs, problems)


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
    """Paths below the folders' common parent, a job's folder as its number where that is unique."""
    if not folders:
        return {}
    parent = Path(os.path.commonpath([folder.parent for folder in folders]))
    full = {folder: str(folder.relative_to(parent)) for folder in folders}
    cut = {
        folder: re.sub(r"(^|/)(\d+)_[^/]*$", r"\1job \2", name.replace(os.sep, "/"))
        for folder, name in full.items()
    }
    counts = Counter(cut.values())
    return {folder: name if counts[name] == 1 else full[folder] for folder, name in cut.items()}


def read_runs(
    folders: Iterable[Path], names: Mapping[Path, str], problems: list[Problem]
) -> list[Run]:
    """The runs in these folders, numbered in their order; what cannot be read joins `problems`."""
    runs: list[Run] = []
    for folder in folders:
        try:
            runs.append(_read_run(folder, len(runs) + 1, names[folder], problems))
        except RunFolderError as error:
            problems.append(Problem(readable_path(folder), _without_place(error, folder)))
    unknown = dict.fromkeys((key for run in runs for key in run.settings), UNKNOWN)
    return [
        run
        if (run.folder / CONFIG).exists() or not run.settings
        else replace(run, settings=unknown | _without_unresolved(run.settings))
        for run in runs
    ]


def _without_unresolved(settings: Mapping[str, str]) -> dict[str, str]:
    """Of a run that failed before its configuration was resolved: what nobody typed may stand there
    as null, as auto or as an interpolation, and differs from other runs in nothing that is known.
    """
    return {
        key: UNKNOWN if text in ("null", "auto") or "${" in text else text
        for key, text in settings.items()
    }


def _read_run(folder: Path, number: int, name: str, problems: list[Problem]) -> Run:
    path = str(folder / SUMMARY)
    if not (folder / SUMMARY).exists():
        raise RunFolderError(path, rule="is missing: the run ended before it began")
    summary = read_summary(folder)
    status = Status.__members__.get(str(summary.get("status")))
    if status is None:
        rule = f"status must be one of {', '.join(Status.__members__)}"
        raise RunFolderError(path, rule=rule, found=summary.get("status"))

    def tolerantly(name: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except RunFolderError as error:
            what = _without_place(error, folder)
        except (OSError, ValueError) as error:
            what = f"{name} cannot be read: {error}"
        problems.append(Problem(readable_path(folder), what))
        return None

    configuration, text = tolerantly(CONFIG, lambda: read_configuration(folder)) or ({}, "")
    epochs = tolerantly(METRICS, lambda: _epochs(folder)) or ()
    if status is not Status.completed:
        summary["epochs"] = len(epochs)
    elif isinstance(counted := summary.get("epochs"), int) and len(epochs) != counted:
        what = f"{METRICS} holds {len(epochs)} of {counted} epochs"
        problems.append(Problem(readable_path(folder), what))
    members = member_folders(folder)
    member = tolerantly(CONFIG, lambda: read_configuration(members[0])) if members else None
    return Run(
        number=number,
        name=name,
        folder=folder,
        status=status,
        summary=summary,
        # An ensemble's are those of its command, and nothing that a run's could be set beside.
        settings={} if summary.get("kind") == ENSEMBLE else flatten(configuration),
        member_settings=flatten(member[0]) if member else {},
        config_text=text,
        epochs=epochs,
        confusions=tolerantly(CONFUSIONS, lambda: _object(folder / CONFUSIONS)) or {},
        scatters=tolerantly(SCATTER, lambda: _object(folder / SCATTER)) or {},
    )


def _epochs(folder: Path) -> tuple[dict[str, Any], ...]:
    path = folder / METRICS
    lines = read_metrics(path) if path.is_file() else []
    is_whole = (isinstance(line, dict) and isinstance(line.get("epoch"), int) for line in lines)
    return tuple(compress(lines, is_whole))


def _object(path: Path) -> dict[str, Any]:
    values = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return values if isinstance(values, dict) else {}


def _without_place(error: RunFolderError, folder: Path) -> str:
    """File, rule and what was found; the folder and a remedy stand elsewhere in the report."""
    told = str(RunFolderError(error.subject, rule=error.rule, found=error.found))
    return told.replace(f"{folder}{os.sep}", "")
