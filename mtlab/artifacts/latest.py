"""The folder that the word `latest` stands for."""

import json
from pathlib import Path
from typing import Literal

from mtlab.artifacts.run_dir import MEMBERS, SUMMARY, WEIGHTS, Status
from mtlab.errors import RunFolderError

LATEST = "latest"
OUTPUTS = "outputs"
SWEEP_FILE = "multirun.yaml"
"""Hydra writes it into the folder of every sweep."""

Wanted = Literal["run", "sweep", "either"]


def named_folder(word: str | Path, wanted: Wanted) -> Path:
    """A folder as it was named, or the one that `latest` stands for where none has that name."""
    path = Path(word).expanduser()
    return latest(wanted) if str(word) == LATEST and not path.is_dir() else path


def latest(wanted: Wanted, below: Path | None = None) -> Path:
    """The folder of the newest run that was trained to its end.

    Args:
        wanted: `sweep`: the sweep of the newest run that was part of one. `either`: the newest
            run, or its sweep where it was part of one.
        below: Where to look; None: outputs/ in the current folder.

    Raises:
        RunFolderError: There is none.
    """
    below = below or Path(OUTPUTS)
    found = (path for path in below.rglob(SUMMARY) if MEMBERS not in path.parts)
    for path in sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True):
        sweep = path.parent.parent
        is_of_sweep = (sweep / SWEEP_FILE).is_file()
        if _is_trained_run(path) and (is_of_sweep or wanted != "sweep"):
            return sweep if is_of_sweep and wanted != "run" else path.parent
    raise RunFolderError(
        LATEST,
        rule=f"stands for the newest trained {'sweep' if wanted == 'sweep' else 'run'}",
        found=f"none below {below}/",
        remedy="train one first, or name a folder",
    )


def _is_trained_run(path: Path) -> bool:
    """Whether a summary is a training's; `kind` tells those of other commands."""
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    is_run = isinstance(summary, dict) and "kind" not in summary
    is_completed = is_run and summary.get("status") == Status.completed.value
    return is_completed and path.with_name(WEIGHTS).is_file()
