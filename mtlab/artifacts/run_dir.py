"""A run's folder: every file name in it, and writing that never leaves half a file."""

import json
from collections.abc import Collection, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from mtlab.errors import RunFolderError

SUMMARY = "summary.json"
CONFIG = "config.yaml"
METRICS = "metrics.jsonl"
WEIGHTS = "model.safetensors"
CONFUSIONS = "confusion.json"
SCATTER = "scatter.json"
MEMBERS = "members"
LOG = "mtlab.log"
FIGURES = "figures"
PICTURES = "pictures"
HYDRA_FOLDER = ".hydra"
SWEEP_TABLE = "sweep.txt"
SWEEP_CSV = "sweep.csv"


class Status(Enum):
    """How a run ended, in its summary; `running` also stands there after a run was killed."""

    running = "running"
    completed = "completed"
    failed = "failed"
    interrupted = "interrupted"


class RunFolder:
    """The folder of one run, claimed so that no other run writes into it.

    Raises:
        RunFolderError: The folder cannot be written, or holds a run already.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.summary = path / SUMMARY
        self.hydra = path / HYDRA_FOLDER
        self.config = path / CONFIG
        self.metrics = path / METRICS
        self.weights = path / WEIGHTS
        self.confusions = path / CONFUSIONS
        self.scatter = path / SCATTER
        self.log = path / LOG
        try:
            path.mkdir(parents=True, exist_ok=True)
            # Exclusive creation: of two runs that want the folder, one gets it.
            with self.summary.open("x", encoding="utf-8") as summary:
                summary.write('{"status": "running"}\n')
        except FileExistsError as error:
            raise RunFolderError(
                "hydra.run.dir",
                rule="must name a folder without a run in it",
                found=self.summary,
                remedy="name another folder, or delete this one",
            ) from error
        except OSError as error:
            raise RunFolderError(
                "hydra.run.dir",
                rule="must name a folder that can be written",
                found=f"{path} ({error})",
                remedy="name another folder",
            ) from error

    def write_summary(self, values: Mapping[str, Any]) -> None:
        write_whole(self.summary, json.dumps(values, indent=2, allow_nan=False) + "\n")


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file in one step: a reader sees the old one or the new one, never a half."""
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(content.encode() if isinstance(content, str) else content)
    unfinished.replace(path)


def output_path(typed: str) -> Path:
    """The file that the key `output` names; asked before anything is computed for it.

    Raises:
        RunFolderError: Its folder is not there, or it is a folder itself.
    """
    path = Path(typed).expanduser()
    if not path.parent.is_dir():
        raise RunFolderError(
            "output",
            rule="must name a file in a folder that exists",
            found=f"{path}, and no folder {path.parent}",
            remedy="create the folder, or name another one",
        )
    if path.is_dir():
        raise RunFolderError(
            "output",
            rule="must name a file",
            found=f"{path}, which is a folder",
            remedy="name a file in it",
        )
    return path


def run_folders(parent: Path) -> list[Path]:
    """The folders directly below `parent` that hold a run, a sweep's jobs in their order."""
    folders = [path.parent for path in parent.glob(f"*/{SUMMARY}")]
    return sorted(folders, key=_job_number)


def member_folders(folder: Path) -> list[Path]:
    """The runs that an ensemble's folder holds, in order; empty for any other folder."""
    members = (folder / MEMBERS).glob("*")
    return sorted((path for path in members if path.is_dir()), key=_job_number)


def _job_number(folder: Path) -> tuple[int, str]:
    number, _, _ = folder.name.partition("_")
    return (int(number) if number.isdigit() else 0, folder.name)


def remove_if_empty(folder: Path, there_before: Collection[Path] = ()) -> None:
    """Remove a folder that nothing was written into, and those above it, up to the current one.

    Args:
        there_before: Folders to keep in any case, as absolute paths.
    """
    here = Path.cwd()
    folder = folder.absolute()
    for place in (folder, *folder.parents):
        is_ours = place == folder or place.is_relative_to(here)
        if place == here or not is_ours or place in there_before:
            return
        try:
            place.rmdir()
        except OSError:
            return  # not empty
