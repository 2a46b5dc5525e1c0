"""MNIST, Fashion-MNIST, KMNIST and EMNIST: downloaded through torchvision, verified, cached.

torchvision knows the addresses and fetches the archives; they are read here straight from the
verified gzip files, since importing torchvision costs seconds and is needed only to download.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import string
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import torch

from mtlab.data.idx import read_idx
from mtlab.data.source import LabelledImages
from mtlab.errors import DataError

DATA_VARIABLE = "MTLAB_DATA"


@dataclass(frozen=True)
class ArchiveFile:
    """One gzip file with the checksum that torchvision publishes (None: it publishes none)."""

    name: str
    md5: str | None


@dataclass(frozen=True)
class DownloadedSet:
    """A dataset of the MNIST family.

    Attributes:
        torchvision_class: Class of `torchvision.datasets` that downloads it; its name is the
            folder's name too.
        origin: Where the files come from, for people.
        files: Train images, train labels, test images, test labels.
        first_label: The smallest label in the files; labels count from 0 once read.
        transposed: Whether the files hold images column by column.
    """

    torchvision_class: str
    origin: str
    files: tuple[ArchiveFile, ArchiveFile, ArchiveFile, ArchiveFile]
    first_label: int = 0
    transposed: bool = False
    class_names: tuple[str, ...] | None = None


def _mnist_like(torchvision_class: str, origin: str, *md5s: str) -> DownloadedSet:
    names = (
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    )
    a, b, c, d = (ArchiveFile(name, md5) for name, md5 in zip(names, md5s, strict=True))
    return DownloadedSet(torchvision_class, origin, (a, b, c, d))


def emnist(variant: str) -> DownloadedSet:
    """EMNIST in one variant: `balanced`, `letters` or `digits`.

    Its archive is one file of all variants, checked as a whole when it is downloaded; the gzip
    files that come out of it carry a CRC of their own.
    """
    small_letters_that_differ = "abdefghnqrt"
    names = {
        "balanced": string.digits + string.ascii_uppercase + small_letters_that_differ,
        "letters": string.ascii_lowercase,
        "digits": string.digits,
    }[variant]
    a, b, c, d = (
        ArchiveFile(f"emnist-{variant}-{split}-{content}.gz", None)
        for split in ("train", "test")
        for content in ("images-idx3-ubyte", "labels-idx1-ubyte")
    )
    return DownloadedSet(
        torchvision_class="EMNIST",
        origin="the EMNIST page of NIST, gzip.zip",
        files=(a, b, c, d),
        first_label=1 if variant == "letters" else 0,
        transposed=True,
        class_names=tuple(names),
    )


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


def cache_folder(configured: str | None) -> Path:
    """Where datasets are kept: `dataset.root`, else MTLAB_DATA, else the user's cache directory."""
    if configured:
        return Path(configured).expanduser()
    from_environment = os.environ.get(DATA_VARIABLE)
    if from_environment:
        return Path(from_environment).expanduser()
    return Path(platformdirs.user_cache_dir("mtlab", appauthor=False))


