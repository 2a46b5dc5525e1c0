"""What a run says: to the terminal, and the same to its mtlab.log."""

from pathlib import Path
from typing import TextIO

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

LOG_WIDTH = 120


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
        # In a notebook plain lines too: each would be a cell of HTML there.
        self.console = Console(highlight=False, force_jupyter=False)

    def say(self, what: RenderableType, *, always: bool = False) -> None:
        """Print a line or a table; `always` also in a sweep."""
        self.log(what)
        if always or not self._quiet:
            self.console.print(what, soft_wrap=isinstance(what, str), markup=False)

    def log(self, what: RenderableType) -> None:
        """Write to the log file only."""
        self._log.print(what, soft_wrap=isinstance(what, str), markup=False, highlight=False)
        self._log_file.flush()

    def progress(self) -> Progress | None:
        """A progress bar with a field `figures`; None where there is no terminal to draw it on."""
        if not self.console.is_terminal:
            return None
        return Progress(
            TextColumn("{task.description}", table_column=Column(no_wrap=True)),
            BarColumn(bar_width=16, table_column=Column(min_width=6)),
            TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)),
            # Last, because metrics of many tasks are what a narrow terminal has to cut.
            TextColumn("{task.fields[figures]}", table_column=Column(no_wrap=True, ratio=1)),
            expand=True,
            console=self.console,
            transient=True,
        )

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *error: object) -> None:
        self._log_file.close()
