"""`mtlab predict`: what a trained run or an ensemble answers for images in a file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from omegaconf import DictConfig

from mtlab.artifacts.run_dir import output_path, write_whole
from mtlab.config.compose import to_device_config, to_options
from mtlab.config.device import DeviceConfig, DeviceKind, Precision
from mtlab.config.run_options import PredictOptions
from mtlab.data.npz_header import READING_ERRORS
from mtlab.errors import DataError
from mtlab.inference.predictor import ClassPrediction, Predictions, load


def predict_file(composed: DictConfig) -> None:
    """Hydra's job: read the images, ask the run, write the answers."""
    options = to_options(composed, PredictOptions)
    target = output_path(options.output or "")
    device = to_device_config(composed, DeviceConfig(DeviceKind.auto, None, Precision.float32))
    predictor = load(
        options.run or "",
        device=device.name.value,
        precision=None if composed.device.precision is None else device.precision.value,
        threads=device.threads,
        batch_size=options.batch_size,
    )
    source = Path(options.input or "").expanduser()
    images = read_array(source, options.array)
    predictions = predictor.predict(images, subject=str(source))
    if target.suffix == ".csv":
        write_whole(target, as_csv(predictions, options.probabilities))
    else:
        write_npz(target, predictions, options.probabilities)
    print(f"{len(predictions):,} images, tasks {', '.join(predictions.tasks)}; written to {target}")


def read_array(path: Path, name: str) -> npt.NDArray[Any]:
    """An array of a .npy or .npz file; arrays of Python objects are refused.

    Raises:
        DataError: No such file or array, or a damaged one.
    """
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return loaded
            if name not in loaded.files:
                raise DataError(
                    str(path),
                    rule=f"must hold the array {name}",
                    found=f"arrays {', '.join(loaded.files)}",
                    remedy="name it by array=NAME",
                )
            array: npt.NDArray[Any] = loaded[name]
            return array
    except FileNotFoundError:
        raise  # Told with its own remedy.
    except READING_ERRORS as error:
        rule = "must be a file written by numpy.save or numpy.savez, of numbers"
        # numpy takes what it cannot read for Python objects, and advises to load them unsafely.
        if isinstance(error, ValueError) and "pickle" in str(error):
            raise DataError(
                str(path),
                rule=rule,
                found="Python objects, which are refused since reading them may run"
                " code, or another kind of file",
                remedy="save it as .astype(numpy.float32) or uint8",
            ) from error
        raise DataError(str(path), rule=rule, found=error, remedy="write it again") from error


def as_csv(predictions: Predictions, with_probabilities: bool) -> str:
    """One row per image.

    Columns: `image`, then per classification task `<task>` (the class's name), `<task>_class` (its
    label, as in the training data) and, if wanted, `<task>_p_<class's name>`; per regression task
    `<task>`.
    """
    columns: dict[str, list[Any]] = {"image": list(range(len(predictions)))}
    for name, answer in predictions.tasks.items():
        if not isinstance(answer, ClassPrediction):
            columns[name] = [f"{value:.9g}" for value in answer.values.tolist()]
            continue
        columns[name] = answer.class_names
        columns[f"{name}_class"] = answer.labels.tolist()
        if with_probabilities:
            for index, class_name in enumerate(answer.task.class_names):
                shares = answer.probabilities[:, index].tolist()
                columns[f"{name}_p_{class_name}"] = [f"{share:.9g}" for share in shares]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


def write_npz(path: Path, predictions: Predictions, with_probabilities: bool) -> None:
    """`y` (N, tasks), and per classification task its labels, names and probabilities.

    `<task>_class` (N,) is the label of the most probable class; `<task>_classes` and
    `<task>_labels` (classes,) are name and label of each class, in the order of
    `<task>_probabilities` (N, classes).
    """
    arrays: dict[str, npt.NDArray[Any]] = {"y": predictions.as_array()}
    for name, answer in predictions.tasks.items():
        if isinstance(answer, ClassPrediction):
            arrays[f"{name}_class"] = answer.labels
            arrays[f"{name}_classes"] = np.array(answer.task.class_names)
            arrays[f"{name}_labels"] = np.array(answer.task.labels)
            if with_probabilities:
                arrays[f"{name}_probabilities"] = answer.probabilities
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # arrays by name, not its flag
