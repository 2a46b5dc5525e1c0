"""Reading .npy and .npz files: their arrays, or only what those are like."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from mtlab.errors import DataError

READING_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    zlib.error,
    zipfile.BadZipFile,
    NotImplementedError,  # damaged bytes may name a compression that does not exist
    RuntimeError,  # ... or claim that the file is encrypted
)
"""What reading a damaged .npz file raises."""


@dataclass(frozen=True)
class ArrayHeader:
    """An array's form."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def read_headers(path: Path) -> dict[str, ArrayHeader]:
    """The header of every array in a .npz file, by name; the arrays are not read.

    Raises:
        DataError: Not a .npz, damaged, or a member that is no array.
    """
    headers = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                with archive.open(member) as content:
                    version = npy.read_magic(content)
                    read = (
                        npy.read_array_header_1_0
                        if version == (1, 0)
                        else npy.read_array_header_2_0
                    )
                    shape, _, dtype = read(content)
                    headers[member.removesuffix(".npy")] = ArrayHeader(tuple(shape), dtype)
    except READING_ERRORS as error:
        raise _unreadable(path, ".npz", error) from error
    return headers


def read_array(path: Path, name: str, key: str) -> npt.NDArray[Any]:
    """The array of a .npy file, or one of a .npz file; arrays of Python objects are refused.

    Args:
        name: Of the array in a .npz file.
        key: The configuration key that names it, for messages.

    Raises:
        FileNotFoundError: No such file.
        DataError: No such array, or a damaged file.
    """
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return loaded
            if name not in loaded.files:
                raise DataError(
                    str(path),
                    rule=f"must hold the array {name}",
                    found=f"arrays {', '.join(loaded.files) or 'none'}",
                    remedy=f"name another one by {key}",
                )
            array: npt.NDArray[Any] = loaded[name]
            return array
    except FileNotFoundError:
        raise  # The command line says it with a remedy of its own.
    except READING_ERRORS as error:
        # numpy takes what it cannot read for Python objects, and advises to load them unsafely.
        if isinstance(error, ValueError) and "pickle" in str(error):
            raise DataError(
                str(path),
                rule="must be an array of numbers written by numpy.save or numpy.savez",
                found="Python objects, which are refused since reading them may run code, or"
                " another kind of file",
                remedy="save it as .astype(numpy.float32) or uint8",
            ) from error
        raise _unreadable(path, ".npz or .npy", error) from error


def _unreadable(path: Path, kind: str, reason: object) -> DataError:
    return DataError(
        str(path),
        rule=f"must be a complete {kind} file, written by numpy",
        found=reason,
        remedy="write it again with numpy.savez or numpy.save",
    )
