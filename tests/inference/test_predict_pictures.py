"""Pictures made like a run's training images."""

from pathlib import Path

import numpy as np
import pytest
from conftest import Runner
from PIL import Image

from mtlab.data.dataset import PixelStatistics
from mtlab.errors import DataError
from mtlab.inference.pictures import inversion_notes, read_pictures


def picture(path: Path, brightness: int) -> Path:
    Image.fromarray(np.full((6, 5), brightness, np.uint8)).save(path)
    return path


def like(brightness: float | None) -> PixelStatistics:
    return PixelStatistics(1 / 255, (0.0,), (1.0,), 0.0, 1.0, brightness=brightness)


def test_black_and_white_are_exchanged_on_request(tmp_path: Path) -> None:
    read = read_pictures(picture(tmp_path / "a.png", 200), (1, 6, 5), invert=True)
    assert np.array_equal(read.images, np.full((1, 6, 5), 55))
    assert read.notes == ["a.png: inverted"]


def test_a_negative_of_the_training_images_is_noticed(tmp_path: Path) -> None:
    bright = read_pictures(picture(tmp_path / "a.png", 230), (1, 6, 5), invert=False)
    dark = read_pictures(picture(tmp_path / "b.png", 30), (1, 6, 5), invert=False)
    assert bright.notes == []
    (note,) = inversion_notes(bright, like(0.13))
    assert note.startswith("a.png is mostly bright, the training images mostly dark")
    assert note.endswith("add invert=true")
    assert len(list(inversion_notes(dark, like(0.8)))) == 1
    for pictures, brightness in ((bright, 0.5), (bright, 0.9), (dark, 0.13), (bright, None)):
        assert not list(inversion_notes(pictures, like(brightness)))


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"must hold pictures that end in \.png, \.jpg"):
        read_pictures(tmp_path, (1, 6, 5), invert=False)
    with pytest.raises(DataError, match="1 or 3 channels, and so must"):
        read_pictures(picture(tmp_path / "a.png", 9), (2, 6, 5), invert=False)


@pytest.mark.parametrize(
    ("words", "needles"),
    [
        (["input=X.npy"], ["output: must name a .csv or .npz file", "found null"]),
        (["input=X.npy", "output=y.csv", "invert=true"], ["invert: is for pictures"]),
        (["input=x.gif"], ["input: must be a .npy or .npz file", "found x.gif"]),
        (["input=x.png", "output=y.txt"], ["output: must be a .csv or .npz file"]),
    ],
)
def test_wrong_keys_are_told(mtlab: Runner, words: list[str], needles: list[str]) -> None:
    done = mtlab("predict", "run=none", *words)
    assert done.code == 2 and all(needle in done.err for needle in needles), done.err
