"""MNIST, Fashion-MNIST, KMNIST and EMNIST: downloaded through torchvision, verified, cached.

torchvision knows the addresses and fetches the archives. They are read here, straight from the
gzip files: torchvision reads unpacked copies only, and importing it costs seconds on every run.
"""

import gzip
import hashlib
import os
import shutil
import string
import struct
import zipfile
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
import torch

from mtlab.data.source import LabelledImages, Source
from mtlab.errors import DataError

DATA_VARIABLE = "MTLAB_DATA"
DELETE_FILE = "the file is damaged or another one; delete it and run again to fetch it anew"
UNSIGNED_BYTES = 0x0800
"""In the first four bytes of an IDX file, before the number of dimensions is added."""
SIDE = 28
"""Height and width of every image, in pixels."""


@dataclass(frozen=True)
class DownloadedSet:
    """A dataset of the MNIST family.

    Attributes:
        torchvision_class: Class of `torchvision.datasets` that downloads it, and the folder's name.
        origin: Where the files come from, for people.
        md5_of: The files in gzip: train images, train labels, test images, test labels; each with
            the checksum that torchvision publishes (None: it publishes none).
        first_label: The smallest label in the files; labels count from 0 once read.
        transposed: Whether the files hold images column by column.
    """

    torchvision_class: str
    origin: str
    md5_of: dict[str, str | None]
    first_label: int = 0
    transposed: bool = False
    class_names: str | None = None


def _files(prefix: str, test: str, md5s: Iterable[str | None]) -> dict[str, str | None]:
    names = [
        f"{prefix}{split}-{content}-ubyte.gz"
        for split in ("train", test)
        for content in ("images-idx3", "labels-idx1")
    ]
    return dict(zip(names, md5s, strict=True))


def _mnist_like(torchvision_class: str, origin: str, *md5s: str) -> DownloadedSet:
    return DownloadedSet(torchvision_class, origin, _files("", "t10k", md5s))


