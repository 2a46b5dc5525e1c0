"""A user's own arrays in a .npz file, checked before anything is trained on them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from mtlab.data.array_files import read_array, read_headers
from mtlab.data.source import LabelledImages, Strata
from mtlab.data.splits import count_held_out, strata_of, stratified_split
from mtlab.errors import DataError
from mtlab.seeding import generator

TEST_SUFFIX = "_test"
TEST_SPLIT_SEED = 0
LARGEST_CLASS = 10**6
"""Larger whole numbers are values, not classes: no network here has a million outputs."""

Array = npt.NDArray[np.generic]


@dataclass(frozen=True)
class NpzLayout:
    """Which arrays of the file hold what; see `conf/dataset/npz.yaml`."""

    images: str
    labels: list[str] | None
    label_names: list[str] | None
    test_fraction: float


class Npz:
    """Images and labels from one .npz file.

    Raises:
        DataError: No such file, not a .npz, damaged, arrays of objects, missing arrays, NaN or
            infinite pixels or labels, bytes that only go to 1, names for columns that no label
            has, or lengths that differ.

    Args:
        strata: What a test split drawn from the file is stratified by; None: the first label.
    """

    def __init__(self, path: Path, layout: NpzLayout, strata: Strata | None = None) -> None:
        self._path = path
        self._layout = layout
        self._strata = strata or by_main_label
        if not path.is_file():
            raise DataError(
                "dataset.path",
                rule="must name a .npz file",
                found=f"{path}, which is not a file",
                remedy="give the path of a file written by numpy.savez",
            )
        self._headers = read_headers(path)
        self._names = list(self._headers)
        self._has_test_arrays = layout.images + TEST_SUFFIX in self._headers
        if self._has_test_arrays:
            self._check_test_arrays()

    def train(self) -> LabelledImages:
        if self._has_test_arrays:
            train = self._read("")
        else:
            everything, rest, _ = self._split()
            train = everything.select(rest)
        self._check_bytes(train.images)
        return train

    def test(self) -> LabelledImages:
        if self._has_test_arrays:
            return self._read(TEST_SUFFIX)
        everything, _, held_out = self._split()
        return everything.select(held_out)

    def known_labels(self) -> dict[str, torch.Tensor]:
        if self._has_test_arrays:
            return {}
        labels = self._everything.labels.items()
        return {name: label.unique() for name, label in labels if not label.is_floating_point()}

    def class_names(self) -> list[str] | None:
        return None

    @functools.cached_property
    def _everything(self) -> LabelledImages:
        return self._read("")

    def _split(self) -> tuple[LabelledImages, torch.Tensor, torch.Tensor]:
        everything, fraction = self._everything, self._layout.test_fraction
        rest, held_out = stratified_split(
            self._strata(everything, count_held_out(len(everything), fraction)),
            fraction,
            generator(TEST_SPLIT_SEED, "npz test split"),
        )
        return everything, rest, held_out

    def _read(self, suffix: str) -> LabelledImages:
        images = self._images(self._layout.images + suffix)
        labels: dict[str, torch.Tensor] = {}
        for name in self._label_arrays():
            for column, label in self._label_columns(name, suffix, len(images)).items():
                if column in labels:
                    raise DataError(
                        f"{self._path}[{name + suffix}]",
                        rule="must have columns with names of their own",
                        found=f"a second {column}",
                        remedy="leave one of the arrays out by dataset.labels",
                    )
                labels[column] = label
        if not labels:
            raise DataError(
                str(self._path),
                rule=f"must hold an array of labels with {len(images)} rows",
                found=f"arrays {', '.join(self._names)}",
                remedy="name the label arrays by dataset.labels",
            )
        self._check_label_names(labels)
        return LabelledImages(images, labels)

    def _check_bytes(self, images: torch.Tensor) -> None:
        """Bytes of 0 and 1, masks for example, would all be black once divided by 255."""
        if images.dtype == torch.uint8 and images.numel() and int(images.max()) == 1:
            raise DataError(
                f"{self._path}[{self._layout.images}]",
                rule="must use the range 0 to 255, since bytes are divided by 255",
                found=f"bytes from {int(images.min())} to 1",
                remedy="convert with .astype(numpy.float32)",
            )

    def _check_label_names(self, labels: dict[str, torch.Tensor]) -> None:
        """Names that belong to no column would be passed over."""
        names = self._layout.label_names or []
        if not set(names) <= {*labels, *self._names}:
            raise DataError(
                "dataset.label_names",
                rule="names columns of a two-dimensional label array, and here each label has an"
                f" array and a name of its own: {', '.join(labels)}",
                found=names,
                remedy="set it to null, and name a task's label by dataset.tasks.TASK.label",
            )

    def _check_test_arrays(self) -> None:
        """Test images must be like the training images; only their headers are read."""
        name = self._layout.images
        train, test = self._headers.get(name), self._headers[name + TEST_SUFFIX]
        like_train = train is not None and (
            (test.dtype == np.uint8) == (train.dtype == np.uint8)
            and test.shape[1:] == train.shape[1:]
        )
        if train is not None and (not like_train or test.shape[:1] in ((), (0,))):
            raise DataError(
                f"{self._path}[{name + TEST_SUFFIX}]",
                rule=f"must hold images like {name}'s, {train.dtype} of {train.shape[1:]}",
                found=f"{test.dtype} of shape {test.shape}",
                remedy="convert or reshape one of the two",
            )
        for label in self._label_arrays():
            if label + TEST_SUFFIX not in self._headers:
                raise DataError(
                    str(self._path),
                    rule=f"must hold the array {label + TEST_SUFFIX}, since it holds"
                    f" {name + TEST_SUFFIX}",
                    found=f"arrays {', '.join(self._names)}",
                    remedy="add it, or leave the label out by dataset.labels",
                )
            if label in self._headers:
                self._check_test_labels(label, test.shape[0])

    def _check_test_labels(self, label: str, num_images: int) -> None:
        """Test labels must have the columns of the training labels, and a row per test image."""
        train, test = self._headers[label], self._headers[label + TEST_SUFFIX]
        wanted = (num_images, *train.shape[1:])
        if test.shape != wanted:
            raise DataError(
                f"{self._path}[{label + TEST_SUFFIX}]",
                rule=f"must have the shape {wanted}: a row for each image of"
                f" {self._layout.images + TEST_SUFFIX}, with {label}'s columns",
                found=test.shape,
                remedy="mend the array, or leave the label out by dataset.labels",
            )

    def _label_arrays(self) -> list[str]:
        """Names of the training labels; with "_test" behind them, of the test labels."""
        if self._layout.labels is not None:
            return self._layout.labels
        candidates = [name for name in self._names if not name.endswith(TEST_SUFFIX)]
        return [name for name in candidates if name != self._layout.images]

    def _images(self, name: str) -> torch.Tensor:
        array = self._load(name)
        if array.ndim not in (3, 4) or 0 in array.shape:
            raise DataError(
                f"{self._path}[{name}]",
                rule="must have the shape (images, height, width) or (images, height, width,"
                " channels)",
                found=array.shape,
                remedy="reshape the array, or name another one by dataset.images",
            )
        if array.dtype != np.uint8 and not np.issubdtype(array.dtype, np.floating):
            raise DataError(
                f"{self._path}[{name}]",
                rule="must be uint8 (0 to 255) or floats",
                found=array.dtype,
                remedy="convert it with .astype(numpy.uint8) or .astype(numpy.float32)",
            )
        if array.dtype != np.uint8:
            with np.errstate(over="ignore"):  # too large for single precision: found just below
                array = array.astype(np.float32)
            finite = np.isfinite(array)
            if not finite.all():
                first = tuple(int(axis[0]) for axis in np.nonzero(~finite))
                raise DataError(
                    f"{self._path}[{name}]",
                    rule="must hold finite pixels",
                    found=f"{int((~finite).sum())} NaN or infinite, the first at {first}",
                    remedy="replace them, for example by numpy.nan_to_num",
                )
        channels_last = array if array.ndim == 4 else array[..., np.newaxis]
        return torch.from_numpy(np.ascontiguousarray(channels_last.transpose(0, 3, 1, 2)))

    def _label_columns(self, name: str, suffix: str, num_samples: int) -> dict[str, torch.Tensor]:
        array = self._load(name + suffix)
        subject = f"{self._path}[{name + suffix}]"
        if array.ndim not in (1, 2) or len(array) != num_samples:
            raise DataError(
                subject,
                rule=f"must have one row of labels for each of the {num_samples} images",
                found=f"shape {array.shape}",
                remedy="mend the array, or leave it out by dataset.labels",
            )
        values: npt.NDArray[Any] = array.astype(np.int64) if array.dtype == bool else array
        is_real = np.issubdtype(values.dtype, np.integer) or np.issubdtype(
            values.dtype, np.floating
        )
        if not (is_real and bool(np.isfinite(values).all())):
            raise DataError(
                subject,
                rule="must hold finite numbers: classes numbered from 0, or values to be predicted",
                found=f"{array.dtype} with values such as {_first_bad_label(values)}",
                remedy="number the classes from 0, and leave out the samples without a label",
            )
        if values.ndim == 1:
            return {name: _label(values)}
        columns = self._layout.label_names
        if columns is None:
            columns = [f"{name}{column}" for column in range(values.shape[1])]
        if len(columns) != values.shape[1] or len(set(columns)) != len(columns):
            raise DataError(
                "dataset.label_names",
                rule=f"must name each of the {values.shape[1]} columns of {subject}, none twice",
                found=columns,
                remedy="list one name per column",
            )
        return {column: _label(values[:, index]) for index, column in enumerate(columns)}

    def _load(self, name: str) -> Array:
        return read_array(self._path, name, "dataset.images or dataset.labels")


def by_main_label(samples: LabelledImages, num_chosen: int) -> torch.Tensor:
    """The first label as what a split is stratified by."""
    return strata_of(samples.main_label, num_chosen)


def _label(values: npt.NDArray[Any]) -> torch.Tensor:
    """Whole numbers from 0 as int64, which can be classes; others as float32."""
    is_class = (values >= 0) & (values <= LARGEST_CLASS)
    if bool(is_class.all()) and bool((values == np.floor(values)).all()):
        return torch.from_numpy(values.astype(np.int64))
    return torch.from_numpy(values.astype(np.float32))


def _first_bad_label(values: Array) -> object:
    if not values.size:
        return "none"
    if not np.issubdtype(values.dtype, np.floating):
        return repr(values.flat[0].item())
    return values[~np.isfinite(values)].flat[0]
