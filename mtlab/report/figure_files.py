"""The figures' files in a report's folder: drawn anew, those of an earlier report taken away."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mtlab.artifacts.run_dir import write_whole
from mtlab.drawing.lettering import plain_drawing
from mtlab.report.collect import Problem
from mtlab.report.plots import Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 150
ENDINGS = (".png", ".svg")
LISTED = "figures.json"
"""Lists the files that a report wrote here, so that the next one takes away these and no others."""


@dataclass(frozen=True)
class Drawn:
    """What came of drawing.

    Attributes:
        plots: Those whose files were written.
        problems: Those that could not be drawn.
    """

    plots: tuple[Plot, ...]
    problems: tuple[Problem, ...]


def draw_plots(plots: Sequence[Plot], folder: Path, say: Callable[[str], object]) -> Drawn:
    """Write every figure as PNG and SVG; one that fails is named, and the others are drawn.

    Args:
        say: Takes a line on what a reader of the figures has to know.
    """
    import matplotlib as mpl

    folder.mkdir(parents=True, exist_ok=True)
    _remove_earlier(folder, say)
    # Before the first is drawn: a report that is cut off leaves no file that nobody knows.
    names = [f"{plot.name}{ending}" for plot in plots for ending in ENDINGS]
    write_whole(folder / LISTED, json.dumps(names, indent=1) + "\n")
    drawn, problems = [], []
    # A fixed salt and no date: the same runs give the same bytes.
    with plain_drawing(say), mpl.rc_context({"svg.hashsalt": "mtlab"}):
        for plot in plots:
            try:
                _write(plot.draw(), folder / plot.name)
            except Exception as error:
                what = f"left out: {type(error).__name__}: {' '.join(str(error).split())}"
                problems.append(Problem(f"the figure {plot.name}", what))
            else:
                drawn.append(plot)
    return Drawn(tuple(drawn), tuple(problems))


def _write(figure: Figure, stem: Path) -> None:
    png, svg = (stem.with_name(stem.name + ending) for ending in ENDINGS)
    figure.savefig(png, dpi=DOTS_PER_INCH, pil_kwargs={"compress_level": 3})
    # The layout is found; finding it again for the SVG would take most of its time.
    figure.set_layout_engine("none")
    figure.savefig(svg, metadata={"Date": None})


def _remove_earlier(folder: Path, say: Callable[[str], object]) -> None:
    """Delete the figures that the list of an earlier report names, if they lie in this folder."""
    listed = folder / LISTED
    if not listed.exists():
        return
    try:
        names = json.loads(listed.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        say(f"{listed} cannot be read ({error}); figures of an earlier report may be left")
        return
    for name in names if isinstance(names, list) else ():
        is_figure = isinstance(name, str) and name.endswith(ENDINGS) and Path(name).name == name
        if is_figure and (folder / name).is_file():
            (folder / name).unlink()
