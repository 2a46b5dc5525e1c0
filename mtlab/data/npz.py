"""A user's own arrays in a .npz file, checked before anything is trained on them."""

from pathlib import Path

import numpy as np
import torch

from mtlab.data.array_files import Array, channels_first, read_array, read_headers
from mtlab.data.source import LabelledImages, Strata, Undivided, by_main_label
from mtlab.errors import DataError

TEST_SUFFIX = "_test"
LARGEST_CLASS = 10**6
"""Larger whole numbers are values, not classes: no network here has a million outputs."""


class Npz(Undivided):
    """Images and labels from one .npz file, with test arrays of its own or undivided.

    Args:
        images, labels, label_names: Which arrays and columns hold what, see dataset/npz.yaml.
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
        super().__init__("npz", test_fraction, strata)
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
        self._has_test_arrays = images + TEST_SUFFIX in self._headers
        if self._has_test_arrays:
            self._check_test_arrays()

    def train(self) -> LabelledImages:
        train = self.everything if self._has_test_arrays else super().train()
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
        return self.read(TEST_SUFFIX) if self._has_test_arrays else super().test()

    def known_labels(self) -> dict[str, torch.Tensor]:
        if self._has_test_arrays:
            return {}
        labels = self.everything.labels.items()
        return {name: label.unique() for name, label in labels if not label.is_floating_point()}

    def _subject(self, name: str) -> str:
        return f"{self._path}[{name}]"

    def _array(self, name: str) -> Array:
        return read_array(self._path, name, "dataset.images or dataset.labels")

    def _check_test_arrays(self) -> None:
        """Test arrays must be like the training arrays; only their headers are read."""
        test_images = self._images + TEST_SUFFIX
        num_images = (*self._headers[test_images][0], 0)[0]
        for name in (self._images, *self._labels):
            if name not in self._headers:
                continue  # told when the training images are read
            if name + TEST_SUFFIX not in self._headers:
                raise DataError(
                    str(self._path),
                    rule=f"must hold the array {name + TEST_SUFFIX}, since it holds {test_images}",
                    found=f"arrays {', '.join(self._headers)}",
                    remedy="add it, or leave the label out by dataset.labels",
                )
            shape, dtype = self._headers[name]
            test_shape, test_dtype = self._headers[name + TEST_SUFFIX]
            is_other_kind = (dtype == np.uint8) != (test_dtype == np.uint8)
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
        array = self._array(name)
        if array.ndim not in (3, 4) or 0 in array.shape:
            raise DataError(
                self._subject(name),
                rule="must have the shape (images, height, width) or (images, height, width,"
                " channels)",
                found=array.shape,
                remedy="reshape the array, or name another one by dataset.images",
            )
        images = channels_first(array, self._subject(name))
        labels: dict[str, torch.Tensor] = {}
        for name in self._labels:
            for column, label in self._columns(name, suffix, len(images)).items():
                if column in labels:
                    raise DataError(
                        self._subject(name + suffix),
                        rule="must have columns with names of their own",
                        found=f"a second {column}",
                        remedy="leave one of the arrays out by dataset.labels",
                    )
                labels[column] = label
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
        if array.ndim not in (1, 2) or len(array) != num_images or 0 in array.shape:
            raise DataError(
                subject,
                rule=f"must have one row of labels for each of the {num_images} images",
                found=f"shape {array.shape}",
                remedy="mend the array, or leave it out by dataset.labels",
            )
        values = array.astype(np.int64) if array.dtype == bool else array
        are_numbers = values.dtype.kind in "iuf"
        if not are_numbers or not np.isfinite(values).all():
            bad = values[~np.isfinite(values)] if are_numbers else values
            raise DataError(
                subject,
                rule="must hold finite numbers: classes numbered from 0, or values to be predicted",
                found=f"{array.dtype} with values such as {bad.flat[0].item()!r}",
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
