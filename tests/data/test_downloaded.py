"""The MNIST family: what is published, what is missing, what is damaged, and downloading."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import struct
import threading
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from mtlab.data import downloaded
from mtlab.data.downloaded import SETS, Downloaded, DownloadedSet, cache_folder, emnist, read_idx
from mtlab.errors import DataError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import torchvision.datasets as published

FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@pytest.mark.parametrize("name", SETS)
def test_checksums_are_the_ones_torchvision_publishes(name: str) -> None:
    known = getattr(published, SETS[name].torchvision_class)
    assert list(SETS[name].md5_of.items()) == list(known.resources)


@pytest.mark.parametrize("variant", ["balanced", "letters", "digits"])
def test_emnist_class_names_are_torchvisions(variant: str) -> None:
    known = [name for name in published.EMNIST.classes_split_dict[variant] if name != "N/A"]
    names = emnist(variant).class_names
    assert names is not None
    assert sorted(names) == sorted(known)


def idx_bytes(values: torch.Tensor) -> bytes:
    """An IDX file written by hand from the format's description."""
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return header + values.to(torch.uint8).numpy().tobytes()


def tiny_contents() -> dict[str, bytes]:
    images = torch.randint(0, 256, (12, 4, 5), generator=torch.Generator().manual_seed(0))
    labels = torch.arange(12) % 3
    return {
        FILES[0]: gzip.compress(idx_bytes(images[:8])),
        FILES[1]: gzip.compress(idx_bytes(labels[:8])),
        FILES[2]: gzip.compress(idx_bytes(images[8:])),
        FILES[3]: gzip.compress(idx_bytes(labels[8:])),
    }


def tiny_set(contents: dict[str, bytes]) -> DownloadedSet:
    checksums = {name: hashlib.md5(content).hexdigest() for name, content in contents.items()}
    return DownloadedSet("MNIST", "somewhere", dict(checksums))


def write_all(contents: dict[str, bytes], root: Path) -> Path:
    folder = root / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def test_both_splits_are_read_from_the_archives(tmp_path: Path) -> None:
    contents = tiny_contents()
    write_all(contents, tmp_path)
    source = Downloaded(tiny_set(contents), "mnist", tmp_path)
    assert source.train().images.shape == (8, 1, 4, 5)
    assert source.test().labels["label"].tolist() == [2, 0, 1, 2]


def test_another_checksum_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    contents = tiny_contents()
    folder = write_all(contents, tmp_path)
    dataset = tiny_set(contents)
    (folder / FILES[2]).write_bytes(b"damaged")
    with pytest.raises(DataError, match="published MD5") as caught:
        Downloaded(dataset, "mnist", tmp_path)
    assert str(folder / FILES[2]) in str(caught.value)
    assert "delete it" in str(caught.value)


def test_labels_and_images_of_different_length_are_refused(tmp_path: Path) -> None:
    contents = tiny_contents() | {FILES[1]: gzip.compress(idx_bytes(torch.zeros(7)))}
    write_all(contents, tmp_path)
    with pytest.raises(DataError, match="one label for each of the 8 images"):
        Downloaded(tiny_set(contents), "mnist", tmp_path).train()


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A web server on the loopback interface over a folder."""
    folder = tmp_path / "mirror"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments) -> None:
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, *_arguments) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_missing_files_are_downloaded_verified_and_reused_offline(
    tmp_path: Path, mirror: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = mirror
    contents = tiny_contents()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    dead = "http://127.0.0.1:1/"
    monkeypatch.setattr(published.MNIST, "mirrors", [dead, address])
    root = tmp_path / "cache"
    source = Downloaded(tiny_set(contents), "mnist", root)
    assert len(source.train()) == 8
    assert sorted(path.name for path in (root / "MNIST" / "raw").iterdir()) == sorted(FILES)

    monkeypatch.setattr(published.MNIST, "mirrors", [dead])
    assert len(Downloaded(tiny_set(contents), "mnist", root).test()) == 4


def test_a_download_with_another_checksum_leaves_no_file_that_looks_complete(
    tmp_path: Path, mirror: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = mirror
    contents = tiny_contents()
    for name in contents:
        (folder / name).write_bytes(b"something else")
    monkeypatch.setattr(published.MNIST, "mirrors", [address])
    root = tmp_path / "cache"
    with pytest.raises(DataError, match="could not be downloaded"):
        Downloaded(tiny_set(contents), "mnist", root)
    assert not root.exists()


def test_without_network_the_message_names_folder_origin_and_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published.MNIST, "mirrors", ["http://127.0.0.1:1/"])
    (tmp_path / "there").mkdir()
    root = tmp_path / "there" / "not" / "at" / "all"
    with pytest.raises(DataError) as caught:
        Downloaded(SETS["mnist"], "mnist", root)
    line = str(caught.value)
    assert "\n" not in line
    assert str(root / "MNIST" / "raw") in line
    # Folders are made only when something is written into them.
    assert list(tmp_path.rglob("*")) == [tmp_path / "there"]
    assert "MNIST page" in line
    assert "dataset=digits" in line


def test_emnist_is_taken_out_of_its_zip_and_turned_upright(
    tmp_path: Path, mirror: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = mirror
    image = torch.arange(12).reshape(1, 3, 4)
    archive = folder / "gzip.zip"
    with zipfile.ZipFile(archive, "w") as content:
        for name in emnist("letters").md5_of:
            values = image if "images" in name else torch.tensor([2])
            content.writestr(f"gzip/{name}", gzip.compress(idx_bytes(values)))
    monkeypatch.setattr(published.EMNIST, "url", f"{address}gzip.zip")
    monkeypatch.setattr(published.EMNIST, "md5", hashlib.md5(archive.read_bytes()).hexdigest())
    read = Downloaded(emnist("letters"), "emnist", tmp_path / "cache").train()
    assert torch.equal(read.images[0, 0].long(), image[0].T)
    assert read.labels["label"].tolist() == [1]


def test_the_cache_folder_is_the_key_then_the_variable_then_the_users(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(downloaded.DATA_VARIABLE, str(tmp_path))
    assert cache_folder("/elsewhere") == Path("/elsewhere")
    assert cache_folder(None) == tmp_path
    monkeypatch.delenv(downloaded.DATA_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_folder(None).name == "mtlab"


@pytest.fixture
def images() -> torch.Tensor:
    return torch.arange(2 * 3 * 4).reshape(2, 3, 4)


def test_values_come_back_in_shape(tmp_path: Path, images: torch.Tensor) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(idx_bytes(images)))
    assert torch.equal(read_idx(path, num_dimensions=3).long(), images)


def flip_a_bit_of_the_checksum(good: bytes) -> bytes:
    content = bytearray(gzip.compress(good))
    content[-6] ^= 1
    return bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda good: gzip.compress(good)[:-9],
        lambda good: b"not gzip at all",
        lambda good: gzip.compress(good[:-1]),
        lambda good: gzip.compress(good + b"x"),
        lambda good: gzip.compress(b"\0\0\x0d" + good[3:]),
        lambda good: gzip.compress(b""),
        flip_a_bit_of_the_checksum,
    ],
)
def test_a_damaged_file_is_named(tmp_path, images, damage) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(damage(idx_bytes(images)))
    with pytest.raises(DataError, match=r"complete gzip file of bytes in 3 dimensions") as caught:
        read_idx(path, num_dimensions=3)
    assert str(path) in str(caught.value)
