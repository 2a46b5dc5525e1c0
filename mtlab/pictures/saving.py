"""A picture on disk: PNG, SVG where vectors help, and an .npz of its numbers beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

DOTS_PER_INCH = 110
"""A figure 9 inches wide is 990 pixels: read at 100% without scrolling."""


def save_picture(
    figure: Figure,
    path: Path,
    numbers: Mapping[str, npt.NDArray[Any]],
    *,
    command: str,
    vector: bool = False,
) -> Path:
    """Write `path` (a .png), an .npz beside it, and an .svg on request.

    Args:
        numbers: What the picture shows, by name, for drawing it another way.
        command: What made it; stands in the files' own metadata, where the contact sheet finds it.

    Returns:
        The PNG's path.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DOTS_PER_INCH, metadata={"Description": command})
    if vector:
        # Without a date the same numbers give the same file.
        figure.savefig(path.with_suffix(".svg"), metadata={"Description": command, "Date": None})
    with path.with_suffix(".npz").open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **dict(numbers))
    return path
