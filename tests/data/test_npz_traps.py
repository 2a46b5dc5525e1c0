"""What beginners' .npz files hold: understood and told, or refused with what to do."""

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Runner

from mtlab.data.array_files import to_images
from mtlab.data.npz import Npz
from mtlab.errors import DataError

N = 20
CLASSES = np.arange(N) % 4


def grey(*shape: int) -> np.ndarray:
    images = np.random.default_rng(0).integers(0, 255, (N, *(shape or (6, 5))), dtype=np.uint8)
    images.flat[:2] = 0, 255
    return images


def source_of(folder: Path, images: str = "X", label_names=None, labels=None, **arrays) -> Npz:
    keys = {key: arrays.pop(key) for key in ("white", "is_unit") if key in arrays}
    np.savez(folder / "images.npz", **arrays)
    return Npz(
        folder / "images.npz", images, labels, label_names, 0.25, **({"is_unit": True} | keys)
    )


def test_one_hot_rows_are_one_label_also_of_the_test_images(tmp_path: Path) -> None:
    rows = np.eye(4)[CLASSES]
    source = source_of(tmp_path, X=grey(), y=rows, X_test=grey(), y_test=rows[::-1])
    train, test = source.train(), source.test()
    assert train.labels["y"].tolist() == CLASSES.tolist()
    assert test.labels["y"].tolist() == CLASSES[::-1].tolist()
    (told,) = [line for line in source.notes() if "one-hot" in line]
    assert told.startswith(
        "label y (20, 4): one-hot, so one task of 4 classes; dataset.label_names"
    )


