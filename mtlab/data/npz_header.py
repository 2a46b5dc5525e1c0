"""Shapes and types of the arrays in a .npz file, without reading the arrays themselves."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from mtlab.errors import DataError

ARRAY_ENDING = ".npy"

READING_ERRORS = (
    OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile,
    NotImplementedError,  # damaged bytes may name a compression that does not exist
    RuntimeError,  # ... or claim that the file is encrypted
)  # fmt: skip
"""What reading a damaged .npz file raises."""


@dataclass(frozen=True)
class ArrayHeader:
    """What an array is like.

    Attributes:
        is_bytes: Whether its values are uint8, which are divided by 255, rather than floats.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def is_bytes(self) -> bool:
        return self.dtype == np.uint8


def read_headers(path: Path) -> dict[str, ArrayHeader]:
    """The header of every array in the file, by name.

    Raises:
        DataError: No such file, not a .npz, damaged, or a member that is no array.
    """
    if not path.is_file():
        raise DataError(
            "dataset.path",
            rule="must name a .npz file",
            found=f"{path}, which is not a file",
            remedy="give the path of a file written by numpy.savez",
        )
    if not zipfile.is_zipfile(path):
        raise unreadable(path, "not a complete zip archive, which a .npz file is")
    headers = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                with archive.open(member) as content:
                    headers[member.removesuffix(ARRAY_ENDING)] = _read_header(content)
    except READING_ERRORS as error:
        raise unreadable(path, error) from error
    return headers


def _read_header(content: IO[bytes]) -> ArrayHeader:
    version = npy.read_magic(content)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(content)
    return ArrayHeader(tuple(shape), dtype)


def unreadable(path: Path, reason: object) -> DataError:
    """The error for a file that is no whole .npz."""
    return DataError(
        str(path),
        rule="must be a complete .npz file",
        found=reason,
        remedy="write it again with numpy.savez",
    )
