"""What a run says: to the terminal, and the same to its mtlab.log."""

import sys
import textwrap
from pathlib import Path
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

LOG_WIDTH = 120


class Fitting:
    """One line in several lengths, the longest first: shown is the first that there is room for, so
    that no number is cut.
    """

    def __init__(self, *texts: str) -> None:
        self.texts = texts

    def within(self, width: int) -> str:
        return next((text for text in self.texts if cell_len(text) <= width), self.texts[-1])

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.within(options.max_width), no_wrap=True, overflow="ellipsis")

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(cell_len(self.texts[-1]), cell_len(self.texts[0]))


class _FittingColumn(ProgressColumn):
    """A task's field `figures`."""

    def render(self, task: Task) -> RenderableType:
        figures = task.fields["figures"]
        return figures if isinstance(figures, Fitting) else Text(str(figures), no_wrap=True)


class Terminal:
    """Standard output and a run's log file.

    Args:
        log: The run's mtlab.log.
        quiet: Lines go to the log only; for the jobs of a sweep, which print one line each.
    """

    def __init__(self, log: Path, quiet: bool) -> None:
        self._log_file: TextIO = log.open("a", encoding="utf-8")
        self._log = Console(
            file=self._log_file, width=LOG_WIDTH, color_system=None, force_jupyter=False
        )
        self._quiet = quiet
        # In a notebook plain lines: each would be a cell of HTML, and a bar hundreds of lines.
        is_notebook = "ipykernel" in sys.modules
        self.console = Console(
            highlight=False, force_jupyter=False, force_terminal=False if is_notebook else None
        )

    def say(self, what: RenderableType, *, always: bool = False) -> None:
        """Print a line or a table; `always` also in a sweep."""
        self.log(what)
        if isinstance(what, Fitting):
            what = what.within(self.console.width) if self.console.is_terminal else what.texts[0]
        if self._quiet and not always:
            return
        if isinstance(what, str) and self.console.is_terminal:
            # Between words, so that no number is cut; a path longer than a line stays whole.
            wrapper = textwrap.TextWrapper(
                self.console.width, break_long_words=False, break_on_hyphens=False
            )
            what = "\n".join(wrapper.fill(line) for line in what.splitlines())
        self.console.print(what, soft_wrap=isinstance(what, str), markup=False)

    def log(self, what: RenderableType) -> None:
        """Write to the log file only."""
        what = what.texts[0] if isinstance(what, Fitting) else what
        self._log.print(what, soft_wrap=isinstance(what, str), markup=False, highlight=False)
        self._log_file.flush()

    def progress(self) -> Progress | None:
        """A progress bar with a field `figures`, a text or Fitting; None without a terminal."""
        if not self.console.is_terminal:
            return None
        return Progress(
            TextColumn("{task.description}", table_column=Column(no_wrap=True)),
            BarColumn(bar_width=16, table_column=Column(min_width=6)),
            TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)),
            # Last, because metrics of many tasks are what a narrow terminal has no room for.
            _FittingColumn(table_column=Column(no_wrap=True, ratio=1)),
            expand=True,
            console=self.console,
            transient=True,
        )

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *error: object) -> None:
        self._log_file.close()