def test_a_name_per_column_says_that_columns_are_labels_of_their_own(tmp_path: Path) -> None:
    rows = np.eye(2, dtype=np.int64)[CLASSES % 2]
    arrays = {"X": grey(), "y": rows}
    assert list(source_of(tmp_path, **arrays).train().labels) == ["y"]
    assert list(source_of(tmp_path, label_names=["digit"], **arrays).train().labels) == ["digit"]
    assert list(source_of(tmp_path, label_names=["a", "b"], **arrays).train().labels) == ["a", "b"]
    several = np.stack([CLASSES % 2, CLASSES // 2], axis=1)
    assert list(source_of(tmp_path, X=grey(), y=several).train().labels) == ["y0", "y1"]


def test_test_rows_must_be_one_hot_as_the_training_rows_are(tmp_path: Path) -> None:
    rows = np.eye(4)[CLASSES]
    source = source_of(tmp_path, X=grey(), y=rows, X_test=grey(), y_test=1 - rows)
    source.train()
    with pytest.raises(DataError, match=r"\[y_test\]: must hold a single 1 in each row"):
        source.test()


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_in_front_are_recognised(tmp_path: Path, channels: int) -> None:
    images = grey(channels, 6, 5)
    source = source_of(tmp_path, X=images, y=CLASSES)
    assert torch.equal(source.everything.images, torch.from_numpy(images))
    assert any("(images, channels, height, width)" in line for line in source.notes())
    behind = source_of(tmp_path, X=np.moveaxis(images, 1, -1), y=CLASSES)
    assert torch.equal(behind.everything.images, torch.from_numpy(images))
    assert len(behind.notes()) == 1


@pytest.mark.parametrize(
    "names", ["x_train y_train x_test y_test", "X_train Y_train X_TEST Y_TEST"]
)
def test_kerass_names_are_known_in_any_case(tmp_path: Path, names: str) -> None:
    values = [grey(), CLASSES, grey()[:4], CLASSES[:4]]
    arrays = dict(zip(names.split(), values, strict=True))
    source = source_of(tmp_path, **arrays, x_val=grey())
    assert len(source.train()) == N and len(source.test()) == 4
    assert [name.lower() for name in source.train().labels] == ["y"]
    images, labels, test_images, test_labels = names.split()
    assert source.notes() == [
        f"images.npz: images {images}, labels {labels}; test images {test_images}, labels"
        f" {test_labels}; not read: x_val"
    ]


def test_which_arrays_became_labels_is_told(tmp_path: Path) -> None:
    arrays = {"X": grey(), "y": CLASSES, "season": CLASSES, "is_test": CLASSES}
    assert source_with_notes(source_of(tmp_path, **arrays)) == [
        "images.npz: images X, labels y, season; not read: is_test"
    ]
    assert source_with_notes(source_of(tmp_path, labels=["season"], **arrays)) == [
        "images.npz: images X, labels season; not read: y, is_test"
    ]
    with pytest.raises(
        DataError, match="must hold test images, X_test, since it holds test labels"
    ):
        source_of(tmp_path, X=grey(), y=CLASSES, y_test=CLASSES[:3])


def source_with_notes(source: Npz) -> list[str]:
    source.train()
    return source.notes()


@pytest.mark.parametrize(
    ("images", "keys", "white", "told"),
    [
        (
            grey().astype(np.float64),
            {},
            255,
            "float64 from 0 to 255, divided by 255; dataset.white=1",
        ),
        (grey() * np.uint16(256), {}, 65535, "uint16 from 0 to 65280, divided by 65535"),
        (grey() * np.uint16(16), {"white": 4080}, 4080, None),
        (grey().astype(np.float32), {"white": 1}, 1, None),
        (grey().astype(np.float32), {"is_unit": False}, 1, None),
        (grey() / np.float32(51) - 2, {}, 1, "float32 from -2 to 3, taken as they are"),
        (grey() > 127, {}, 1, None),
        ((grey() > 127).astype(np.uint8), {"white": 1}, 1, None),
    ],
)
def test_a_scale_is_told_or_has_been_told_to_us(tmp_path: Path, images, keys, white, told) -> None:
    source = source_of(tmp_path, X=images, y=CLASSES, **keys)
    wanted = torch.from_numpy(images.astype(np.float32) / np.float32(white))
    assert torch.equal(source.everything.images.squeeze(1), wanted)
    lines = source.notes()[1:]
    assert len(lines) == (told is not None) and all(f"images: {told}" in line for line in lines)


@pytest.mark.parametrize("factor", [np.uint16(16), np.int32(-3), np.int64(5000)])
def test_whole_numbers_without_a_known_white_are_refused(tmp_path: Path, factor) -> None:
    with pytest.raises(DataError, match=r"\[X\]: must be uint8.*; for example dataset.white="):
        source_of(tmp_path, X=grey() * factor, y=CLASSES).train()


@pytest.mark.parametrize("kind", [np.int64, np.uint16, np.int16])
def test_whole_numbers_up_to_255_are_bytes(tmp_path: Path, kind: type) -> None:
    test = grey().astype(kind)
    arrays = {"X": grey().astype(kind), "y": CLASSES, "X_test": test, "y_test": CLASSES}
    source = source_of(tmp_path, **arrays)
    assert torch.equal(source.train().images[:, 0], torch.from_numpy(grey()))
    assert any("read as bytes, of which 255 is white" in line for line in source.notes())
    test[3, 0, 0] = 256
    source = source_of(tmp_path, **arrays)
    source.train()
    with pytest.raises(DataError, match=r"\[X_test\]: must go from 0 to 255.*to 256"):
        source.test()


def test_texts_are_classes_by_name_and_test_texts_the_same(tmp_path: Path) -> None:
    animals = np.array(["dog", "cat", "ant", "bee"])[CLASSES]
    sizes = np.array([b"small", b"large"])[CLASSES % 2]
    test = {"X_test": grey()[:2], "y_test": np.array(["cat", "dog"]), "size_test": sizes[:2]}
    source = source_of(tmp_path, X=grey(), y=animals, size=sizes, **test)
    assert source.train().labels["y"][:4].tolist() == [3, 2, 0, 1]
    assert source.class_names() == {"y": ["ant", "bee", "cat", "dog"], "size": ["large", "small"]}
    assert source.test().labels["y"].tolist() == [2, 3]
    assert "label y: 4 classes by name, ant, bee, cat, dog" in source.notes()
    test["y_test"] = np.array(["cat", "cow"])
    source = source_of(tmp_path, X=grey(), y=animals, size=sizes, **test)
    source.train()
    with pytest.raises(DataError, match=r"\[y_test\]: must hold names.*ant, bee.*found cow"):
        source.test()


def test_a_run_says_what_it_read_and_names_classes_by_their_texts(mtlab: Runner) -> None:
    animals = np.array(["dog", "cat", "ant", "bee"])[CLASSES]
    np.savez("mine.npz", x_train=grey().astype(float), y_train=animals)
    words = ["dataset=npz", "dataset.path=mine.npz", "model=mlp", "trainer.epochs=1"]
    done = mtlab(*words, "dataset.val_fraction=0.3", "trainer.figures=false")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert "mine.npz: images x_train, labels y_train" in lines
    assert any(line.startswith("images: float64 from 0 to 255, divided by 255") for line in lines)
    assert mtlab.only_summary()["classes"] == {"y": ["ant", "bee", "cat", "dog"]}


def test_predict_takes_the_layout_that_training_takes() -> None:
    images = grey(3, 6, 5)
    for layout in (images, np.moveaxis(images, 1, -1)):
        assert torch.equal(to_images(layout, (3, 6, 5)), torch.from_numpy(images))
    with pytest.raises(DataError, match=r"\(N, 5, 6, 3\) or \(N, 3, 5, 6\)"):
        to_images(images, (3, 5, 6))
