"""The IDX files of the MNIST family, read from their gzip archives.

Format: two zero bytes, a byte for the type (8: unsigned byte), a byte for the number of
dimensions, each dimension as a big-endian 32-bit number, then the values in C order
(LeCun, Cortes, Burges, "The MNIST database", section "File formats").
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import torch

from mtlab.errors import DataError

UNSIGNED_BYTE = 8


def read_idx(path: Path, num_dimensions: int) -> torch.Tensor:
    """Read a gzip-compressed IDX file of unsigned bytes.

    Raises:
        DataError: Damaged compression, another type or number of dimensions, or a length that is
            not the one the header promises.
    """
    remedy = "delete the file and run again to fetch it anew"
    try:
        with gzip.open(path) as archive:
            content = archive.read()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            str(path), rule="must be a complete gzip file", found=error, remedy=remedy
        ) from error
    header_bytes = 4 + 4 * num_dimensions
    magic = bytes([0, 0, UNSIGNED_BYTE, num_dimensions])
    if len(content) < header_bytes or content[:4] != magic:
        raise DataError(
            str(path),
            rule=f"must be an IDX file of bytes in {num_dimensions} dimensions",
            found=f"first bytes {content[:4].hex()} in place of {magic.hex()}",
            remedy=remedy,
        )
    shape = np.frombuffer(content, dtype=">u4", count=num_dimensions, offset=4).tolist()
    if len(content) != header_bytes + math.prod(shape):
        raise DataError(
            str(path),
            rule=f"must hold {header_bytes + math.prod(shape)} bytes, as its header says",
            found=f"{len(content)} bytes",
            remedy=remedy,
        )
    values = np.frombuffer(content, dtype=np.uint8, offset=header_bytes).reshape(shape)
    return torch.from_numpy(values.copy())
