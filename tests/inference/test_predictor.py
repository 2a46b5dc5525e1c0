"""What a trained run answers, and what it refuses, in Python."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from trained_runs import train_run

import mtlab
from mtlab.device import select_device
from mtlab.errors import DataError, MtlabError, RunFolderError
from mtlab.inference.loading import load_run
from mtlab.inference.predictor import ClassPrediction
from mtlab.training.predict import predict

LABELS = (4, 8, 28)
SMALL = ("model=mlp", "model.widths=[8]", "mtl=weights", "tasks=[kind,size]")


def write_images(path: Path, labels: tuple[int, ...] = LABELS) -> Path:
    """Sixty 8x8 images in [0, 1] whose bright rows tell the kind; the size is any number."""
    draw = np.random.default_rng(0)
    kind = np.arange(60) % len(labels)
    images = 0.2 * draw.random((60, 8, 8), dtype=np.float32)
    for index in range(60):
        images[index, 2 * kind[index] : 2 * kind[index] + 2] += 0.8
    np.savez(path, X=images, kind=np.array(labels)[kind], size=draw.random(60))
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    data = write_images(folder / "images.npz")
    return train_run(
        folder / "run",
        "dataset=npz",
        f"dataset.path={data}",
        "trainer.epochs=40",
        "trainer.batch_size=8",
        "optimizer.lr=0.01",
        *SMALL,
    )


@pytest.fixture
def images(trained: Path) -> np.ndarray:
    with np.load(trained.parent / "images.npz") as arrays:
        return np.asarray(arrays["X"])


def with_metadata(run: Path, target: Path, change: object) -> Path:
    """A copy of a run whose model file's metadata went through `change`."""
    shutil.copytree(run, target)
    path = target / "model.safetensors"
    with safe_open(path, "pt") as file:
        usage = json.loads(file.metadata()["mtlab"])
    change(usage)
    save_file(load_file(path), path, {"mtlab": json.dumps(usage)})
    return target


def test_classes_are_answered_by_the_labels_of_the_data(trained: Path, images: np.ndarray) -> None:
    answers = mtlab.load(trained).predict(images)
    kind = answers["kind"]
    assert isinstance(kind, ClassPrediction)
    wanted = [LABELS[index % 3] for index in range(60)]
    assert kind.labels.tolist() == wanted
    assert kind.class_names == [str(label) for label in wanted]
    assert kind.classes.tolist() == [index % 3 for index in range(60)]
    array = answers.as_array()
    assert array.shape == (60, 2)
    assert array[:, 0].tolist() == wanted


def test_a_file_with_fewer_labels_than_classes_is_damaged(trained: Path, tmp_path: Path) -> None:
    def lose(usage: dict) -> None:
        usage["tasks"][0]["labels"] = [4, 8]

    with pytest.raises(RunFolderError, match="2 labels for 3 classes"):
        mtlab.load(with_metadata(trained, tmp_path / "damaged", lose))


def test_pixels_on_another_scale_are_refused_by_the_scale_that_the_model_keeps(
    trained: Path, images: np.ndarray
) -> None:
    predictor = mtlab.load(trained)
    assert predictor.predict_array((255 * images.clip(0, 1)).astype(np.uint8)).shape == (60, 2)
    with pytest.raises(DataError, match="divide by 255"):
        predictor.predict(255 * images)


