"""A table as the report's formats share it: columns, and cells with a value to sort by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Column:
    """A column's head.

    Attributes:
        is_number: Aligned right, sorted by value.
        is_setting: Something that varied between runs: shown first, offered as a filter.
        is_folded: Left out where there is little room; the cell before it says the same in short.
    """

    title: str
    is_number: bool = False
    is_setting: bool = False
    is_folded: bool = False


@dataclass(frozen=True)
class Cell:
    """A value as it is shown.

    Attributes:
        value: To sort by; None sorts last.
        note: Shown below the text.
        folded: What the folded columns behind it say, shown below the text where they are left out.
        kind: `status`, `run` or nothing: how a page styles it.
    """

    text: str
    value: float | str | None = None
    note: str = ""
    folded: str = ""
    kind: str = ""


EMPTY = Cell("")


@dataclass(frozen=True)
class Row:
    """A row; `runs` are the numbers of the runs that it stands for."""

    cells: tuple[Cell, ...]
    runs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Grid:
    """A table."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def without_empty_columns(self) -> Grid:
        """Leave out columns in which no row has anything."""
        kept = [
            index
            for index in range(len(self.columns))
            if any(row.cells[index].text for row in self.rows)
        ]
        return Grid(
            tuple(self.columns[index] for index in kept),
            tuple(Row(tuple(row.cells[index] for index in kept), row.runs) for row in self.rows),
        )


@dataclass(frozen=True)
class TitledGrid:
    """A table with a heading and sentences on how to read it."""

    title: str
    grid: Grid
    remarks: tuple[str, ...] = field(default=())


def text_cells(texts: Iterable[str]) -> list[Cell]:
    """Cells that sort by number where they hold one."""
    return [Cell(text, sort_value(text)) for text in texts]


def sort_value(text: str) -> float | str | None:
    """What to sort a setting's text by."""
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return text
