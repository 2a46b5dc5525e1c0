"""The charts drawn: their files in a report's folder, and the SVG of each for the page."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from mtlab.artifacts.run_dir import write_whole
from mtlab.drawing.lettering import plain_drawing
from mtlab.report.analyse.charts import Chart
from mtlab.report.read.folders import Problem
from mtlab.report.write.chart_figures import chart_figure
from mtlab.report.write.looks import group_places
from mtlab.report.write.svg import ChartFigure, as_svg

DOTS_PER_INCH = 150
ENDINGS = (".png", ".svg", ".pdf")
LISTED = "figures.json"
"""Lists the files that a report wrote here, so that the next one takes away these and no others."""


def draw_charts(
    charts: Sequence[Chart], folder: Path, say: Callable[[str], object]
) -> tuple[list[Chart], list[Problem]]:
    """Draw every chart, and write those that have a name as PNG, SVG and PDF; one that fails is
    named, and the others are drawn. What a reader of the figures has to know is said.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_earlier(folder, say)
    # Before the first is drawn: a report that is cut off leaves no file that nobody knows.
    names = [f"{chart.name}{ending}" for chart in charts if chart.name for ending in ENDINGS]
    write_whole(folder / LISTED, json.dumps(names, indent=1) + "\n")
    drawn, problems, places = [], [], group_places(charts)
    with plain_drawing(say):
        for number, chart in enumerate(charts):
            try:
                figure = chart_figure(chart, places)
                figure.lay_out()
                svg = as_svg(figure, salt=f"{chart.kind.word}{number}")
                if chart.name:
                    _write(figure, svg, folder / chart.name)
            except Exception as error:
                what = f"left out: {type(error).__name__}: {' '.join(str(error).split())}"
                told = chart.name or f"{chart.title}, {chart.part}"
                problems.append(Problem(f"the figure {told}", what))
            else:
                drawn.append(replace(chart, svg=svg))
    return drawn, problems


def _write(figure: ChartFigure, svg: str, stem: Path) -> None:
    png, svg_file, pdf = (stem.with_name(stem.name + ending) for ending in ENDINGS)
    figure.savefig(png, dpi=DOTS_PER_INCH, pil_kwargs={"compress_level": 1})
    header = '<?xml version="1.0" encoding="utf-8" standalone="no"?>\n'
    svg_file.write_text(header + svg, encoding="utf-8")
    figure.savefig(pdf, metadata={"CreationDate": None})


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
