"""Pictures in a folder per class, good and bad."""

import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Runner
from PIL import Image

from mtlab.data.folder import Folder
from mtlab.data.picture_files import read_picture
from mtlab.errors import DataError


def pixels(number: int, *shape: int) -> np.ndarray:
    shape = shape or (6, 5)
    return np.random.default_rng(number).integers(0, 256, shape, dtype=np.uint8)


def draw(folder: Path, classes: str = "cat dog", count: int = 4, *shape: int) -> Path:
    """`count` pictures of each class; the picture i of class c is `pixels(10 * c + i)`."""
    for number, name in enumerate(classes.split()):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for index in range(count):
            picture = Image.fromarray(pixels(10 * number + index, *shape))
            picture.save(folder / name / f"{index}.png")
    return folder


def open_folder(path: Path, size=None, channels=None) -> Folder:
    return Folder(path, size, channels, test_fraction=0.25)


def test_folders_are_classes_and_pictures_are_read_in_the_order_of_their_names(tmp_path: Path):
    everything = open_folder(draw(tmp_path, "dog cat")).everything
    assert everything.labels["class"].tolist() == [0] * 4 + [1] * 4
    wanted = np.stack([pixels(number) for number in (10, 11, 12, 13, 0, 1, 2, 3)])
    assert torch.equal(everything.images[:, 0], torch.from_numpy(wanted))
    source = open_folder(tmp_path)
    assert source.class_names() == {"class": ["cat", "dog"]}
    assert (len(source.train()), len(source.test())) == (6, 2)


def test_folders_named_by_numbers_are_these_labels(tmp_path: Path) -> None:
    source = open_folder(draw(tmp_path, "10 9 3", 1))
    assert source.everything.labels["class"].tolist() == [3, 9, 10]
    assert source.class_names() == {}


def test_splits_come_from_folders_and_no_test_picture_is_opened_before_the_test(tmp_path: Path):
    for split in ("Training", "valid", "test"):
        draw(tmp_path / split)
    damaged = tmp_path / "test" / "dog" / "3.png"
    damaged.write_bytes(damaged.read_bytes()[:60])
    source = open_folder(tmp_path)
    val = source.val()
    assert val is not None and len(source.train()) == len(val) == 8
    assert source.notes() == [
        f"{tmp_path.name}: pictures of 2 classes, 8 in train, 8 in val, 8 in test"
    ]
    with pytest.raises(DataError, match=r"dog/3\.png: must be a complete PNG or JPEG"):
        source.test()


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    assert open_folder(draw(tmp_path, "bus train")).class_names() == {"class": ["bus", "train"]}


def test_validation_pictures_are_exported_behind_the_training_pictures(mtlab: Runner) -> None:
    for number, split in enumerate(("train", "val", "test")):
        draw(mtlab.folder / "photos" / split, "cat dog", number + 1)
    done = mtlab("data", "export", "dataset=folder", "dataset.path=photos", "output=x.npz")
    assert done.code == 0 and "the 4 validation images stand behind" in done.out, done.err
    with np.load("x.npz") as arrays:
        assert arrays["y"].tolist() == [0, 1, 0, 0, 1, 1]
        assert len(arrays["X_test"]) == 6


def test_grey_and_colour(tmp_path: Path) -> None:
    draw(tmp_path, "cat", 2)
    draw(tmp_path, "dog", 2, 6, 5, 3)
    source = open_folder(tmp_path)
    assert source.everything.images.shape == (4, 3, 6, 5)
    assert torch.equal(source.everything.images[0, 2], torch.from_numpy(pixels(0)))
    assert torch.equal(
        source.everything.images[2].permute(1, 2, 0), torch.from_numpy(pixels(0, 6, 5, 3))
    )
    assert any("2 of 4 training pictures are grey" in line for line in source.notes())
    grey = open_folder(tmp_path, channels=1).everything.images
    luma = (pixels(0, 6, 5, 3) * [0.299, 0.587, 0.114]).sum(axis=2)
    assert grey.shape == (4, 1, 6, 5)
    assert float((grey[2, 0] - torch.from_numpy(luma)).abs().max()) < 1


