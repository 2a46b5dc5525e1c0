"""Pictures that a trained run is asked about, made like its training images."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mtlab.data.array_files import Array
from mtlab.data.dataset import PixelStatistics
from mtlab.data.picture_files import PICTURE_ENDINGS, is_colour, is_picture, read_picture, span_of
from mtlab.errors import DataError

MOSTLY_DARK, MOSTLY_BRIGHT = 0.4, 0.6
"""Mean brightness as a share of the range from the darkest to the brightest pixel."""


@dataclass(frozen=True)
class Pictures:
    """Pictures of one size.

    Attributes:
        names: Of their files.
        images: `(N, H, W)` or `(N, H, W, 3)`, uint8.
        notes: What was done to them, a line each.
    """

    names: list[str]
    images: Array
    notes: list[str]


def read_pictures(place: Path, image_shape: tuple[int, int, int], invert: bool) -> Pictures:
    """A picture, or every one of a folder in the order of their names.

    Args:
        image_shape: `(channels, height, width)` of the training images.
        invert: Exchange black and white.

    Raises:
        DataError: A damaged picture, or a folder without any.
    """
    paths = sorted(filter(is_picture, place.iterdir())) if place.is_dir() else [place]
    channels, *size = image_shape
    if not paths or channels not in (1, 3):
        raise DataError(
            str(place),
            rule=f"must hold pictures that end in {', '.join(PICTURE_ENDINGS)}"
            if not paths
            else "pictures have 1 or 3 channels, and so must the run's training images",
            found="none" if not paths else f"{channels} channels",
            remedy="name another folder" if not paths else "give an array in a .npy file",
        )
    read = [read_picture(path, channels, (size[0], size[1])) for path in paths]
    images = np.stack([pixels for pixels, _ in read])
    done = []
    sizes = {own for _, own in read} - {tuple(size)}
    if sizes:
        done.append(f"resized from {span_of(sizes)} to {size[1]}x{size[0]}")
        if any(abs(own[0] * size[1] / (own[1] * size[0]) - 1) > 0.1 for own in sizes):
            done.append("which changes the proportion of its sides")
    if any(is_colour(path) for path in paths) and channels == 1:
        done.append("made grey")
    if invert:
        done.append("inverted")
        images = 255 - images
    names = [path.name for path in paths]
    subject = names[0] if len(names) == 1 else f"{len(names)} pictures"
    return Pictures(names, images, [f"{subject}: {', '.join(done)}"] if done else [])


def inversion_notes(pictures: Pictures, statistics: PixelStatistics) -> Iterator[str]:
    """A line where the pictures look like a negative of the training images.

    MNIST's digits are white on black, and a photograph of handwriting is dark on bright.
    """
    if statistics.brightness is None or statistics.high <= statistics.low:
        return
    trained = (statistics.brightness - statistics.low) / (statistics.high - statistics.low)
    shown = float(pictures.images.mean()) / 255
    if trained < MOSTLY_DARK and shown > MOSTLY_BRIGHT:
        kinds = ("bright", "dark")
    elif trained > MOSTLY_BRIGHT and shown < MOSTLY_DARK:
        kinds = ("dark", "bright")
    else:
        return
    are = "is" if len(pictures.names) == 1 else "are"
    subject = pictures.names[0] if len(pictures.names) == 1 else "the pictures"
    yield (
        f"{subject} {are} mostly {kinds[0]}, the training images mostly {kinds[1]}: if black and"
        " white are exchanged, add invert=true"
    )
