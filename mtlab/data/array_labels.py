"""How a user's arrays of labels are meant: numbers, one-hot rows, names of classes."""

from collections.abc import Mapping

import numpy as np
import torch

from mtlab.data.array_files import Array
from mtlab.data.tasks import UNLABELLED
from mtlab.errors import DataError, listed

LARGEST_CLASS = 10**6
"""Larger whole numbers are values, not classes: no network here has a million outputs."""


class LabelArrays:
    """Reads arrays of labels; test arrays as it has learned of the training arrays.

    Args:
        column_names: For the columns of two-dimensional arrays; None: the array's name and a
            number.
        missing: By a label's name, what stands for a label that is not there: a number, or "nan".

    Attributes:
        class_names: Per label that holds texts, these in their order; class 0 is the first.
        notes: What a user may not expect, a line each.
    """

    def __init__(
        self, column_names: list[str] | None, missing: Mapping[str, float | str] | None = None
    ) -> None:
        self._column_names = column_names
        self._missing = missing or {}
        self._one_hot: set[str] = set()
        self.class_names: dict[str, list[str]] = {}
        self.notes: list[str] = []

    def read(
        self, name: str, array: Array, subject: str, num_images: int, is_test: bool
    ) -> dict[str, torch.Tensor]:
        """The labels of an array, by the names of its columns.

        Args:
            name: The array's in the training split.
            subject: What it is called in messages.
        """
        if array.ndim not in (1, 2) or len(array) != num_images or 0 in array.shape:
            raise DataError(
                subject,
                rule=f"must have one row of labels for each of the {num_images} images",
                found=f"shape {array.shape}",
                remedy="mend the array, or leave it out by dataset.labels",
            )
        array = _checked(array, subject, may_have_nan="nan" in self._missing.values())
        columns = self._column_names
        if not is_test and len(columns or [""]) == 1 and _is_one_hot(array):
            self._one_hot.add(name)
            self.notes.append(
                f"label {name} {array.shape}: one-hot, so one task of {array.shape[1]} classes;"
                " dataset.label_names with a name per column makes a task of each"
            )
        if name in self._one_hot:
            if not _is_one_hot(array):
                raise DataError(
                    subject,
                    rule="must hold a single 1 in each row, as the training labels do",
                    found="other rows",
                    remedy="mend the array",
                )
            return {(columns or [name])[0]: torch.from_numpy(array.argmax(axis=1))}
        if array.ndim == 1:
            return {name: self._label(name, array, subject, is_test)}
        num_columns = array.shape[1]
        columns = columns or [f"{name}{column}" for column in range(num_columns)]
        if len(columns) != num_columns or len(set(columns)) != num_columns:
            raise DataError(
                "dataset.label_names",
                rule=f"must name each of the {num_columns} columns of {subject}, none twice",
                found=columns,
                remedy="list one name per column",
            )
        return {
            column: self._label(column, array[:, index], subject, is_test)
            for index, column in enumerate(columns)
        }

    def _label(self, name: str, values: Array, subject: str, is_test: bool) -> torch.Tensor:
        """Texts, and whole numbers from 0, as int64, which can be classes; others as float32."""
        if values.dtype.kind != "U":
            return _numbers(values, self._missing.get(name))
        names: list[str] = np.unique(values).tolist()
        if not is_test:
            self.class_names[name] = names
            self.notes.append(f"label {name}: {len(names)} classes by name, {listed(names)}")
        known = np.array(self.class_names[name])
        strangers = [one for one in names if one not in self.class_names[name]]
        if strangers:
            raise DataError(
                subject,
                rule=f"must hold names of training labels: {', '.join(known)}",
                found=strangers[0],
                remedy="leave such images out, or add some to the training images",
            )
        return torch.from_numpy(np.searchsorted(known, values))


def _numbers(values: Array, marker: float | str | None) -> torch.Tensor:
    """Whole numbers from 0 as int64, others as float32; what the marker stands for as -1 or NaN."""
    is_missing = np.isnan(values) if marker == "nan" else values == marker
    kept = values[~is_missing]
    is_class = (kept >= 0) & (kept <= LARGEST_CLASS) & (kept == np.floor(kept))
    if is_class.all():
        return torch.from_numpy(np.where(is_missing, UNLABELLED, values).astype(np.int64))
    return torch.from_numpy(np.where(is_missing, np.nan, values).astype(np.float32))


def _checked(array: Array, subject: str, *, may_have_nan: bool) -> Array:
    """Finite numbers, or texts."""
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    if array.dtype == bool:
        array = array.astype(np.int64)
    is_text = array.dtype.kind == "U"
    if not is_text and array.dtype.kind not in "iuf":
        bad = array
    else:
        is_bad = array == "" if is_text else ~np.isfinite(array)
        bad = array[is_bad & ~np.isnan(array)] if may_have_nan and not is_text else array[is_bad]
    if bad.size:
        raise DataError(
            subject,
            rule="must hold a label for every image: finite numbers (classes numbered from 0, or"
            " values to be predicted), or names of classes",
            found=f"{array.dtype} with values such as {bad.flat[0].item()!r}",
            remedy="number the classes from 0, and leave out the samples without a label, or say"
            " by dataset.tasks.TASK.missing=nan that it is NaN",
        )
    return array


def _is_one_hot(array: Array) -> bool:
    return (
        array.ndim == 2
        and array.shape[1] > 1
        and array.dtype.kind in "iuf"
        and bool(((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all())
    )