def test_sizes_must_agree_or_are_brought_to_one(tmp_path: Path) -> None:
    draw(tmp_path)
    Image.fromarray(np.full((80, 100), 200, np.uint8)).save(tmp_path / "dog" / "0.png")
    message = r"dog/0\.png: must have the size of 0\.png, 5x6; found 100x80; .*dataset\.image_size"
    with pytest.raises(DataError, match=message):
        open_folder(tmp_path).train()
    source = open_folder(tmp_path, size=(3, 4))
    assert source.everything.images.shape == (8, 1, 3, 4)
    assert int(source.everything.images[4].min()) == int(source.everything.images[4].max()) == 200
    assert "8 of 8 training pictures resized to 4x3 pixels, from 5x6 to 100x80" in source.notes()
    photographs = draw(tmp_path / "photographs", "cat dog", 1, 6, 600)
    with pytest.raises(DataError, match="at most 512 pixels a side"):
        open_folder(photographs).train()


def test_what_is_no_picture_is_left_out_and_told(tmp_path: Path) -> None:
    draw(tmp_path)
    (tmp_path / "dog" / "notes.txt").write_text("x")
    (tmp_path / "dog" / ".DS_Store").write_text("x")
    source = open_folder(tmp_path)
    assert len(source.everything) == 8
    assert "1 left out as no PNG or JPEG, such as dog/notes.txt" in source.notes()[0]


@pytest.mark.parametrize(
    ("prepare", "complaint"),
    [
        (
            lambda folder: draw(folder, "cat"),
            "at least two classes; found 1 folders, and 0 pictures",
        ),
        (lambda folder: draw(folder.parent, folder.name), "found 0 folders, and 4 pictures beside"),
        (lambda folder: (draw(folder) / "empty").mkdir(), "found no picture in empty; sort them"),
        (lambda folder: draw(folder / "test"), "must hold a folder train, since it holds one for"),
        (
            lambda folder: (draw(folder / "train"), draw(folder / "test", "dog cow")),
            "test: must hold classes of the training folder: cat, dog; found cow",
        ),
        (lambda folder: None, "dataset.path: must name a folder of pictures.*which is no folder"),
    ],
)
def test_folders_that_are_not_sorted_are_refused(tmp_path: Path, prepare, complaint: str) -> None:
    prepare(tmp_path / "photos")
    with pytest.raises(DataError, match=complaint.replace("sort them", "sort the")):
        open_folder(tmp_path / "photos")


def bomb(side: int) -> bytes:
    """The beginning of a PNG that says it has side x side pixels, with a good checksum."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + kind + content + checksum

    size = side.to_bytes(4, "big") * 2
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + bytes([8, 0, 0, 0, 0])) + chunk(b"IDAT", b"")
    )


@pytest.mark.parametrize("content", [b"", b"GIF89a" + bytes(40), bomb(10_000), bomb(30_000)])
def test_damaged_pictures_and_bombs_are_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(DataError, match=r"x\.png: must be a complete PNG or JPEG picture"):
        read_picture(tmp_path / "x.png", 1, None)


def test_sixteen_bits_transparency_and_a_camera_on_its_side_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.fromarray(np.array([[0, 65535, 257 * 7]], np.uint16)).save(path)
    assert read_picture(path, 1, None)[0].tolist() == [[0, 255, 7]]
    Image.new("RGBA", (2, 1), (0, 0, 0, 0)).save(path)
    assert read_picture(path, 1, None)[0].tolist() == [[255, 255]]
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of what was seen is at the right
    Image.new("L", (3, 2)).save(tmp_path / "x.jpg", exif=exif)
    assert read_picture(tmp_path / "x.jpg", 1, None)[1] == (3, 2)


def test_a_run_is_trained_and_asked_about_a_picture(mtlab: Runner) -> None:
    draw(mtlab.folder / "photos", "bright dark", 10)
    for index in range(10):
        Image.fromarray(np.full((6, 5), 20 + index, np.uint8)).save(f"photos/dark/{index}.png")
    words = ["dataset=folder", "dataset.path=photos", "model=mlp", "trainer.figures=false"]
    done = mtlab(*words, "trainer.epochs=30", "optimizer.lr=0.01", "hydra.run.dir=run")
    assert done.code == 0, done.err
    assert "photos: pictures of 2 classes, 20, of which some are drawn for the test" in done.out
    Image.fromarray(np.full((60, 100, 3), 20, np.uint8)).save("photo.jpg")
    done = mtlab("predict", "run=run", "input=photo.jpg")
    first, answer = done.out.splitlines()
    assert (
        first == "photo.jpg: resized from 100x60 to 5x6, which changes the proportion of its"
        " sides, made grey"
    )
    assert answer.startswith("class: dark, probability 0.")
    done = mtlab("predict", "run=run", "input=photos/dark", "output=y.csv")
    assert done.code == 0, done.err
    assert Path("y.csv").read_text().splitlines()[1].startswith("0.png,dark,1,")
