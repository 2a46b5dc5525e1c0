"""A user's array of images, checked and brought into the form that networks take."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from mtlab.errors import DataError


def to_images(
    array: npt.ArrayLike, image_shape: tuple[int, int, int], subject: str = "images"
) -> torch.Tensor:
    """Images of the size that a network was trained on, channels first.

    Args:
        array: See `channels_first`; N may be 0.
        image_shape: The network's `(channels, height, width)`.
        subject: What the array is called, for messages.

    Returns:
        `(N, channels, height, width)`, a copy.

    Raises:
        DataError: Rows of different lengths, another shape, or see `channels_first`.
    """
    try:
        values = np.asarray(array)
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError(
            subject,
            rule="must be one array of numbers, all images of the same size",
            found=f"({error})",
            remedy="convert it by numpy.array",
        ) from error
    channels, height, width = image_shape
    wanted = [(height, width)] if channels == 1 else []
    wanted.append((height, width, channels))  # type: ignore[arg-type]
    if values.shape[1:] not in wanted:
        shapes = " or ".join(f"(N, {', '.join(map(str, shape))})" for shape in wanted)
        raise DataError(
            subject,
            rule=f"must have the shape {shapes}, as the run's training images have",
            found=values.shape,
            remedy="crop, resize or reshape them; one image alone is images[None]",
        )
    return channels_first(values, subject)


def channels_first(array: npt.NDArray[Any], subject: str) -> torch.Tensor:
    """`(N, H, W)` or `(N, H, W, C)` as uint8 or float32 `(N, C, H, W)`, a copy.

    Args:
        array: uint8 in [0, 255], or floats of any width.
        subject: What the array is called, for messages.

    Raises:
        DataError: Another type of number, NaN or infinite pixels.
    """
    if array.dtype != np.uint8 and not np.issubdtype(array.dtype, np.floating):
        raise DataError(
            subject,
            rule="must be uint8 (0 to 255) or floats",
            found=array.dtype,
            remedy="convert them with .astype(numpy.uint8) or .astype(numpy.float32)",
        )
    if array.dtype != np.uint8:
        with np.errstate(over="ignore"):  # too large for single precision: found just below
            array = array.astype(np.float32)
        bad = ~np.isfinite(array).all(axis=tuple(range(1, array.ndim)))
        if bad.any():
            raise DataError(
                subject,
                rule="must hold finite pixels",
                found=f"NaN or infinite ones in {int(bad.sum())} images, first in image"
                f" {int(np.argmax(bad))}",
                remedy="replace them, for example by numpy.nan_to_num",
            )
    channels_last = array if array.ndim == 4 else array[..., np.newaxis]
    return torch.from_numpy(channels_last.transpose(0, 3, 1, 2).copy(order="C"))
