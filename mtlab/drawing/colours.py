"""Colours of classes and of lines, told apart by every eye."""

import matplotlib
from matplotlib.colors import to_rgba

Colour = tuple[float, float, float, float]

TEN_COLOURS = (
    *("#1f77d4", "#ff9e0f", "#c4161c", "#14924a", "#7d2bb5"),
    *("#7a4a21", "#ff80c0", "#b5c400", "#202020", "#35d0d0"),
)
"""Far apart in hue or in lightness, so that they differ even as points of a pixel or two. No two
are closer than 40 in CIELAB; common sequences have pairs at 20."""

LINE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito (2008), "Color Universal Design", told apart with every common colour blindness:
without black and yellow, which vanish on a dark and on a light page."""

WRONG_COLOUR = LINE_COLOURS[1]
"""Of what is wrong or stands out; always beside a mark or a frame."""

LINE_MARKERS = ("o", "s", "D", "^", "v", "P", "X")
"""One more than colours: each line has its own of both, and 42 lines differ in one at least."""


def class_colours(num_classes: int) -> list[Colour]:
    """Colours that stay apart: ten that differ widely, matplotlib's list of 20, hues beyond."""
    if num_classes <= len(TEN_COLOURS):
        return [to_rgba(colour) for colour in TEN_COLOURS[:num_classes]]
    if num_classes <= 20:
        return [matplotlib.colormaps["tab20"](index) for index in range(num_classes)]
    return [
        matplotlib.colormaps["gist_rainbow"](index / num_classes) for index in range(num_classes)
    ]
