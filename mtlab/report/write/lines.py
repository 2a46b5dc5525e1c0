"""Lines of a chart drawn: curves in their bands, and accuracies with bars."""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.transforms import ScaledTranslation, Transform

from mtlab.drawing.axes import short_number
from mtlab.report.analyse.charts import Line
from mtlab.report.write.looks import GUIDE, OF_ONE_RUN, OTHERS, SPLIT_DASHES, WHITE, Look
from mtlab.report.write.svg import ChartFigure

# Of a curve; the distance is a part of the axes' diagonal.
MOST_MARKERS, MARKER_DISTANCE = 12, 0.12
MOST_CLEAR_BANDS = 8
# Between what stands at the same place, and between the first and the last of it, in points.
DODGE, MOST_DODGED = 6.0, 48.0


def dodges(figure: ChartFigure, axes: Axes, lines: Sequence[Line]) -> Iterator[Transform]:
    """Where each line is drawn, so that no two of the measured cover each other."""
    measured = [line for line in lines if line.style in ("joined", "points")]
    for line in lines:
        beside = [other for other in measured if other is line or set(other.x) & set(line.x)]
        place = next((at for at, other in enumerate(beside) if other is line), None)
        if place is None or line.split:
            yield axes.transData
            continue
        middle = (len(beside) - 1) / 2
        step = min(DODGE, MOST_DODGED / len(beside))
        aside = (place - middle) * step / 72
        yield axes.transData + ScaledTranslation(aside, 0, figure.dpi_scale_trans)


def draw_guide(figure: ChartFigure, axes: Axes, line: Line, look: Look) -> None:
    """A dotted line without points."""
    drawn = axes.plot(line.x, line.y, look.dash, color=GUIDE.colour, linewidth=1, zorder=1)
    figure.mark(drawn, keys=[look.key] if line.label else [], runs=line.runs)


def draw_accuracies(
    figure: ChartFigure, axes: Axes, line: Line, over: str, look: Look, transform: Transform
) -> None:
    """Points, joined or not, with bars from the lowest to the highest run."""
    below = [y - low for y, low in zip(line.y, line.low, strict=False)]
    above = [high - y for y, high in zip(line.y, line.high, strict=False)]
    is_published = line.style == "published"
    points, caps, bars = axes.errorbar(
        line.x,
        line.y,
        yerr=[below, above] if any([*below, *above]) else None,
        capsize=3,
        color=look.colour,
        linewidth=1.5,
        elinewidth=1.2,
        linestyle="" if line.style == "points" else look.dash,
        marker=look.marker or "o",
        markersize={"joined": 5, "published": 7, "points": 7}[line.style],
        markerfacecolor=look.colour if line.on_front else WHITE,
        clip_on=False,
        transform=transform,
    ).lines
    points.set_linewidth(1 if is_published else 1.5)
    for artist in (points, *caps, *bars):
        artist.set_in_layout(False)  # As below.
    for artist in (*caps, *bars):
        artist.set_clip_on(
            True
        )  # A bar may reach beyond the limits, but not through numbers there.
    figure.mark([*caps, *bars], keys=[look.key], runs=line.runs)
    figure.mark(
        [points],
        keys=[look.key],
        runs=line.runs,
        label=line.label,
        over=over,
        x=[short_number(value).replace(" ", "\N{NO-BREAK SPACE}") for value in line.x],
        y="|".join(told(line, place) for place in range(len(line.y))),
    )


def told(line: Line, place: int) -> str:
    """The accuracy at one of a line's points, with the lowest and the highest run."""
    text = f"{line.y[place]:.2f} %"
    if not line.estimates or line.estimates[place].n < 2:
        return text
    return (
        f"{text} ({line.low[place]:.2f} to {line.high[place]:.2f}), n = {line.estimates[place].n}"
    )


def draw_curve(
    figure: ChartFigure, axes: Axes, line: Line, over: str, look: Look, num_bands: int
) -> None:
    """A curve over epochs; `num_bands` are those in the same axes, each the fainter for it."""
    look = look if line.group else OF_ONE_RUN[line.split]
    is_named = look is not OTHERS
    keys = [look.key, line.split] if line.group else [line.split]
    drawn = Line2D(line.x, line.y, color=look.colour, clip_on=False)
    drawn.set(linestyle=SPLIT_DASHES[line.split], zorder=2 if is_named else 1)
    drawn.set_linewidth(1.4 if is_named else 0.8)
    fill = WHITE if line.split == "validation" else look.colour
    # After a single epoch there is no line, and the marker is all.
    marker = look.marker or ("o" if len(line.x) == 1 else "")
    drawn.set(marker=marker, markersize=4, markerfacecolor=fill)
    if line.split == "test":
        drawn.set(marker="*", markersize=13, markeredgewidth=0.7, markeredgecolor=WHITE, zorder=3)
    # Of long curves as many as tell them apart, evenly along what is seen.
    drawn.set_markevery(1 if len(line.x) <= MOST_MARKERS else MARKER_DISTANCE)
    if line.low and is_named:
        corners = [*zip(line.x, line.low, strict=True), *zip(line.x, line.high, strict=True)]
        around = [*corners[: len(line.x)], *reversed(corners[len(line.x) :])]
        alpha = 0.18 if num_bands <= MOST_CLEAR_BANDS else 0.08
        band = Polygon(around, closed=True, color=look.colour, alpha=alpha, linewidth=0, zorder=1)
        band.set_in_layout(False)
        axes.add_artist(band)
        figure.mark([band], keys=keys, runs=line.runs)
    # Asking each line where it reaches takes most of the time: the axes know it of all together.
    drawn.set_in_layout(False)
    axes.add_artist(drawn)
    spread = [
        f" ({low:.4g} to {high:.4g})" for low, high in zip(line.low, line.high, strict=True)
    ] or [""] * len(line.x)
    figure.mark(
        [drawn],
        keys=keys,
        runs=line.runs,
        label=line.label,
        split=line.split,
        over="" if over == "epoch" else over,
        x=[] if line.x == tuple(range(1, len(line.x) + 1)) else [f"{value:g}" for value in line.x],
        y="|".join(f"{value:.4g}{more}" for value, more in zip(line.y, spread, strict=True)),
    )
