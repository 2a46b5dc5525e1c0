"""A user's array of images, checked and brought into the form that networks take."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from mtlab.errors import DataError


def to_images(
    array: npt.ArrayLike, image_shape: tuple[int, int, int], subject: str = "images"
) -> torch.Tensor:
    """Images in the order (N, height, width[, channels]) as uint8 or float32 channels first.

    Args:
        array: `(N, H, W)` for one channel, `(N, H, W, C)` for any; uint8 in [0, 255], or floats of
            any width. N may be 0.
        image_shape: The `(channels, height, width)` that the network was trained on.
        subject: What the array is called, for messages.

    Returns:
        `(N, channels, height, width)`, a copy.

    Raises:
        DataError: Rows of different lengths, another shape, another type of number, NaN or infinite
            pixels.
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
    wanted = [(height, width, channels)] + ([(height, width)] if channels == 1 else [])
    if values.shape[1:] not in wanted:
        shapes = " or ".join(f"(N, {', '.join(map(str, shape))})" for shape in reversed(wanted))
        raise DataError(
            subject,
            rule=f"must have the shape {shapes}, as the run's training images have",
            found=values.shape,
            remedy="crop, resize or reshape them; one image alone is images[None]",
        )
    if values.dtype != np.uint8 and not np.issubdtype(values.dtype, np.floating):
        raise DataError(
            subject,
            rule="must be uint8 (0 to 255) or floats",
            found=values.dtype,
            remedy="convert them with .astype(numpy.uint8) or .astype(numpy.float32)",
        )
    if values.dtype != np.uint8:
        with np.errstate(over="ignore"):
            values = values.astype(np.float32)
        if not np.isfinite(values).all():
            bad = ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
            raise DataError(
                subject,
                rule="must hold finite pixels",
                found=f"NaN or infinite ones in {int(bad.sum())} images, first in image"
                f" {int(np.argmax(bad))}",
                remedy="replace them, for example by numpy.nan_to_num",
            )
    channels_first = values.reshape(len(values), height, width, channels).transpose(0, 3, 1, 2)
    return torch.from_numpy(channels_first.copy(order="C"))