SETS = {
    "mnist": _mnist_like(
        "MNIST",
        "the MNIST page of LeCun, Cortes and Burges",
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
    "fashion_mnist": _mnist_like(
        "FashionMNIST",
        "the fashion-mnist repository of Zalando Research",
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
    "kmnist": _mnist_like(
        "KMNIST",
        "the KMNIST page of the CODH",
        "bdb82020997e1d708af4cf47b453dcf7",
        "e144d726b3acfaa3e44228e80efcd344",
        "5c965bf0a639b31b8f53240b1b52f4d7",
        "7320c461ea6c1c855c0b718fb2a4b134",
    ),
}
EMNIST_NAMES = {
    "balanced": string.digits + string.ascii_uppercase + "abdefghnqrt",
    "letters": string.ascii_lowercase,
    "digits": string.digits,
}


def emnist(variant: str) -> DownloadedSet:
    """EMNIST in one variant: `balanced`, `letters` or `digits`.

    Its archive is one file of all variants, checked as a whole when it is downloaded; the gzip
    files that come out of it carry a CRC of their own.
    """
    return DownloadedSet(
        torchvision_class="EMNIST",
        origin="the EMNIST page of NIST, gzip.zip",
        md5_of=_files(f"emnist-{variant}-", "test", [None] * 4),
        first_label=1 if variant == "letters" else 0,
        transposed=True,
        class_names=EMNIST_NAMES[variant],
    )


def cache_folder(configured: str | None) -> Path:
    """Where datasets are kept: `dataset.root`, else MTLAB_DATA, else the user's cache directory."""
    named = configured or os.environ.get(DATA_VARIABLE)
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_cache_dir("mtlab", appauthor=False))


class Downloaded(Source):
    """A set of the MNIST family in a cache folder.

    Args:
        name: The set's name on the command line, for messages.
        root: The cache folder; files lie in `<root>/<torchvision's class name>/raw/`.
    """

    def __init__(self, dataset: DownloadedSet, name: str, root: Path) -> None:
        self._dataset = dataset
        folder = root / dataset.torchvision_class / "raw"
        self._paths = [folder / filename for filename in dataset.md5_of]
        missing = [path.name for path in self._paths if not path.is_file()]
        if missing:
            _download(dataset, name, folder, missing)
        for path in self._paths:
            _verify(path, dataset.md5_of[path.name])

    def train(self) -> LabelledImages:
        return self._read(*self._paths[:2])

    def test(self) -> LabelledImages:
        return self._read(*self._paths[2:])

    def class_names(self) -> dict[str, list[str]]:
        names = self._dataset.class_names
        return {} if names is None else {"label": list(names)}

    def _read(self, image_file: Path, label_file: Path) -> LabelledImages:
        images = read_idx(image_file, num_dimensions=3)
        labels = read_idx(label_file, num_dimensions=1)
        if len(images) != len(labels):
            raise DataError(
                str(label_file),
                rule=f"must hold one label for each of the {len(images)} images",
                found=f"{len(labels)} labels",
                remedy="delete both files and run again to fetch them anew",
            )
        if self._dataset.transposed:
            images = images.transpose(1, 2).contiguous()
        labels = labels.long() - self._dataset.first_label
        return LabelledImages(images.unsqueeze(1), {"label": labels})


class Outline(Downloaded):
    """One black image of each label: what decides a network's size, without any file."""

    def __init__(self, dataset: DownloadedSet) -> None:
        self._dataset = dataset

    def train(self) -> LabelledImages:
        num_labels = len(self._dataset.class_names or string.digits)
        images = torch.zeros(num_labels, 1, SIDE, SIDE, dtype=torch.uint8)
        return LabelledImages(images, {"label": torch.arange(num_labels)})


def read_idx(path: Path, num_dimensions: int) -> torch.Tensor:
    """Read a gzip-compressed IDX file of unsigned bytes.

    Format: two zero bytes, 8 for unsigned bytes, the number of dimensions, each dimension as a
    big-endian 32-bit number, then the values in C order (LeCun, Cortes, Burges, "The MNIST
    database", section "File formats").
    """
    try:
        with gzip.open(path) as archive:
            content = archive.read()
        first, *shape = struct.unpack_from(f">{1 + num_dimensions}I", content)
        if first != UNSIGNED_BYTES + num_dimensions:
            raise ValueError(f"it begins with {content[:4].hex()}")
        values = np.frombuffer(content, np.uint8, offset=4 * (1 + num_dimensions)).reshape(shape)
    except (OSError, EOFError, zlib.error, struct.error, ValueError) as error:
        rule = f"must be a complete gzip file of bytes in {num_dimensions} dimensions (IDX)"
        raise DataError(str(path), rule=rule, found=error, remedy=DELETE_FILE) from error
    return torch.from_numpy(values.copy())


def _verify(path: Path, md5: str | None) -> None:
    if md5 is None:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != md5:
        rule = f"must have the published MD5 checksum {md5}"
        raise DataError(str(path), rule=rule, found=found, remedy=DELETE_FILE)


def _download(dataset: DownloadedSet, name: str, folder: Path, missing: list[str]) -> None:
    new_folders = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        import torchvision

        folder.mkdir(parents=True, exist_ok=True)
        published = getattr(torchvision.datasets, dataset.torchvision_class)
        if dataset.torchvision_class == "EMNIST":
            _unpack(_fetch([published.url], folder, published.md5), missing)
            return
        for filename in missing:
            addresses = [f"{mirror}{filename}" for mirror in published.mirrors]
            _fetch(addresses, folder, dataset.md5_of[filename])
    except (OSError, RuntimeError) as error:  # URLError is an OSError
        raise DataError(
            f"dataset={name}",
            rule=f"needs files that are not in {folder} and could not be downloaded",
            found=f"{', '.join(missing)} missing ({error})",
            remedy="connect to the network, put the files there yourself (from"
            f" {dataset.origin}), name another folder by {DATA_VARIABLE} or dataset.root, or use"
            " dataset=digits, which needs no files",
        ) from error
    finally:
        for path in new_folders:
            with suppress(OSError):  # it holds files
                path.rmdir()


def _fetch(addresses: list[str], folder: Path, md5: str | None) -> Path:
    """Download from the first address that answers; the file gets its name once it is verified."""
    from torchvision.datasets.utils import download_url

    path = folder / addresses[0].rpartition("/")[2]
    unfinished = path.with_name(f"{path.name}.part")
    for address in addresses:
        print(f"downloading {address} to {folder}")
        try:
            download_url(address, str(folder), filename=unfinished.name, md5=md5)
            return unfinished.replace(path)
        except (OSError, RuntimeError):
            if address == addresses[-1]:
                raise
        finally:
            unfinished.unlink(missing_ok=True)
    raise RuntimeError("torchvision knows no address to download from")


def _unpack(archive: Path, names: list[str]) -> None:
    """Take the named files out of EMNIST's zip, whatever folder they lie in there."""
    with zipfile.ZipFile(archive) as content:
        members = {Path(member).name: member for member in content.namelist()}
        for name in names:
            unfinished = archive.with_name(f"{name}.part")
            with content.open(members[name]) as source, unfinished.open("wb") as target:
                shutil.copyfileobj(source, target)
            unfinished.replace(archive.with_name(name))
