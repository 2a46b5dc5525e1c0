"""Reading IDX files, whole and damaged."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest
import torch

from mtlab.data.idx import read_idx
from mtlab.errors import DataError


def idx_bytes(values: torch.Tensor) -> bytes:
    """An IDX file written by hand from the format's description."""
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return header + values.to(torch.uint8).numpy().tobytes()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.arange(2 * 3 * 4).reshape(2, 3, 4)


def test_values_come_back_in_shape(tmp_path: Path, images: torch.Tensor) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(idx_bytes(images)))
    assert torch.equal(read_idx(path, num_dimensions=3).long(), images)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda good: gzip.compress(good)[:-9], "complete gzip"),
        (lambda good: b"not gzip at all", "complete gzip"),
        (lambda good: gzip.compress(good[:-1]), "must hold 40 bytes"),
        (lambda good: gzip.compress(good + b"x"), "must hold 40 bytes"),
        (lambda good: gzip.compress(b"\0\0\x0d" + good[3:]), "IDX file of bytes"),
        (lambda good: gzip.compress(b""), "IDX file of bytes"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, images, damage, reason) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(damage(idx_bytes(images)))
    with pytest.raises(DataError, match=reason) as caught:
        read_idx(path, num_dimensions=3)
    assert str(path) in str(caught.value)


def test_a_flipped_bit_fails_the_archives_own_checksum(tmp_path, images) -> None:
    path = tmp_path / "images.gz"
    content = bytearray(gzip.compress(idx_bytes(images)))
    content[-6] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match="complete gzip"):
        read_idx(path, num_dimensions=3)
