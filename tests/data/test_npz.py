"""A user's own arrays, good and bad."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from mtlab.data.array_files import read_array
from mtlab.data.npz import Npz
from mtlab.errors import DataError


def source_of(
    path: Path, labels: list[str] | None = None, label_names: list[str] | None = None
) -> Npz:
    return Npz(path, "X", labels, label_names, test_fraction=0.25)


def grey(num_images: int = 20) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (num_images, 6, 5), dtype=np.uint8)


def write(folder: Path, **arrays: object) -> Path:
    path = folder / "images.npz"
    np.savez(path, **arrays)
    return path


def test_grey_and_colour_images_of_any_size_become_channels_first(tmp_path: Path) -> None:
    labels = np.arange(20) % 2
    source = source_of(write(tmp_path, X=grey(), y=labels))
    assert source.train().images.shape == (15, 1, 6, 5)
    assert source.test().images.shape == (5, 1, 6, 5)
    colour = np.random.default_rng(0).random((20, 7, 9, 3))
    read = source_of(write(tmp_path, X=colour, y=labels)).train()
    assert read.images.shape == (15, 3, 7, 9)
    assert read.images.dtype == torch.float32


def test_train_and_test_never_share_an_image(tmp_path: Path) -> None:
    images = np.arange(20, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    source = source_of(write(tmp_path, X=images, y=np.arange(20) % 4))
    seen = torch.cat((source.train().images, source.test().images))[:, 0, 0, 0]
    assert sorted(seen.tolist()) == list(range(20))


def test_arrays_with_test_behind_their_names_are_the_test_split(tmp_path: Path) -> None:
    path = write(
        tmp_path, X=grey(6), y=np.arange(6), X_test=grey(3), y_test=np.array([0.0, 1.0, 2.0])
    )
    source = source_of(path)
    assert len(source.train()) == 6
    assert source.test().labels["y"].tolist() == [0, 1, 2]


def test_several_label_arrays_and_columns_are_named(tmp_path: Path) -> None:
    columns = np.stack((np.arange(20) % 2, np.arange(20) % 5), axis=1)
    path = write(tmp_path, X=grey(), y=columns, season=np.arange(20) % 4)
    assert list(source_of(path).train().labels) == ["y0", "y1", "season"]
    assert list(source_of(path, ["y"], ["a", "b"]).train().labels) == ["a", "b"]


def test_arrays_of_objects_are_refused_since_reading_them_runs_code(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "exploded",))

    labels = np.array([Bomb()] * 20, dtype=object)
    with pytest.raises(DataError, match="may run code"):
        source_of(write(tmp_path, X=grey(), y=labels)).train()
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"X": grey(), "y": np.arange(19)}, "each of the 20 images; found shape"),
        ({"X": grey(), "y": np.full(20, np.nan)}, "such as nan"),
        ({"X": grey(), "y": np.array(["cat", ""] * 10)}, "finite numbers.*such as ''; number"),
        ({"X": grey()}, "array of labels with 20 rows; found arrays X"),
        ({"Z": grey(), "y": np.arange(20)}, "must hold the array X; found arrays Z, y"),
        ({"X": grey()[0], "y": np.arange(6)}, r"shape \(images, height, width\)"),
        (
            {"X": grey() * np.int32(9), "y": np.arange(20)},
            "must be uint8.*int32 from.*dataset.white=",
        ),
        ({"X": grey().reshape(20, 30)[:, :25], "y": np.arange(20)}, r"reshape\(-1, 5, 5\)"),
        ({"X": grey(), "y_test": np.arange(4)}, "array of labels with 20 rows"),
        (
            {"X": np.where(grey() > 254, np.nan, 0.5), "y": np.arange(20)},
            "finite pixels; found NaN or infinite ones in . images, first in image",
        ),
    ],
)
def test_a_wrong_array_is_named(tmp_path: Path, arrays, complaint) -> None:
    path = write(tmp_path, **arrays)
    with pytest.raises(DataError, match=complaint) as caught:
        source_of(path).train()
    assert str(path) in str(caught.value)


def test_a_file_cut_short_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, X=grey(), y=np.arange(20))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="complete"):
        source_of(path)
    np.save(tmp_path / "one.npy", grey())
    with pytest.raises(DataError, match="complete"):
        source_of(tmp_path / "one.npy")
    with pytest.raises(DataError, match="not a file"):
        source_of(tmp_path)


def test_a_damaged_array_within_a_whole_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, X=grey(), y=np.arange(20))
    content = bytearray(path.read_bytes())
    content[300] ^= 255
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"complete \.npz"):
        source_of(path).train()


def test_test_images_must_be_like_the_training_images_and_are_not_read_to_find_out(
    tmp_path: Path,
) -> None:
    labels = {"y": np.arange(20) % 2, "y_test": np.arange(4) % 2}
    for images in (grey(4).astype(np.float32) / 255, grey(4)[:, :5], grey(4)[:0]):
        path = write(tmp_path, X=grey(), X_test=images, **labels)
        with pytest.raises(DataError, match=r"must be like X: uint8 of \(6, 5\)"):
            source_of(path)
    path = write(tmp_path, X=grey(), X_test=grey(4), y=labels["y"])
    with pytest.raises(DataError, match="must hold the array y_test, since it holds X_test"):
        source_of(path)


@pytest.mark.parametrize(
    ("y", "y_test"),
    [
        (np.zeros((20, 3)), np.zeros((4, 2))),
        (np.zeros((20, 1)), np.zeros(4)),
        (np.zeros(20), np.zeros(5)),
        (np.zeros(20), np.float64(1)),
    ],
)
def test_test_labels_must_be_like_the_training_labels_before_anything_is_trained(
    tmp_path: Path, y: np.ndarray, y_test: np.ndarray
) -> None:
    path = write(tmp_path, X=grey(), X_test=grey(4), y=y, y_test=y_test)
    with pytest.raises(DataError, match=r"\[y_test\]: must be like y: .*for 4 test images"):
        source_of(path)


def test_numbers_in_place_of_images_are_refused(tmp_path: Path) -> None:
    one = {"X": np.float32(1), "X_test": np.float32(1), "y": np.zeros(2), "y_test": np.zeros(2)}
    with pytest.raises(DataError, match="must be like X"):
        source_of(write(tmp_path, **one))


@pytest.mark.parametrize("damaged", range(60, 2400, 90))
def test_damage_anywhere_in_a_compressed_file_is_told(tmp_path: Path, damaged: int) -> None:
    path = tmp_path / "images.npz"
    np.savez_compressed(path, X=grey(120), y=np.arange(120) % 4)
    content = bytearray(path.read_bytes())
    content[damaged] ^= 255
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"complete \.npz"):
        source_of(path).train()
    with pytest.raises(DataError, match="written by numpy"):
        read_array(path, "X", "array")


def test_members_that_are_no_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.npy", "no array at all")
    with pytest.raises(DataError, match=r"complete \.npz"):
        source_of(path)


def test_numbers_too_large_for_a_class_are_values(tmp_path: Path) -> None:
    for large in (np.full(20, 10**12), np.full(20, 2**63, np.uint64)):
        label = source_of(write(tmp_path, X=grey(), y=large)).train().main_label
        assert label.dtype == torch.float32
        assert float(label[0]) == pytest.approx(float(large[0]))
    with pytest.raises(DataError, match="finite numbers"):
        source_of(write(tmp_path, X=grey(), y=np.full(20, 1j))).train()


def test_names_for_columns_that_no_label_has_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, X=grey(), shape=np.arange(20) % 2, angle=np.arange(20) % 5)
    message = r"dataset\.label_names.*: shape, angle; found \['u', 'v'\]; set it to null"
    with pytest.raises(DataError, match=message):
        source_of(path, None, ["u", "v"]).train()


@pytest.mark.parametrize("labels", [None, ["a"], ["b", "a"]])
def test_names_may_be_those_of_the_arrays(tmp_path: Path, labels: list[str] | None) -> None:
    path = write(tmp_path, X=grey(), a=np.arange(20) % 2, b=np.arange(20) % 5)
    read = source_of(path, labels, ["a", "b"]).train()
    assert list(read.labels) == (labels or ["a", "b"])


@pytest.mark.parametrize("with_test_arrays", [False, True])
def test_bytes_of_0_and_1_are_refused_since_they_would_all_be_black(
    tmp_path: Path, with_test_arrays: bool
) -> None:
    arrays = {"X": (grey() > 127).astype(np.uint8), "y": np.arange(20) % 2}
    if with_test_arrays:
        arrays |= {f"{name}_test": array[:4] for name, array in arrays.items()}
    message = r"\[X\]: must use the range 0 to 255.*bytes from 0 to 1; .*astype\(numpy\.float32\)"
    with pytest.raises(DataError, match=message):
        source_of(write(tmp_path, **arrays)).train()
    arrays["X"] *= 2
    assert int(source_of(write(tmp_path, **arrays)).train().images.max()) == 2


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    columns = np.stack((np.arange(20) % 2, np.arange(20) % 5), axis=1)
    path = write(tmp_path, X=grey(), y=columns, a=np.arange(20) % 4)
    with pytest.raises(DataError, match=r"\[a\]: must have columns with names.*a second a"):
        source_of(path, None, ["a", "b"]).train()
