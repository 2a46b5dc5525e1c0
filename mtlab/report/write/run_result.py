"""What a run shows of itself at its end: its figures, and its result as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from mtlab.report.write.result_tables import result_table


def show_result(
    summary: Mapping[str, Any],
    folder: Path,
    say: Callable[[RenderableType], None],
    are_figures_wanted: bool,
) -> None:
    """Draw the figures of a run that has been measured, and print its table.

    Args:
        summary: As summary.json holds it.
    """
    if not summary["test"]:
        return
    if are_figures_wanted:
        # matplotlib takes a second to load.
        from mtlab.report.write.run_figures import draw_run_figures

        draw_run_figures(dict(summary), folder, say)
    say(result_table(summary))
