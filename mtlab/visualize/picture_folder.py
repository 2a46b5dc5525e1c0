"""Where pictures go, with their numbers and tables, and who is told."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from mtlab.artifacts.csv_lines import csv_text
from mtlab.artifacts.latex import latex_table
from mtlab.drawing.saving import Numbers, save_picture
from mtlab.terminal import Terminal

NUM_DIGITS = 4


@dataclass(frozen=True)
class PictureFolder:
    """`folder` has a subfolder for each kind; `command` is what made the pictures."""

    terminal: Terminal
    command: str
    folder: Path

    def save(self, figure: Figure, name: str, numbers: Numbers, *, vector: bool = False) -> None:
        """Write a picture, such as `filters/conv1`, and what it shows."""
        path = self.folder / f"{name}.png"
        save_picture(figure, path, numbers, command=self.command, vector=vector)
        self.terminal.say(str(path))

    def save_table(self, name: str, lines: Sequence[Mapping[str, object]]) -> None:
        """Write lines of the same columns as CSV, unrounded, and as LaTeX."""
        titles = list(lines[0])
        path = self.folder / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(csv_text(lines), "utf-8", newline="")
        are_numbers = [isinstance(value, int | float) for value in lines[0].values()]
        columns = [_in_short([line[title] for line in lines]) for title in titles]
        cells = list(zip(*columns, strict=True))
        words = [title.replace("_", " ") for title in titles]
        path.with_suffix(".tex").write_text(latex_table(words, cells, are_numbers), "utf-8")
        self.terminal.say(str(path))

    def remove(self, name: str, *, pages: bool = False) -> None:
        """Remove a picture of before, which the new ones may not replace, or its numbered pages."""
        picture = self.folder / name
        number = r"(_\d+)?" if pages else ""
        pattern = rf"{re.escape(picture.name)}{number}\.(png|pdf|svg|npz|csv|tex)"
        for path in picture.parent.glob("*.*"):
            if re.fullmatch(pattern, path.name):
                path.unlink()


def _in_short(column: Sequence[object]) -> list[str]:
    """Fractions with the same number of digits, short ones as they are."""
    are_short = all(f"{value:g}" == f"{value:.9g}" for value in column if isinstance(value, float))
    digits = "g" if are_short else f".{NUM_DIGITS}f"
    return [f"{value:{digits}}" if isinstance(value, float) else str(value) for value in column]
