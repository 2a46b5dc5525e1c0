"""Colours of classes and of lines, told apart by every eye."""

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb

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


CLASS_MARKERS = ("o", "^", "s", "D", "v")
"""The next marker for each ten classes, so that neither colour nor grey alone tells them apart."""

TINTS = ((0.0, 0.0), (0.42, 1.0), (0.4, 0.0), (0.75, 1.0), (0.7, 0.0))
"""What each ten classes' colours are mixed with: a share of white (1) or black (0)."""


def class_colours(num_classes: int) -> list[Colour]:
    """Ten colours that differ widely, then tints and shades of them; hues beyond fifty."""
    if num_classes > len(TEN_COLOURS) * len(TINTS):
        hues = np.arange(num_classes) / num_classes
        return [matplotlib.colormaps["gist_rainbow"](hue) for hue in hues]
    mixed = []
    for number in range(num_classes):
        turn, place = divmod(number, len(TEN_COLOURS))
        share, grey = TINTS[turn]
        red, green, blue = ((1 - share) * one + share * grey for one in to_rgb(TEN_COLOURS[place]))
        mixed.append((red, green, blue, 1.0))
    return mixed


def class_marker(number: int) -> str:
    """The marker of a class by its number."""
    return CLASS_MARKERS[number // len(TEN_COLOURS) % len(CLASS_MARKERS)]
