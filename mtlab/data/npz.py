"""A user's own arrays in a .npz file, checked before anything is trained on them."""

import math
import re
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path

import torch

from mtlab.data.array_files import Array, read_array, read_headers
from mtlab.data.array_labels import LabelArrays
from mtlab.data.array_pixels import PixelForm, pixel_form
from mtlab.data.source import LabelledImages, Strata, Undivided, by_main_label
from mtlab.errors import DataError

TEST_SUFFIX = "_test"


class Npz(Undivided):
    """Images and labels from one .npz file, with test arrays of its own or undivided.

    Args:
        images, labels, label_names, white: Which arrays and columns hold what, see
            dataset/npz.yaml.
        missing: By a task's label, what stands for one that is not there, see `LabelArrays`.
        is_unit: Whether pixels come to the network as they are, see `pixel_form`.
    """

    def __init__(
        self,
        path: Path,
        images: str,
        labels: list[str] | None,
        label_names: list[str] | None,
        test_fraction: float,
        strata: Strata = by_main_label,
        *,
        white: float | None = None,
        is_unit: bool = False,
        missing: Mapping[str, float | str] | None = None,
    ) -> None:
        super().__init__("npz", test_fraction, strata)
        if not path.is_file():
            raise DataError(
                "dataset.path",
                rule="must name a .npz file",
                found=f"{path}, which is not a file",
                remedy="give the path of a file written by numpy.savez",
            )
        self._path = path
        headers = read_headers(path)
        self._arrays = list(headers)
        self._array_of = array_names(headers, images)
        name_of = {array: name for name, array in self._array_of.items()}
        self._headers = {name: headers[array] for name, array in self._array_of.items()}
        self._images = _any_case(images, self._headers)
        others = [name for name in self._headers if not name.endswith(TEST_SUFFIX)]
        self._labels = (
            [name for name in others if name != self._images]
            if labels is None
            else [name_of.get(label, label) for label in labels]
        )
        self._label_names = label_names
        if missing and [self._headers.get(one, [()])[0][1:] for one in self._labels] == [()]:
            # A file's only label is that of every task, whatever the task is called.
            missing = {self._labels[0]: next(iter(missing.values()))}
        self._label_arrays = LabelArrays(label_names, missing)
        self._white, self._is_unit = white, is_unit
        self._has_test_arrays = self._images + TEST_SUFFIX in self._headers
        self._check_test_arrays()

    def train(self) -> LabelledImages:
        return self.everything if self._has_test_arrays else super().train()

    def test(self) -> LabelledImages:
        return self.read(TEST_SUFFIX) if self._has_test_arrays else super().test()

    def known_labels(self) -> dict[str, torch.Tensor]:
        if self._has_test_arrays:
            return {}
        labels = self.everything.labels.items()
        return {name: label.unique() for name, label in labels if not label.is_floating_point()}

    def class_names(self) -> dict[str, list[str]]:
        return dict(self._label_arrays.class_names)

    def notes(self) -> list[str]:
        """Which arrays are what, and how pixels and labels are understood."""
        read = [self._images, *self._labels]
        train = [self._array_of[name] for name in read]
        test = [self._array_of[name + TEST_SUFFIX] for name in read if self._has_test_arrays]
        line = f"{self._path.name}: images {train[0]}, labels {', '.join(train[1:])}"
        if test:
            line += f"; test images {test[0]}, labels {', '.join(test[1:])}"
        unread = [array for array in self._arrays if array not in (*train, *test)]
        if unread:
            line += f"; not read: {', '.join(unread)}"
        return [line, *self._pixel_form.notes, *self._label_arrays.notes]

    @cached_property
    def _pixel_form(self) -> PixelForm:
        array = self._array(self._images)
        if array.ndim not in (3, 4) or 0 in array.shape:
            raise DataError(
                self._subject(self._images),
                rule="must have the shape (images, height, width) or (images, height, width,"
                " channels)",
                found=array.shape,
                remedy=_reshaped(array) or "reshape it, or name another array by dataset.images",
            )
        return pixel_form(array, self._subject(self._images), self._white, self._is_unit)

    def _subject(self, name: str) -> str:
        return f"{self._path}[{self._array_of.get(name, name)}]"

    def _array(self, name: str) -> Array:
        array = self._array_of.get(name, name)
        return read_array(self._path, array, "dataset.images or dataset.labels")

    def _check_test_arrays(self) -> None:
        """Test arrays must be like the training arrays; only their headers are read."""
        test_images = self._images + TEST_SUFFIX
        if test_images not in self._headers:
            for label in self._labels:
                if label + TEST_SUFFIX in self._headers:
                    raise DataError(
                        str(self._path),
                        rule=f"must hold test images, {test_images}, since it holds test labels",
                        found=f"arrays {', '.join(self._arrays)}",
                        remedy=f"add them, or leave {self._array_of[label + TEST_SUFFIX]} out",
                    )
            return
        num_images = (*self._headers[test_images][0], 0)[0]
        for name in (self._images, *self._labels):
            if name not in self._headers:
                continue  # told when the training images are read
            if name + TEST_SUFFIX not in self._headers:
                raise DataError(
                    str(self._path),
                    rule=f"must hold the array {name + TEST_SUFFIX}, since it holds {test_images}",
                    found=f"arrays {', '.join(self._arrays)}",
                    remedy="add it, or leave the label out by dataset.labels",
                )
            shape, dtype = self._headers[name]
            test_shape, test_dtype = self._headers[name + TEST_SUFFIX]
            is_other_kind = dtype != test_dtype and not dtype.kind == test_dtype.kind == "f"
            if (
                test_shape != (num_images, *shape[1:])
                or num_images == 0
                or (name == self._images and is_other_kind)
            ):
                raise DataError(
                    self._subject(name + TEST_SUFFIX),
                    rule=f"must be like {name}: {dtype} of {shape[1:]} for each test image",
                    found=f"{test_dtype} of shape {test_shape} for {num_images} test images",
                    remedy="mend the array, or leave a label out by dataset.labels",
                )

    def read(self, suffix: str = "") -> LabelledImages:
        name = self._images + suffix
        images = self._pixel_form.read(self._array(name), self._subject(name))
        labels: dict[str, torch.Tensor] = {}
        for name in self._labels:
            array, subject = self._array(name + suffix), self._subject(name + suffix)
            found = self._label_arrays.read(name, array, subject, len(images), bool(suffix))
            for column, label in found.items():
                if column in labels:
                    raise DataError(
                        subject,
                        rule="must have columns with names of their own",
                        found=f"a second {column}",
                        remedy="leave one of the arrays out by dataset.labels",
                    )
                labels[column] = label
        if not labels:
            raise DataError(
                str(self._path),
                rule=f"must hold an array of labels with {len(images)} rows",
                found=f"arrays {', '.join(self._arrays)}",
                remedy="add the labels, or name their arrays by dataset.labels; a trained run"
                " answers for images without labels by mtlab predict",
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


def array_names(arrays: Collection[str], images: str) -> dict[str, str]:
    """What arrays are called here to their names in the file: test arrays end in `_test`.

    Where the file has no array of images by this name it may have Keras's, in any case: `x_train`,
    `y_train`, `x_test`, `y_test`. Then arrays with other endings are not read.
    """
    ending = re.compile(r"(.+)_(train|test)", re.IGNORECASE)
    parts = {array: match.groups() for array in arrays if (match := ending.fullmatch(array))}
    trained = {base.lower(): base for base, split in parts.values() if split.lower() == "train"}
    if _any_case(images, arrays) in arrays or images.lower() not in trained:
        return {array: array for array in arrays}
    names = {}
    for array, (base, split) in parts.items():
        is_test = split.lower() == "test"
        names[trained.get(base.lower(), base) + TEST_SUFFIX * is_test] = array
    return names


def _any_case(name: str, names: Collection[str]) -> str:
    """The name as it is, else the one that differs in upper and lower case alone, if any."""
    alike = (one for one in names if one.lower() == name.lower())
    return name if name in names else next(alike, name)


def _reshaped(array: Array) -> str:
    """How rows of pixels become square images, as in `X.reshape(-1, 28, 28)`."""
    side = math.isqrt(array.shape[1]) if array.ndim == 2 else 0
    if side < 2 or side**2 != array.shape[1]:
        return ""
    return f"rows of pixels become images by .reshape(-1, {side}, {side})"
