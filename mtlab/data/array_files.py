"""Users' arrays: read from .npy and .npz files, and brought into the form that networks take."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from numpy.lib import format as npy

from mtlab.errors import DataError

Array = npt.NDArray[Any]
Header = tuple[tuple[int, ...], np.dtype[Any]]
"""An array's shape and type."""


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """What numpy and zipfile raise of damaged files, as DataError."""
    remedy = "write it again"
    try:
        yield
    except FileNotFoundError:
        raise  # The command line says it with a remedy of its own.
    except (
        OSError,
        EOFError,
        ValueError,
        zlib.error,
        zipfile.BadZipFile,
        NotImplementedError,  # damaged bytes may name a compression that does not exist
        RuntimeError,  # ... or claim that the file is encrypted
    ) as error:
        found: object = error
        # numpy takes what it cannot read for Python objects, and advises to load them unsafely.
        if isinstance(error, ValueError) and "pickle" in str(error):
            found = (
                "Python objects, which are refused since reading them may run code, or another"
                " kind of file"
            )
            remedy = "save it as .astype(numpy.float32) or uint8, names as .astype(str)"
        raise DataError(
            str(path),
            rule="must be a complete .npz or .npy file of numbers, written by numpy",
            found=found,
            remedy=f"{remedy} with numpy.savez or numpy.save",
        ) from error


def read_headers(path: Path) -> dict[str, Header]:
    """The header of every array in a .npz file, by name; the arrays are not read."""
    headers = {}
    with _reading(path), zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            with archive.open(member) as content:
                is_first_version = npy.read_magic(content) == (1, 0)
                read = npy.read_array_header_1_0 if is_first_version else npy.read_array_header_2_0
                shape, _, dtype = read(content)
                headers[member.removesuffix(".npy")] = (tuple(shape), dtype)
    return headers


def read_array(path: Path, name: str, key: str) -> Array:
    """The array of a .npy file, or one of a .npz file; arrays of Python objects are refused.

    Args:
        name: Of the array in a .npz file.
        key: The configuration key that names it, for messages.

    Raises:
        FileNotFoundError: No such file.
        DataError: No such array, or a damaged file.
    """
    with _reading(path), path.open("rb") as file:
        loaded = np.load(file, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        if name in loaded.files:
            array: Array = loaded[name]
            return array
    raise DataError(
        str(path),
        rule=f"must hold the array {name}",
        found=f"arrays {', '.join(loaded.files) or 'none'}",
        remedy=f"name another one by {key}",
    )


def to_images(
    array: npt.ArrayLike, image_shape: tuple[int, int, int], subject: str = "images"
) -> torch.Tensor:
    """Images of the size that a network was trained on, channels first.

    Args:
        array: See `channels_first`; N may be 0.
        image_shape: The network's `(channels, height, width)`.
        subject: What the array is called, for messages.
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
    wanted: list[tuple[int, ...]] = [(height, width)] if channels == 1 else []
    wanted += [(height, width, channels), (channels, height, width)]
    if values.shape[1:] not in wanted:
        shapes = " or ".join(f"(N, {', '.join(map(str, shape))})" for shape in wanted)
        raise DataError(
            subject,
            rule=f"must have the shape {shapes}, as the run's training images have",
            found=values.shape,
            remedy="crop, resize or reshape them; one image alone is images[None]",
        )
    if values.shape[1:] == wanted[-1] != wanted[-2]:
        values = np.moveaxis(values, 1, -1)
    return channels_first(values, subject)


def channels_first(array: Array, subject: str) -> torch.Tensor:
    """`(N, H, W)` or `(N, H, W, C)` as uint8 or float32 `(N, C, H, W)`, a copy.

    Args:
        array: uint8 in [0, 255], or floats of any width.
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
