"""The runs of a sweep, for pictures that compare them."""

import functools
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtlab.artifacts.reading import read_overrides
from mtlab.artifacts.run_dir import run_folders
from mtlab.config.roles import REPETITION
from mtlab.inference.loading import load_run
from mtlab.visualize.picture_folder import PictureFolder
from mtlab.visualize.subject import Picture, ShownKeys, Subject


@dataclass(frozen=True)
class Sweep(PictureFolder):
    """A sweep's folder, and what to show of its runs."""

    root: Path
    keys: ShownKeys

    @functools.cached_property
    def runs(self) -> list[Path]:
        return run_folders(self.root)

    @property
    def configurations(self) -> dict[str, list[Path]]:
        """Runs by what was typed differently; those that differ only in their seed belong together.

        In the order of the last setting where that is a number, else as they were run.
        """
        overrides = [read_overrides(run) for run in self.runs]
        names = varied_keys(overrides)
        found: dict[str, list[Path]] = {}
        for run, typed in zip(self.runs, overrides, strict=True):
            found.setdefault(write_settings(typed, names) or self.root.name, []).append(run)
        return {label: found[label] for label in sorted(found, key=by_number)}

    def subject(self, run: Path) -> Subject:
        """One of the runs, as pictures of a single one take it."""
        return Subject(self.terminal, self.command, self.folder, load_run(run), self.keys)


class SweepPicture(Picture):
    """A kind of picture that also compares the runs of a sweep."""

    @abstractmethod
    def draw_sweep(self, sweep: Sweep) -> None:
        """One picture of all the runs for each thing that is measured."""


def varied_keys(overrides: Sequence[Mapping[str, str]]) -> list[str]:
    """Keys other than seed and fold whose values differ between runs, in the order of typing."""
    names = dict.fromkeys(key for typed in overrides for key in typed if key not in REPETITION)
    return [key for key in names if len({typed.get(key) for typed in overrides}) > 1]


def write_settings(typed: Mapping[str, str], names: Sequence[str]) -> str:
    """`lr 0.1, widths [100]`: what these keys were set to."""
    return ", ".join(f"{key.rpartition('.')[2]} {typed[key]}" for key in names if key in typed)


def by_number(label: str) -> float:
    """Sort by the last word where it is a number, so that 0.08 comes behind 0.004."""
    try:
        return float(label.rpartition(" ")[2])
    except ValueError:
        return 0.0
