"""Which runs become members of an ensemble, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtlab.artifacts.reading import look_up, read_summary
from mtlab.artifacts.run_dir import MEMBERS, SUMMARY, WEIGHTS, member_folders, run_folders
from mtlab.errors import ConfigError, RunFolderError
from mtlab.inference.run_filter import RunFilter


@dataclass(frozen=True)
class Candidate:
    """A run that may become a member.

    Attributes:
        why_not: Why it is left out; None for a member.
    """

    folder: Path
    summary: dict[str, Any]
    why_not: str | None

    @property
    def title(self) -> str:
        """Its job's number in a sweep (else its folder's name), its row and its seed."""
        number, separator, _ = self.folder.name.partition("_")
        name = f"#{number}" if separator and number.isdigit() else self.folder.name
        row = self.summary.get("row")
        return f"{name}{f', {row}' if row else ''}, seed {self.summary.get('seed')}"


def find_candidates(folders: list[Path], keep: str | None) -> list[Candidate]:
    """Every run of these folders, with why it is left out.

    Raises:
        ConfigError: `keep` is no expression or compares what no run has, or a run is named twice
            and would vote twice.
        RunFolderError: No runs at all, or none left; the message shows the values.
    """
    condition = None if keep is None else RunFilter(keep)
    runs = [run for folder in folders for run in _runs_of(folder)]
    places = [run.resolve() for run in runs]
    twice = [run for run, place in zip(runs, places, strict=True) if places.count(place) > 1]
    if twice:
        raise ConfigError(
            "runs",
            rule="must name each run once, since every member has one vote",
            found=twice[0],
            remedy="leave out the second, also where its sweep is named",
        )
    summaries = [read_summary(run) for run in runs]
    completed = [one for one in summaries if one.get("status") == "completed"]
    if condition is not None and completed:
        condition.check(completed)
    candidates = []
    for run, summary in zip(runs, summaries, strict=True):
        why_not = _why_unusable(run, summary)
        if why_not is None and condition is not None and not condition.holds(summary):
            values = [f"{path} is {_shown(look_up(summary, path))}" for path in condition.paths]
            why_not = f"{', '.join(values)}, and keep is {keep}"
        candidates.append(Candidate(run, summary, why_not))
    if all(candidate.why_not is not None for candidate in candidates):
        raise RunFolderError(
            "keep" if keep is not None else "runs",
            rule="must leave at least one member",
            found="; ".join(f"{one.title}: {one.why_not}" for one in candidates),
            remedy="loosen it, or name other runs",
        )
    return candidates


def _runs_of(folder: Path) -> list[Path]:
    """The runs of a sweep's folder, else the folder itself."""
    runs = run_folders(folder)
    if not runs and not (folder / SUMMARY).is_file():
        raise RunFolderError(
            str(folder),
            rule="must be the folder of a sweep or of a run that has ended",
            found=f"no {SUMMARY} in it or right below it" if folder.is_dir() else "no such folder",
            remedy="runs lie under outputs/DATE/TIME, sweeps under outputs/multirun/DATE/TIME",
        )
    return runs or [folder]


def _why_unusable(run: Path, summary: dict[str, Any]) -> str | None:
    """Why a run cannot vote, however good it is."""
    status = summary.get("status")
    if status == "completed" and (run / WEIGHTS).is_file():
        return None
    if member_folders(run):
        return f"it is an ensemble, whose runs lie under {run / MEMBERS}"
    return "it kept no weights" if status == "completed" else f"it is recorded as {status}"


def _shown(value: object) -> str:
    if value is None:
        return "not there"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
