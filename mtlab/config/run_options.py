"""The keys of the commands that use trained runs and datasets: types, units and ranges."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from mtlab.config.checks import check_between, require


class SplitChoice(Enum):
    """What `mtlab evaluate` measures on; `all` is the three together."""

    train = "train"
    val = "val"
    test = "test"
    all = "all"


class ExportFormat(Enum):
    """What `mtlab export` writes."""

    onnx = "onnx"
    torch_export = "torch_export"


@dataclass
class EvaluateOptions:
    """conf/evaluate.yaml."""

    run: str | None
    split: SplitChoice
    output: str | None

    def __post_init__(self) -> None:
        _require_run(self.run)


@dataclass
class PredictOptions:
    """conf/predict.yaml."""

    run: str | None
    input: str | None
    array: str
    output: str | None
    probabilities: bool
    batch_size: int

    def __post_init__(self) -> None:
        _require_run(self.run)
        require(
            str(self.input).endswith((".npy", ".npz")), "input", "must name a .npy or .npz file",
            self.input, "for example input=X.npy",
        )  # fmt: skip
        require(
            str(self.output).endswith((".csv", ".npz")), "output", "must name a .csv or .npz file",
            self.output, "for example output=y.csv",
        )  # fmt: skip
        check_between(self.batch_size, "batch_size", 1)


@dataclass
class EnsembleOptions:
    """conf/ensemble.yaml."""

    runs: Any
    keep: str | None
    batch_size: int

    def __post_init__(self) -> None:
        listed = self.runs if isinstance(self.runs, list) else [self.runs]
        require(
            bool(listed) and all(isinstance(folder, str) and folder for folder in listed), "runs",
            "must name the folder of a sweep, or list folders of runs", self.runs,
            "for example runs=outputs/multirun/DATE/TIME",
        )  # fmt: skip
        check_between(self.batch_size, "batch_size", 1)

    @property
    def folders(self) -> list[str]:
        """`runs` as a list."""
        return self.runs if isinstance(self.runs, list) else [self.runs]


@dataclass
class ExportOptions:
    """conf/export.yaml."""

    run: str | None
    format: ExportFormat
    output: str | None
    tolerance: float

    def __post_init__(self) -> None:
        _require_run(self.run)
        check_between(self.tolerance, "tolerance", 0, low_open=True)
        ending = ".onnx" if self.format is ExportFormat.onnx else ".pt2"
        require(
            self.output is None or self.output.endswith(ending), "output",
            f"must name a {ending} file for format={self.format.value}", self.output,
            f"for example output=model{ending}",
        )  # fmt: skip


@dataclass
class DataExportOptions:
    """conf/data_export.yaml."""

    output: str | None
    together: bool
    seed: int

    def __post_init__(self) -> None:
        require(
            str(self.output).endswith(".npz"), "output", "must name a .npz file", self.output,
            "for example output=shapes.npz",
        )  # fmt: skip
        check_between(self.seed, "seed", 0)


def _require_run(run: str | None) -> None:
    require(
        bool(run), "run", "must name the folder of a run", run, "for example run=outputs/DATE/TIME"
    )
