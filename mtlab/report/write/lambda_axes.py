"""Accuracy over lambda: axes for what was learned, and arrows to what was guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes

from mtlab.drawing.axes import limit_percent
from mtlab.report.analyse.charts import Line, Panel
from mtlab.report.write.lines import dodges, draw_accuracies, told
from mtlab.report.write.looks import Look
from mtlab.report.write.svg import ChartFigure

# Of the range of what was learned: how much more is shown, and how far below it a guess may lie
# before it would squeeze the rest.
MARGIN, NEAR = 0.1, 0.5


def draw_over_lambda(
    figure: ChartFigure, axes: Axes, panel: Panel, looks: Mapping[str, Look]
) -> None:
    """Measured lines with bars, published ones, and levels of networks that learned the task
    alone.
    """
    bottom, top = _limits(panel)
    guesses: dict[float, list[tuple[Line, int]]] = {}
    for line, dodge in zip(panel.lines, dodges(figure, axes, panel.lines), strict=True):
        look = looks[line.label]
        if line.style == "single":
            _draw_level(figure, axes, line, look)
            continue
        kept = [place for place, y in enumerate(line.y) if y >= bottom]
        draw_accuracies(figure, axes, _part(line, kept), panel.over, look, dodge)
        for place in sorted({*range(len(line.y))} - {*kept}):
            guesses.setdefault(line.x[place], []).append((line, place))
    axes.set_ylim(bottom, top)
    for x, found in guesses.items():
        _tell_guesses(figure, axes, x, found)
    axes.set_xlim(-0.07, 1.07)
    lambdas = sorted({x for line in panel.lines for x in line.x})
    axes.set_xticks(lambdas, [f"{value:g}" for value in lambdas])
    limit_percent(axes)


def _limits(panel: Panel) -> tuple[float, float]:
    """Of the y axis: all that was learned, and guesses too where they are near."""
    learned: list[float] = []
    guessed: list[float] = []
    for line in panel.lines:
        for x, y in line.ends():
            (guessed if x in line.guessed else learned).append(y)
    if not learned or not guessed:
        learned += guessed
    low, high = min(learned), max(learned)
    reach = max(high - low, 1.0)
    near = [y for y in guessed if low - NEAR * reach <= y < low]
    low = min([low, *near])
    return low - MARGIN * reach, max(high, *learned) + MARGIN * reach


def _part(line: Line, places: list[int]) -> Line:
    """Some of a line's points."""
    cut: dict[str, Any] = {
        name: tuple(values[place] for place in places) if (values := getattr(line, name)) else ()
        for name in ("x", "y", "low", "high", "estimates")
    }
    return replace(line, **cut)


def _draw_level(figure: ChartFigure, axes: Axes, line: Line, look: Look) -> None:
    """A dashed line from side to side, in a band where runs differ."""
    if line.low and line.low[0] < line.high[0]:
        band = axes.axhspan(
            line.low[0], line.high[0], color=look.colour, alpha=0.15, linewidth=0, zorder=0.6
        )
        figure.mark([band], keys=[look.key], runs=line.runs)
    drawn = axes.axhline(
        line.y[0], linestyle=look.dash, color=look.colour, linewidth=1.4, zorder=1.5
    )
    figure.mark(
        [drawn],
        keys=[look.key],
        runs=line.runs,
        label=line.label,
        over="every",
        x=["lambda"] * len(line.x),
        y="|".join(told(line, place) for place in range(len(line.y))),
    )


def _tell_guesses(
    figure: ChartFigure, axes: Axes, x: float, found: Sequence[tuple[Line, int]]
) -> None:
    """An arrow on the lower edge, beside it the values that lie below."""
    measured, published = (
        ", ".join(
            f"{line.y[place]:.1f}"
            for line, place in found
            if (line.style == "published") is is_published
        )
        for is_published in (False, True)
    )
    values = [f"{measured} %"] * bool(measured) + [f"published {published} %"] * bool(published)
    text = axes.annotate(
        f"\N{DOWNWARDS ARROW} {', '.join(values)} (weight 0)",
        (x, 0),
        xycoords=axes.get_xaxis_transform(),
        xytext=(-4 if x < 0.5 else 4, 3),
        textcoords="offset points",
        ha="left" if x < 0.5 else "right",
        va="bottom",
        fontsize=8,
    )
    figure.mark([text], runs=[run for line, _ in found for run in line.runs], keys=["guesses"])
