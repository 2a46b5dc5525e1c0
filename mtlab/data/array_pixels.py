"""How a user's array of images is meant: its layout, and which pixel value is white."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from mtlab.data.array_files import Array, channels_first
from mtlab.data.dataset import BYTE_LIKE
from mtlab.errors import DataError

BYTE_WHITE = 255
WORD_WHITE = 65535


@dataclass(frozen=True)
class PixelForm:
    """How an array is read; learned of the training array, so that a test array is read alike.

    Attributes:
        is_channels_first: It is `(N, C, H, W)`.
        white: Pixels become floats, divided by this; None: they stay as they are.
        are_bytes: Whole numbers of another type that become uint8.
        notes: What a user may not expect of it, a line each.
    """

    is_channels_first: bool = False
    white: float | None = None
    are_bytes: bool = False
    notes: tuple[str, ...] = ()

    def read(self, array: Array, subject: str) -> torch.Tensor:
        """The images as uint8 or float32 `(N, C, H, W)`, see `channels_first`."""
        if self.is_channels_first:
            array = np.moveaxis(array, 1, -1)
        if self.white is not None:
            array = array.astype(np.float32) / np.float32(self.white)
        elif self.are_bytes:
            if array.size and (array.min() < 0 or array.max() > BYTE_WHITE):
                raise DataError(
                    subject,
                    rule="must go from 0 to 255, as the training images do",
                    found=f"{array.dtype} from {array.min()} to {array.max()}",
                    remedy="set dataset.white to the value of a white pixel",
                )
            array = array.astype(np.uint8)
        return channels_first(array, subject)


def pixel_form(array: Array, subject: str, white: float | None, is_unit: bool) -> PixelForm:
    """How a training array is read.

    Args:
        array: `(N, H, W)`, `(N, H, W, C)` or `(N, C, H, W)` with C 1 or 3.
        white: The value of a white pixel, where it is told.
        is_unit: Whether the network gets pixels as they are, so that large ones would do harm.

    Raises:
        DataError: Numbers of a type whose white cannot be told.
    """
    is_channels_first = (
        array.ndim == 4 and array.shape[1] in (1, 3) and array.shape[3] not in (1, 3, 4)
    )
    notes = []
    if is_channels_first:
        notes.append(f"images {array.shape}: read as (images, channels, height, width)")
    if white is not None:
        stays = array.dtype == np.uint8 and white == BYTE_WHITE
        return PixelForm(is_channels_first, None if stays else white, False, tuple(notes))
    divisor, are_bytes = _range_of(array, subject, is_unit)
    notes += _told(array, divisor, are_bytes, is_unit)
    return PixelForm(is_channels_first, divisor, are_bytes, tuple(notes))


def _range_of(array: Array, subject: str, is_unit: bool) -> tuple[float | None, bool]:
    """`white` and `are_bytes` of an array."""
    low, high = float(array.min()), float(array.max())  # a NaN is told once the array is read
    match array.dtype.kind:
        case "b":
            return 1, False
        case "f":
            are_grey_levels = is_unit and low >= 0 and BYTE_LIKE < high <= BYTE_WHITE
            return (BYTE_WHITE if are_grey_levels else None), False
        case "i" | "u" if low >= 0 and high <= BYTE_WHITE:
            if high == 1:
                # Masks, for example, would all be black once divided by 255.
                raise DataError(
                    subject,
                    rule="must use the range 0 to 255, since bytes are divided by 255",
                    found=f"bytes from {low:g} to 1",
                    remedy="set dataset.white=1, or convert with .astype(numpy.float32)",
                )
            return None, array.dtype != np.uint8
        # Twelve bits in sixteen would be next to black: of those, white has to be told.
        case "u" if array.dtype == np.uint16 and high > WORD_WHITE / 2:
            return WORD_WHITE, False
    raise DataError(
        subject,
        rule="must be uint8 (0 to 255) or floats, or dataset.white must say which value is white",
        found=f"{array.dtype} from {low:g} to {high:g}"
        if array.dtype.kind in "iu"
        else array.dtype,
        remedy=f"for example dataset.white={high:g}, or convert them with .astype(numpy.float32)",
    )


def _told(array: Array, white: float | None, are_bytes: bool, is_unit: bool) -> Iterator[str]:
    low, high = float(array.min()), float(array.max())
    found = f"images: {array.dtype} from {low:g} to {high:g}"
    if are_bytes:
        yield f"{found}, read as bytes, of which 255 is white"
    elif white == BYTE_WHITE:
        yield f"{found}, divided by 255; dataset.white=1 takes them as they are"
    elif white == WORD_WHITE:
        yield f"{found}, divided by 65535; dataset.white={high:g} makes {high:g} white"
    elif is_unit and array.dtype.kind == "f" and (low < -1 or high > 1):
        yield (
            f"{found}, taken as they are; dataset.normalisation=standard brings them to zero mean"
            " and unit variance, dataset.white says which value is to be 1"
        )
