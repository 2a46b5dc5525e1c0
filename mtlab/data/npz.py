"""A user's own arrays in a .npz file, checked before anything is trained on them."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from mtlab.data.array_files import read_array, read_headers
from mtlab.data.arrays import channels_first
from mtlab.data.source import LabelledImages, Source, Strata, by_main_label, hold_out_test
from mtlab.errors import DataError

TEST_SUFFIX = "_test"
LARGEST_CLASS = 10**6
"""Larger whole numbers are values, not classes: no network here has a million outputs."""

Array = npt.NDArray[Any]


class Npz(Source):
    """Images and labels from one .npz file.

    Args:
        images, labels, label_names: Which arrays and columns hold what, as in
            `conf/dataset/npz.yaml`.
        test_fraction: Share of the images to hold out where the file has no test arrays.
        strata: What they are stratified by.

    Raises:
        DataError: No such file, not a .npz, damaged, arrays of objects, missing arrays, NaN or
            infinite pixels or labels, bytes that only go to 1, names for columns that no label
            has, or lengths that differ.
    """

    def __init__(
        self,
        path: Path,
        images: str,
        labels: list[str] | None,
        label_names: list[str] | None,
        test_fraction: float,
        strata: Strata = by_main_label,
    ) -> None:
        if not path.is_file():
            raise DataError(
                "dataset.path",
                rule="must name a .npz file",
                found=f"{path}, which is not a file",
                remedy="give the path of a file written by numpy.savez",
            )
        self._path = path
        self._headers = read_headers(path)
        self._images = images
        others = [name for name in self._headers if not name.endswith(TEST_SUFFIX)]
        self._labels = [name for name in others if name != images] if labels is None else labels
        self._label_names = label_names
        self._test_fraction = test_fraction
        self._strata = strata
        self._has_test_arrays = images + TEST_SUFFIX in self._headers
        if self._has_test_arrays:
            self._check_test_images()
            self._check_test_labels()

    def train(self) -> LabelledImages:
        train = self._read("") if self._has_test_arrays else self._divided[0]
        pixels = train.images
        # Masks, for example, would all be black once divided by 255.
        if pixels.dtype == torch.uint8 and pixels.numel() and int(pixels.max()) == 1:
            raise DataError(
                self._subject(self._images),
                rule="must use the range 0 to 255, since bytes are divided by 255",
                found=f"bytes from {int(pixels.min())} to 1",
                remedy="convert with .astype(numpy.float32)",
            )
        return train

    def test(self) -> LabelledImages:
        return self._read(TEST_SUFFIX) if self._has_test_arrays else self._divided[1]

    def known_labels(self) -> dict[str, torch.Tensor]:
        if self._has_test_arrays:
            return {}
        labels = self._everything.labels.items()
        return {name: label.unique() for name, label in labels if not label.is_floating_point()}

    @functools.cached_property
    def _everything(self) -> LabelledImages:
        return self._read("")

    @functools.cached_property
    def _divided(self) -> tuple[LabelledImages, LabelledImages]:
        return hold_out_test(self._everything, self._test_fraction, self._strata, "npz")

    def _subject(self, name: str) -> str:
        return f"{self._path}[{name}]"

    def _array(self, name: str) -> Array:
        return read_array(self._path, name, "dataset.images or dataset.labels")

    def _check_test_images(self) -> None:
        """Test images must be like the training images; only their headers are read."""
        name = self._images
        if name not in self._headers:
            return  # told when the training images are read
        train, test = self._headers[name], self._headers[name + TEST_SUFFIX]
        is_like_train = train.shape[1:] == test.shape[1:] and (
            (train.dtype == np.uint8) == (test.dtype == np.uint8)
        )
        if not is_like_train or test.shape[:1] in ((), (0,)):
            raise DataError(
                self._subject(name + TEST_SUFFIX),
                rule=f"must hold images like {name}'s, {train.dtype} of {train.shape[1:]}",
                found=f"{test.dtype} of shape {test.shape}",
                remedy="convert or reshape one of the two",
            )

    def _check_test_labels(self) -> None:
        """Test labels must have the columns of the training labels, and a row per test image."""
        images = self._images + TEST_SUFFIX
        num_images = self._headers[images].shape[0]
        for label in self._labels:
            test = self._headers.get(label + TEST_SUFFIX)
            if test is None:
                raise DataError(
                    str(self._path),
                    rule=f"must hold the array {label + TEST_SUFFIX}, since it holds {images}",
                    found=f"arrays {', '.join(self._headers)}",
                    remedy="add it, or leave the label out by dataset.labels",
                )
            train = self._headers.get(label)
            if train is not None and test.shape != (num_images, *train.shape[1:]):
                raise DataError(
                    self._subject(label + TEST_SUFFIX),
                    rule=f"must have the shape {(num_images, *train.shape[1:])}: a row for each"
                    f" image of {images}, with {label}'s columns",
                    found=test.shape,
                    remedy="mend the array, or leave the label out by dataset.labels",
                )

    def _read(self, suffix: str) -> LabelledImages:
        array = self._array(self._images + suffix)
        if array.ndim not in (3, 4) or 0 in array.shape:
            raise DataError(
                self._subject(self._images + suffix),
                rule="must have the shape (images, height, width) or (images, height, width,"
                " channels)",
                found=array.shape,
                remedy="reshape the array, or name another one by dataset.images",
            )
        images = channels_first(array, self._subject(self._images + suffix))
        labels: dict[str, torch.Tensor] = {}
        for name in self._labels:
            columns = self._columns(name, suffix, len(images))
            twice = next((column for column in columns if column in labels), None)
            if twice is not None:
                raise DataError(
                    self._subject(name + suffix),
                    rule="must have columns with names of their own",
                    found=f"a second {twice}",
                    remedy="leave one of the arrays out by dataset.labels",
                )
            labels |= columns
        if not labels:
            raise DataError(
                str(self._path),
                rule=f"must hold an array of labels with {len(images)} rows",
                found=f"arrays {', '.join(self._headers)}",
                remedy="name the label arrays by dataset.labels",
            )
        if not set(self._label_names or []) <= {*labels, *self._headers}:
            raise DataError(
                "dataset.label_names",
                rule="names columns of a two-dimensional label array, and here each label has an"
                f" array and a name of its own: {', '.join(labels)}",
                found=self._label_names,
                remedy="set it to null, and name a task's label by dataset.tasks.TASK.label",
            )
        return LabelledImages(images, labels)

    def _columns(self, name: str, suffix: str, num_images: int) -> dict[str, torch.Tensor]:
        """The labels of one array, by the names of its columns."""
        array = self._array(name + suffix)
        subject = self._subject(name + suffix)
        if array.ndim not in (1, 2) or len(array) != num_images:
            raise DataError(
                subject,
                rule=f"must have one row of labels for each of the {num_images} images",
                found=f"shape {array.shape}",
                remedy="mend the array, or leave it out by dataset.labels",
            )
        values = array.astype(np.int64) if array.dtype == bool else array
        if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
            raise DataError(
                subject,
                rule="must hold finite numbers: classes numbered from 0, or values to be predicted",
                found=f"{array.dtype} with values such as {_first_bad_label(values)}",
                remedy="number the classes from 0, and leave out the samples without a label",
            )
        if values.ndim == 1:
            return {name: _label(values)}
        num_columns = values.shape[1]
        columns = self._label_names or [f"{name}{column}" for column in range(num_columns)]
        if len(columns) != num_columns or len(set(columns)) != num_columns:
            raise DataError(
                "dataset.label_names",
                rule=f"must name each of the {num_columns} columns of {subject}, none twice",
                found=columns,
                remedy="list one name per column",
            )
        return {column: _label(values[:, index]) for index, column in enumerate(columns)}


def _label(values: Array) -> torch.Tensor:
    """Whole numbers from 0 as int64, which can be classes; others as float32."""
    is_class = (values >= 0) & (values <= LARGEST_CLASS) & (values == np.floor(values))
    return torch.from_numpy(values.astype(np.int64 if is_class.all() else np.float32))


def _first_bad_label(values: Array) -> object:
    if not values.size:
        return "none"
    if values.dtype.kind != "f":
        return repr(values.flat[0].item())
    return values[~np.isfinite(values)].flat[0]
