"""Pictures, PNG and JPEG, decoded by Pillow into bytes."""

import struct
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from mtlab.data.array_files import Array
from mtlab.errors import DataError

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg")
GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16B")
SIXTEEN_BITS_PER_BYTE = 257
"""65535 / 255: from sixteen bits to eight."""
WHITE = (255, 255, 255, 255)

Size = tuple[int, int]
"""Height and width in pixels."""


def is_picture(path: Path) -> bool:
    """By its name: a file that ends as pictures do, and is not hidden."""
    return path.suffix.lower() in PICTURE_ENDINGS and not path.name.startswith(".")


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """A picture, not decoded yet; what Pillow raises of damaged files as DataError.

    Only two formats are tried, so that no decoder runs that nobody asked for. A picture of more
    pixels than Pillow takes for safe is refused, not only warned of: it may be a small file that
    unpacks to fill the memory.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=["PNG", "JPEG"]) as picture:
                yield picture
    except FileNotFoundError:
        raise  # The command line says it with a remedy of its own.
    except (
        OSError,
        SyntaxError,  # PNG's chunks are damaged
        ValueError,
        EOFError,
        zlib.error,
        struct.error,
        Image.DecompressionBombWarning,
        Image.DecompressionBombError,
    ) as error:
        raise DataError(
            str(path),
            rule="must be a complete PNG or JPEG picture of a sensible size",
            found=error,
            remedy="save it again, or take it away",
        ) from error


def is_colour(path: Path) -> bool:
    """Whether a picture is in colour; only its header is read."""
    with _opened(path) as picture:
        return picture.mode not in GREY_MODES


def read_picture(path: Path, channels: int, size: Size | None) -> tuple[Array, Size]:
    """A picture as `(height, width)` for one channel, else `(height, width, 3)`, uint8.

    It is turned upright as its EXIF data say. What is transparent becomes white. Grey is the luma
    of ITU-R 601-2. Another size is interpolated linearly over all pixels that each new one covers.

    Args:
        channels: 1, grey, or 3.
        size: To bring it to; None: its own.

    Returns:
        The pixels, and the size that it had.
    """
    with _opened(path) as opened:
        picture = ImageOps.exif_transpose(opened)
        if picture.mode.startswith("I"):
            picture = Image.fromarray((np.asarray(picture) // SIXTEEN_BITS_PER_BYTE).astype("u1"))
        if picture.has_transparency_data:
            picture = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, WHITE), picture)
        picture = picture.convert("L" if channels == 1 else "RGB")
        own = (picture.height, picture.width)
        if size not in (None, own):
            picture = picture.resize(size[::-1], Image.Resampling.BILINEAR)
        return np.array(picture), own


def span_of(sizes: Iterable[Size]) -> str:
    """`8x8 to 64x48`, the smallest and the largest, or the only one; widths first, as people do."""
    by_area = sorted(sizes, key=np.prod)
    ends = dict.fromkeys([by_area[0], by_area[-1]])
    return " to ".join(f"{width}x{height}" for height, width in ends)