class Downloaded:
    """A set of the MNIST family in a cache folder.

    Args:
        dataset: The files and where they come from.
        name: The set's name on the command line, for messages.
        root: The cache folder; files lie in `<root>/<torchvision's class name>/raw/`.

    Raises:
        DataError: The files are neither there nor can be downloaded, or one is not the published
            file.
    """

    def __init__(self, dataset: DownloadedSet, name: str, root: Path) -> None:
        self._dataset = dataset
        self._folder = root / dataset.torchvision_class / "raw"
        missing = [file.name for file in dataset.files if not (self._folder / file.name).is_file()]
        if missing:
            _download(dataset, name, root, missing)
        for file in dataset.files:
            _verify(self._folder / file.name, file.md5)

    def train(self) -> LabelledImages:
        return self._read(*self._dataset.files[:2])

    def test(self) -> LabelledImages:
        return self._read(*self._dataset.files[2:])

    def known_labels(self) -> dict[str, torch.Tensor]:
        return {}

    def class_names(self) -> list[str] | None:
        names = self._dataset.class_names
        return None if names is None else list(names)

    def _read(self, image_file: ArchiveFile, label_file: ArchiveFile) -> LabelledImages:
        images = read_idx(self._folder / image_file.name, num_dimensions=3)
        labels = read_idx(self._folder / label_file.name, num_dimensions=1)
        if len(images) != len(labels):
            raise DataError(
                str(self._folder / label_file.name),
                rule=f"must hold one label for each of the {len(images)} images",
                found=f"{len(labels)} labels",
                remedy="delete both files and run again to fetch them anew",
            )
        if self._dataset.transposed:
            images = images.transpose(1, 2).contiguous()
        labels = labels.long() - self._dataset.first_label
        return LabelledImages(images.unsqueeze(1), {"label": labels})


def _verify(path: Path, md5: str | None) -> None:
    if md5 is None:
        return
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    except OSError as error:
        raise DataError(
            str(path), rule="must be readable", found=error, remedy="check its permissions"
        ) from error
    if found.hexdigest() != md5:
        raise DataError(
            str(path),
            rule=f"must have the published MD5 checksum {md5}",
            found=found.hexdigest(),
            remedy="the file is damaged or another one; delete it and run again to fetch it anew",
        )


def _download(dataset: DownloadedSet, name: str, root: Path, missing: list[str]) -> None:
    """Fetch what is missing with torchvision's downloader, which shows a progress bar."""
    folder = root / dataset.torchvision_class / "raw"
    try:
        import torchvision

        folder.mkdir(parents=True, exist_ok=True)
        published = getattr(torchvision.datasets, dataset.torchvision_class)
        if dataset.torchvision_class == "EMNIST":
            archive = _fetch([published.url], folder, published.md5)
            _unpack_members(archive, folder, missing)
            return
        checksums = {file.name: file.md5 for file in dataset.files}
        for filename in missing:
            _fetch(
                [f"{mirror}{filename}" for mirror in published.mirrors], folder, checksums[filename]
            )
    except (OSError, RuntimeError) as error:  # URLError is an OSError
        raise DataError(
            f"dataset={name}",
            rule=f"needs files that are not in {folder} and could not be downloaded",
            found=f"{', '.join(missing)} missing ({error})",
            remedy="connect to the network, put the files there yourself (from"
            f" {dataset.origin}), name another folder by {DATA_VARIABLE} or dataset.root, or use"
            " dataset=digits, which needs no files",
        ) from error


def _fetch(addresses: list[str], folder: Path, md5: str | None) -> Path:
    """Download from the first address that answers; the file gets its name once it is verified.

    Raises:
        OSError, RuntimeError: No address answered, or what came has another checksum.
    """
    from torchvision.datasets.utils import download_url

    filename = addresses[0].rsplit("/", 1)[-1]
    unfinished = folder / f"{filename}.part"
    failure: Exception = RuntimeError("no address to download from")
    for address in addresses:
        print(f"downloading {address} to {folder}", file=sys.stderr)
        try:
            download_url(address, str(folder), filename=unfinished.name, md5=md5)
        except (OSError, RuntimeError) as error:
            failure = error
            continue
        unfinished.replace(folder / filename)
        return folder / filename
    raise failure


def _unpack_members(archive: Path, folder: Path, names: list[str]) -> None:
    """Take the named files out of EMNIST's zip, whatever folder they lie in there."""
    with zipfile.ZipFile(archive) as content:
        members = {Path(member).name: member for member in content.namelist()}
        for name in names:
            if name not in members:
                raise RuntimeError(f"{archive} holds no {name}")
            unfinished = folder / f"{name}.part"
            with content.open(members[name]) as source, unfinished.open("wb") as target:
                shutil.copyfileobj(source, target)
            unfinished.replace(folder / name)
