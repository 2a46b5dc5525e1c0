"""scikit-learn's bundled digits, resized to the size of MNIST."""

import functools
import importlib.util
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from mtlab.data.source import LabelledImages, Undivided

TEST_FRACTION = 0.2
SIDE = 28
LARGEST_SCAN_VALUE = 16


class Digits(Undivided):
    """1,797 scans as bytes of 28x28 pixels."""

    def __init__(self) -> None:
        super().__init__("digits", TEST_FRACTION)

    def read(self) -> LabelledImages:
        pixels, classes = bundled_scans()
        scans = torch.from_numpy(pixels.reshape(-1, 1, 8, 8)).float() / LARGEST_SCAN_VALUE
        resized = torch.nn.functional.interpolate(
            scans, size=(SIDE, SIDE), mode="bilinear", align_corners=False
        )
        images = (resized * 255).round().to(torch.uint8)
        return LabelledImages(images, {"label": torch.from_numpy(classes)})


@functools.cache
def bundled_scans() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """scikit-learn's digits: pixels `(1797, 64)` in [0, 16] and labels `(1797,)`.

    The table is read straight from the installed package, because importing `sklearn.datasets`
    takes seconds, longer than training on it; `load_digits` stands by where the file has moved.
    """
    package = importlib.util.find_spec("sklearn")
    for folder in package.submodule_search_locations or [] if package else []:
        table = Path(folder) / "datasets" / "data" / "digits.csv.gz"
        if table.is_file():
            rows = np.loadtxt(table, delimiter=",", dtype=np.int64)
            return rows[:, :-1], rows[:, -1]
    from sklearn.datasets import load_digits

    bundled = load_digits()
    return bundled.data.astype(np.int64), bundled.target.astype(np.int64)
