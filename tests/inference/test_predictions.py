"""The files that `mtlab predict` writes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from mtlab.data.array_files import read_array, to_images
from mtlab.data.tasks import ClassificationTask, RegressionTask
from mtlab.errors import DataError
from mtlab.inference.predictor import ClassPrediction, Predictions, ValuePrediction

SEASON = ClassificationTask("season", ("spring", "autumn"), (10, 30))
PREDICTIONS = Predictions(
    {
        "season": ClassPrediction(SEASON, np.array([[0.25, 0.75], [1, 0]], dtype=np.float32)),
        "heat": ValuePrediction(RegressionTask("heat"), np.array([0.5, -2], dtype=np.float32)),
    }
)


def test_a_csv_has_the_class_name_its_label_and_every_probability() -> None:
    rows = list(csv.DictReader(io.StringIO(PREDICTIONS.as_csv(with_probabilities=True))))
    assert rows[0] == {
        "image": "0",
        "season": "autumn",
        "season_class": "30",
        "season_p_spring": "0.25",
        "season_p_autumn": "0.75",
        "heat": "0.5",
    }
    assert [row["season_class"] for row in rows] == ["30", "10"]


def test_an_npz_has_labels_names_and_probabilities(tmp_path: Path) -> None:
    PREDICTIONS.save_npz(tmp_path / "y.npz", with_probabilities=True)
    with np.load(tmp_path / "y.npz") as arrays:
        assert arrays["y"].tolist() == [[30, 0.5], [10, -2]]
        assert arrays["season_class"].tolist() == [30, 10]
        assert arrays["season_classes"].tolist() == ["spring", "autumn"]
        assert arrays["season_labels"].tolist() == [10, 30]
        assert arrays["season_probabilities"].tolist() == [[0.25, 0.75], [1, 0]]


def test_probabilities_can_be_left_out_of_either_file(tmp_path: Path) -> None:
    assert PREDICTIONS.as_csv(with_probabilities=False).splitlines()[0] == (
        "image,season,season_class,heat"
    )
    PREDICTIONS.save_npz(tmp_path / "y.npz", with_probabilities=False)
    with np.load(tmp_path / "y.npz") as arrays:
        assert "season_probabilities" not in arrays.files


def test_arrays_of_objects_are_refused_without_advice_to_read_them_unsafely(
    tmp_path: Path,
) -> None:
    objects = np.array([{"a": 1}, None], dtype=object)
    np.save(tmp_path / "bad.npy", objects)
    np.savez(tmp_path / "bad.npz", X=objects)
    (tmp_path / "text.npy").write_text("1 2 3")
    for name in ("bad.npy", "bad.npz", "text.npy"):
        with pytest.raises(DataError, match="refused since reading them may run code") as caught:
            read_array(tmp_path / name, "X", "array")
        assert "pickle" not in str(caught.value)
        assert "astype(numpy.float32)" in str(caught.value)


@pytest.mark.parametrize(
    ("array", "complaint"),
    [
        (np.float32(3), r"found \(\)"),
        (np.zeros((5, 28, 28)), r"\(N, 8, 8\) or \(N, 8, 8, 1\).*found \(5, 28, 28\)"),
        (np.full((5, 8, 8), np.nan), "NaN or infinite ones in 5 images"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_name_and_shape(
    tmp_path: Path, array: np.ndarray, complaint: str
) -> None:
    path = tmp_path / "X.npy"
    np.save(path, array)
    with pytest.raises(DataError, match=rf"X\.npy: .*{complaint}"):
        to_images(read_array(path, "X", "array"), (1, 8, 8), str(path))
