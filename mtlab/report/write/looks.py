"""Colours, markers and dashes of a chart's lines, the same for a configuration in every chart."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mtlab.drawing.colours import LINE_COLOURS, LINE_MARKERS
from mtlab.report.analyse.charts import Chart, Line

MOST_NAMED = 14
# A page draws black in its own text's colour, and white in its background's.
BLACK, WHITE, GREY = "#000000", "#ffffff", "#8a8a8a"


class Look(NamedTuple):
    """How lines of one label look; `key` is what the legend switches them by."""

    key: str
    colour: str
    marker: str
    dash: str = "-"


OTHERS = Look("others", "#b5b5b5", "")
"""Of configurations that the legend has no room to name."""
GUIDE = Look("front", GREY, "", ":")
"""Of lines that guide the eye."""
SPLIT_DASHES = {"training": "-", "validation": "--", "test": ""}
OF_ONE_RUN = {
    "training": Look("training", LINE_COLOURS[0], "o"),
    "validation": Look("validation", LINE_COLOURS[1], "s"),
    "test": Look("test", LINE_COLOURS[2], "*"),
}
"""Where no configurations are told apart, colours are free for the splits."""
SEVERAL = tuple(
    (colour, marker, dash)
    for dash in ("-", "--")
    for colour, marker in ((BLACK, "o"), ("#7a3e9d", "s"), ("#8c6d31", "D"))
)
"""Of lines that go through several configurations, and so have none's colour."""


def group_places(charts: Sequence[Chart]) -> dict[int, int]:
    """By a configuration's number its place among the colours, the same in every chart.

    It has a place, and a colour as long as there are some, that no other has with which it shares
    a chart; and the colour that the whole report has used least.
    """
    together: dict[int, set[int]] = {}
    for chart in charts:
        numbers = {line.group for panel in chart.panels for line in panel.lines} - {0}
        for number in numbers:
            together.setdefault(number, set()).update(numbers)
    places: dict[int, int] = {}
    uses: Counter[int] = Counter()
    uses_of_places: Counter[int] = Counter()
    for number in sorted(together):
        taken = Counter(places[other] for other in together[number] if other in places)
        beside: Counter[int] = Counter()
        for place, num_places in taken.items():
            beside[place % len(LINE_COLOURS)] += num_places

        def clashes(place: int) -> tuple[int, ...]:
            colour = place % len(LINE_COLOURS)
            used = (uses_of_places[place], uses[colour])
            return (taken[place], beside[colour], *used)  # noqa: B023 - used at once

        places[number] = min(range(len(LINE_COLOURS) * len(LINE_MARKERS)), key=clashes)
        uses_of_places[places[number]] += 1
        uses[places[number] % len(LINE_COLOURS)] += 1
    return places


def looks_of(lines: Sequence[Line], places: Mapping[int, int]) -> dict[str, Look]:
    """By label; configurations beyond the first `MOST_NAMED` are drawn alike."""
    looks: dict[str, Look] = {}
    num_named = num_through = 0
    measured = BLACK
    for line in lines:
        if line.label in looks:
            continue
        if line.style == "front":
            looks[line.label] = GUIDE
        elif line.style == "published":
            looks[line.label] = Look(f"p{len(looks)}", measured, "x", ":")
        elif line.style == "single":
            dash = "--" if line.low else "-."
            looks[line.label] = Look(f"s{len(looks)}", GREY, "", dash)
        elif line.group:
            place = places.get(line.group, line.group - 1)
            colour, marker = (of[place % len(of)] for of in (LINE_COLOURS, LINE_MARKERS))
            named = Look(f"g{num_named}", colour, marker)
            looks[line.label] = named if num_named < MOST_NAMED else OTHERS
            num_named += 1
        else:
            measured, marker, dash = SEVERAL[num_through % len(SEVERAL)]
            looks[line.label] = Look(f"l{num_through}", measured, marker, dash)
            num_through += 1
    return looks