def test_members_that_call_their_classes_otherwise_are_refused(
    trained: Path, tmp_path: Path
) -> None:
    def rename(usage: dict) -> None:
        usage["tasks"][0]["labels"] = [1, 2, 3]

    (tmp_path / "both" / "members").mkdir(parents=True)
    shutil.copytree(trained, tmp_path / "both" / "members" / "0")
    with_metadata(trained, tmp_path / "both" / "members" / "1", rename)
    with pytest.raises(RunFolderError, match="must have the tasks, labels and image size"):
        mtlab.load(tmp_path / "both")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"device": "gpu"}, "device: must be one of auto, cpu, cuda; found gpu"),
        ({"device": None}, "device: .*found null"),
        ({"precision": "float16"}, "precision: must be one of float32, bfloat16"),
        ({"threads": 0}, "threads: must be a whole number of at least 1 or null; found 0"),
        ({"batch_size": 0}, "batch_size: must be a whole number of at least 1; found 0"),
        ({"batch_size": 2.5}, "batch_size: .*found 2.5"),
        ({"folder": None}, "folder: must name the folder of a run; found None"),
    ],
)
def test_what_load_cannot_do_is_told(
    trained: Path, arguments: dict[str, object], complaint: str
) -> None:
    with pytest.raises(MtlabError, match=f"^{complaint}"):
        mtlab.load(**({"folder": trained} | arguments))


@pytest.mark.parametrize(
    "images",
    [
        [np.zeros((8, 8)), np.zeros((7, 8))],
        [[[0.5] * 8] * 8, [[0.5] * 8] * 7],
        None,
        torch.zeros(1, 8, 8, requires_grad=True),
    ],
)
def test_what_is_no_array_of_images_is_told(trained: Path, images: object) -> None:
    with pytest.raises(DataError, match=r"^images: must"):
        mtlab.load(trained).predict(images)


@pytest.mark.parametrize("batch_size", [7, 60])
def test_as_many_threads_as_you_like_give_the_same_bits(
    trained: Path, images: np.ndarray, batch_size: int
) -> None:
    before = torch.get_num_threads()
    try:
        answers = {}
        for threads in (1, 2, 5):
            predictor = mtlab.load(trained, device="cpu", threads=threads, batch_size=batch_size)
            answers[threads] = predictor.predict(images)["kind"].probabilities
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(answers[1], answers[2])
    assert np.array_equal(answers[1], answers[5])


def test_a_network_that_breaks_leaves_the_process_as_it_was(trained: Path) -> None:
    before = torch.get_num_threads()
    model = load_run(trained).model.train()
    with pytest.raises(RuntimeError):
        predict(model, torch.zeros(9, 1, 5, 5), 2, select_device("cpu", "float32", None))
    assert torch.get_num_threads() == before
    assert model.training


def test_other_threads_keep_their_cores_while_some_predict(
    trained: Path, images: np.ndarray
) -> None:
    before = torch.get_num_threads()
    try:
        predictor = mtlab.load(trained, device="cpu", threads=3, batch_size=7)
        wanted = predictor.predict(images)["kind"].probabilities
        seen: list[int] = []
        with ThreadPoolExecutor(4) as asking:
            answers = [asking.submit(predictor.predict, images) for _ in range(12)]
            for _ in range(20):
                bystander = Thread(target=lambda: seen.append(torch.get_num_threads()))
                bystander.start()
                bystander.join()
        assert seen == [3] * 20
        assert all(np.array_equal(one.result()["kind"].probabilities, wanted) for one in answers)
    finally:
        torch.set_num_threads(before)


def test_a_run_answers_in_the_precision_that_it_was_tested_in(
    trained: Path, images: np.ndarray, tmp_path: Path
) -> None:
    shutil.copytree(trained, tmp_path / "run")
    config = tmp_path / "run" / "config.yaml"
    text = config.read_text()
    assert "precision: float32" in text
    config.write_text(text.replace("precision: float32", "precision: bfloat16"))

    def asked(folder: Path, precision: str | None) -> np.ndarray:
        kind = mtlab.load(folder, device="cpu", precision=precision).predict(images)["kind"]
        return kind.probabilities

    by_itself = asked(tmp_path / "run", None)
    assert np.array_equal(by_itself, asked(trained, "bfloat16"))
    assert not np.array_equal(by_itself, asked(trained, None))
    assert np.array_equal(asked(tmp_path / "run", "float32"), asked(trained, None))
    assert np.allclose(by_itself, asked(trained, None), atol=0.05)
