"""A folder of pictures, sorted into a folder per class."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from mtlab.data.picture_files import Size, is_colour, is_picture, read_picture, span_of
from mtlab.data.source import LabelledImages, Strata, Undivided, by_main_label
from mtlab.errors import DataError

LABEL = "class"
SPLIT_NAMES = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
LARGEST_SIDE = 512
"""Larger pictures are photographs that nobody has made small yet."""

Pictures = dict[str, list[Path]]
"""By class, sorted."""


class Folder(Undivided):
    """Pictures in folders named after classes, or in train, val and test folders of such.

    Args:
        size: Height and width that pictures are brought to; None: all have the same.
        channels: 1 or 3; None: 1 where every training picture is grey.
    """

    def __init__(
        self,
        path: Path,
        size: Size | None,
        channels: int | None,
        test_fraction: float,
        strata: Strata = by_main_label,
    ) -> None:
        super().__init__("folder", test_fraction, strata)
        if not path.is_dir():
            raise DataError(
                "dataset.path",
                rule="must name a folder of pictures, with a folder for each class",
                found=f"{path}, which is no folder",
                remedy="for example photos/cat/1.png and photos/dog/1.png by dataset.path=photos",
            )
        self._path, self._size, self._channels = path, size, channels
        self._left_out: list[Path] = []
        self._notes: list[str] = []
        self._first: tuple[Path, Size] | None = None
        self._splits = {
            split: self._pictures_by_class(folder)
            for split, folder in self._split_folders().items()
        }
        names = list(self._splits["train"])
        # Folders named by numbers are the labels themselves: 3 and 8 stay 3 and 8.
        are_numbers = all(name.isdecimal() and name == str(int(name)) for name in names)
        self._names = sorted(names, key=int) if are_numbers else names
        labels = map(int, self._names) if are_numbers else range(len(names))
        self._label_of = dict(zip(self._names, labels, strict=True))
        self._are_numbers = are_numbers
        self._check_classes()

    def train(self) -> LabelledImages:
        return self.everything if "test" in self._splits else super().train()

    def val(self) -> LabelledImages | None:
        return self._read("val") if "val" in self._splits else None

    def test(self) -> LabelledImages:
        return self._read("test") if "test" in self._splits else super().test()

    def read(self) -> LabelledImages:
        return self._read("train")

    def known_labels(self) -> dict[str, torch.Tensor]:
        return {LABEL: torch.tensor(list(self._label_of.values()))}

    def class_names(self) -> dict[str, list[str]]:
        return {} if self._are_numbers else {LABEL: list(self._names)}

    def notes(self) -> list[str]:
        counts = {split: sum(map(len, found.values())) for split, found in self._splits.items()}
        listed = ", ".join(f"{count:,} in {split}" for split, count in counts.items())
        if "test" not in counts:
            listed = listed.replace(" in train", ", of which some are drawn for the test", 1)
        line = f"{self._path.name}: pictures of {len(self._names)} classes, {listed}"
        if self._left_out:
            count, first = len(self._left_out), self._left_out[0].relative_to(self._path)
            line += f"; {count:,} left out as no PNG or JPEG, such as {first}"
        return [line, *self._notes]

    def _split_folders(self) -> dict[str, Path]:
        """The folder of each split; the whole as `train` where it is undivided."""
        below = {path.name.lower(): path for path in sorted(self._path.iterdir()) if path.is_dir()}
        # A folder of pictures may be a class that is called so: bus, car, train.
        found = {
            split: below[name]
            for split, names in SPLIT_NAMES.items()
            for name in names
            if name in below and any(path.is_dir() for path in below[name].iterdir())
        }
        if "train" in found:
            strangers = [path for path in below.values() if path not in found.values()]
            self._left_out += [path for path in strangers if not path.name.startswith(".")]
            return found
        if "test" in found:
            raise DataError(
                str(self._path),
                rule="must hold a folder train, since it holds one for the test",
                found=", ".join(path.name for path in below.values()),
                remedy="rename the training folder to train, or name the folder of all classes",
            )
        return {"train": self._path}

    def _pictures_by_class(self, folder: Path) -> Pictures:
        visible = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
        pictures = {path.name: self._pictures_in(path) for path in visible if path.is_dir()}
        self._left_out += [path for path in visible if path.is_file()]
        empty = [name for name, found in pictures.items() if not found]
        if len(pictures) < 2 or empty:
            unsorted = sum(map(is_picture, visible))
            raise DataError(
                str(folder),
                rule="must hold a folder of PNG or JPEG pictures for each of at least two classes",
                found=f"no picture in {', '.join(empty)}"
                if empty
                else f"{len(pictures)} folders, and {unsorted} pictures beside them",
                remedy="sort the pictures into folders named after their classes; a trained run"
                " answers for pictures without classes by mtlab predict",
            )
        return pictures

    def _pictures_in(self, folder: Path) -> list[Path]:
        pictures = []
        for path in sorted(folder.iterdir()):
            if is_picture(path):
                pictures.append(path)
            elif not path.name.startswith("."):
                self._left_out.append(path)
        return pictures

    def _check_classes(self) -> None:
        for split, found in self._splits.items():
            strangers = [name for name in found if name not in self._label_of]
            if strangers:
                raise DataError(
                    f"{self._path}/{split}",
                    rule=f"must hold classes of the training folder: {', '.join(self._names)}",
                    found=", ".join(strangers),
                    remedy="rename or remove these folders",
                )

    @cached_property
    def _num_channels(self) -> int:
        channels = self._channels
        if channels is None:
            paths = [path for found in self._splits["train"].values() for path in found]
            in_colour = sum(map(is_colour, paths))
            channels = 3 if in_colour else 1
            if 0 < in_colour < len(paths):
                self._notes.append(
                    f"{len(paths) - in_colour:,} of {len(paths):,} training pictures are grey and"
                    " were read in colour as the others; dataset.channels=1 makes all grey"
                )
        return channels

    def _read(self, split: str) -> LabelledImages:
        channels, size = self._num_channels, self._size
        images, labels, sizes = [], [], []
        for name in self._names:
            for path in self._splits[split].get(name, []):
                pixels, own = read_picture(path, channels, size)
                self._check_size(path, own)
                images.append(pixels)
                labels.append(self._label_of[name])
                sizes.append(own)
        if split == "train":
            self._notes += _resized(sizes, size)
        stacked = torch.from_numpy(np.stack(images))
        stacked = stacked.unsqueeze(1) if channels == 1 else stacked.permute(0, 3, 1, 2)
        return LabelledImages(stacked.contiguous(), {LABEL: torch.tensor(labels)})

    def _check_size(self, path: Path, own: Size) -> None:
        """Every picture has the first one's size, unless all are brought to one."""
        if self._size is not None:
            return
        self._first = self._first or (path, own)
        first, wanted = self._first
        if own == wanted and max(own) <= LARGEST_SIDE:
            return
        rule = f"must have at most {LARGEST_SIDE} pixels a side, since networks here are small"
        if own != wanted:
            rule = f"must have the size of {first.name}, {span_of([wanted])}"
        raise DataError(
            str(path),
            rule=rule,
            found=span_of([own]),
            remedy="bring all to one size by dataset.image_size=32, in pixels",
        )


def _resized(sizes: Sequence[Size], size: Size | None) -> list[str]:
    changed = [own for own in sizes if size is not None and own != size]
    if size is None or not changed:
        return []
    return [
        f"{len(changed):,} of {len(sizes):,} training pictures resized to {span_of([size])} pixels,"
        f" from {span_of(changed)}"
    ]
