"""One colour per class."""

from __future__ import annotations

import matplotlib

Colour = tuple[float, float, float, float]


def class_colours(num_classes: int) -> list[Colour]:
    """Colours that stay apart: matplotlib's lists of 10 and 20, evenly spaced hues beyond."""
    if num_classes <= 10:
        name = "tab10"
    elif num_classes <= 20:
        name = "tab20"
    else:
        wheel = matplotlib.colormaps["gist_rainbow"]
        return [wheel(index / num_classes) for index in range(num_classes)]
    listed = matplotlib.colormaps[name]
    return [listed(index) for index in range(num_classes)]
