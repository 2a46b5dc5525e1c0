"""A picture on disk: PNG, PDF, SVG where vectors help, and an .npz of its numbers beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

DOTS_PER_INCH = 110
"""A figure 9 inches wide is 990 pixels: read at 100% without scrolling."""
PDF_DOTS_PER_INCH = 200
"""Of images in it; text and lines have no resolution."""

Array = npt.NDArray[Any]
Numbers = dict[str, Any]
"""What a picture shows, by name, for drawing it another way; whatever NumPy takes for an array."""


def save_picture(
    figure: Figure, path: Path, numbers: Numbers, *, command: str, vector: bool = False
) -> Path:
    """Write `path` (a .png), a .pdf and an .npz beside it, and an .svg on request.

    The PNG is for the screen, the PDF for documents; an SVG helps on pages where there are lines
    and points, and would only be a larger PNG where there are images. `path` comes back.

    `command` stands in the files' own metadata, where the contact sheet finds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"Description": command}
    with _whole(path) as unfinished:
        figure.savefig(unfinished, format="png", dpi=DOTS_PER_INCH, metadata=about)
    with _whole(path.with_suffix(".pdf")) as unfinished:
        # Without a date the same numbers give the same file.
        about_pdf = {"Subject": command, "CreationDate": None}
        figure.savefig(unfinished, format="pdf", dpi=PDF_DOTS_PER_INCH, metadata=about_pdf)
    if vector:
        with _whole(path.with_suffix(".svg")) as unfinished:
            figure.savefig(unfinished, format="svg", metadata={**about, "Date": None})
    with _whole(path.with_suffix(".npz")) as unfinished, unfinished.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **numbers)
    return path


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Where to write first, so that an interruption never leaves half a file at `path`."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
