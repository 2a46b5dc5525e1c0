"""Tables for a terminal of any width: columns are left out rather than numbers cut."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

LEAST_FOLDED_WIDTH = 10
"""Letters that a text has at least where it takes several lines."""
FRAME_WIDTH = 3
"""Letters around a cell: a rule and two spaces."""


@dataclass(frozen=True)
class TerminalColumn:
    """A column of texts, the heading's words one below the other, so that it is as narrow as they.

    Attributes:
        rank: Where there is little room, the columns of the highest rank are left out first; those
            of rank 0 never.
        is_folded: Texts, not numbers: they may take several lines.
    """

    heading: str
    texts: Sequence[str]
    rank: int = 0
    is_folded: bool = False
    is_left: bool = False

    @property
    def least_width(self) -> int:
        words = [len(word) for word in self.heading.split()]
        longest = max((len(text) for text in self.texts), default=0)
        folded = min(longest, LEAST_FOLDED_WIDTH) if self.is_folded else longest
        return max([folded, *words]) + FRAME_WIDTH


class FittedTable:
    """Drawn in the width there is when it is printed; what has no room is named below.

    Args:
        sections: Rows before which a rule is drawn.
    """

    def __init__(
        self, title: str | None, columns: Sequence[TerminalColumn], sections: Sequence[int] = ()
    ) -> None:
        self.title, self.columns, self.sections = title, columns, sections

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown = fitting(self.columns, options.max_width)
        table = Table(title=self.title, title_justify="left")
        for column in shown:
            table.add_column(
                "\n".join(column.heading.split()),
                justify="left" if column.is_left else "right",
                no_wrap=not column.is_folded,
                overflow="fold",
            )
        # Text, because rich would take a list such as [digit,parity] for markup.
        rows = zip(*([Text(text) for text in column.texts] for column in shown), strict=True)
        for number, row in enumerate(rows):
            if number in self.sections:
                table.add_section()
            table.add_row(*row)
        yield table
        left_out = [column.heading for column in self.columns if column not in shown]
        if left_out:
            yield Text(f"(no room for {'; '.join(left_out)}: widen the terminal)")


def fitting(columns: Sequence[TerminalColumn], width: int) -> list[TerminalColumn]:
    """The columns that fit into so many letters, in their order."""
    shown = list(columns)
    for column in _least_wanted_first(columns):
        if sum(one.least_width for one in shown) + 1 <= width:
            break
        shown.remove(column)
    return shown


def _least_wanted_first(columns: Sequence[TerminalColumn]) -> Iterator[TerminalColumn]:
    """Of one rank the last first."""
    for rank in sorted({column.rank for column in columns} - {0}, reverse=True):
        yield from (column for column in reversed(columns) if column.rank == rank)
