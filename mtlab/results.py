"""Finished runs in Python: their numbers as records, their figures, their network."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, overload

import numpy.typing as npt

from mtlab.artifacts.reading import read_configuration, read_metrics, read_summary
from mtlab.artifacts.run_dir import FIGURES, METRICS, PICTURES
from mtlab.config.arguments import as_override
from mtlab.dotted import flat, look_up
from mtlab.inference.predictor import Predictions, Predictor
from mtlab.report.analyse.best import find_best
from mtlab.report.analyse.settings import compare_settings
from mtlab.report.read.folders import collect

Record = dict[str, Any]
"""A row of a table: texts and numbers by column, without anything nested."""


class Figure:
    """A picture of a run, which a notebook shows.

    Attributes:
        path: Its PNG file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def _repr_png_(self) -> bytes:
        return self.path.read_bytes()

    def __repr__(self) -> str:
        return f"Figure({str(self.path)!r})"


class Figures(Mapping[str, Figure]):
    """Pictures by their names; a notebook shows all of them."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._figures = {path.stem: Figure(path) for path in paths}

    def __getitem__(self, name: str) -> Figure:
        return self._figures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)

    def __repr__(self) -> str:
        return f"Figures({', '.join(self)})"

    def _repr_html_(self) -> str:
        return "".join(
            f'<figure style="display: inline-block; margin: 0.5em"><img alt="{escape(name)}"'
            f' style="max-width: 40em" src="data:image/png;base64,'
            f'{b64encode(figure._repr_png_()).decode()}"></figure>'
            for name, figure in self.items()
        )


class Run:
    """A run in its folder.

    Attributes:
        folder: outputs/DATE/TIME, with everything that was written down.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def summary(self) -> dict[str, Any]:
        """summary.json."""
        return read_summary(self.folder)

    @cached_property
    def config(self) -> dict[str, Any]:
        """The whole configuration, nested: config.yaml."""
        return read_configuration(self.folder)[0]

    @cached_property
    def metrics(self) -> list[Record]:
        """A row per epoch: `epoch`, `train.loss`, `val.digit.accuracy`, `learning_rate`, ..."""
        path = self.folder / METRICS
        return [flat(epoch) for epoch in read_metrics(path)] if path.is_file() else []

    @property
    def train(self) -> dict[str, dict[str, float]]:
        """Per task its metrics on the training images, with the weights that were kept."""
        return self.summary.get("train") or {}

    @property
    def val(self) -> dict[str, dict[str, float]]:
        """The same on the validation images, by which every choice is made."""
        return self.summary.get("val") or {}

    @property
    def test(self) -> dict[str, dict[str, float]]:
        """The same on the test images; empty where nothing was trained."""
        return self.summary.get("test") or {}

    @property
    def figures(self) -> Figures:
        """Its figures, and the pictures that `mtlab visualize` made of it."""
        drawn = (self.folder / FIGURES).glob("*.png")
        return Figures(sorted(drawn) + sorted((self.folder / PICTURES).rglob("*.png")))

    @cached_property
    def _predictor(self) -> Predictor:
        from mtlab.api import load

        return load(self.folder)

    def predict(self, images: npt.ArrayLike) -> Predictions:
        """Every task's predictions for images `(N, H, W)` or `(N, H, W, C)`.

            run.predict(images)["digit"].labels

        Images are uint8 in [0, 255] or floats on the scale of the training images.
        """
        return self._predictor.predict(images)

    def visualize(self, what: str = "all", *, quiet: bool = False, **settings: object) -> Figures:
        """Pictures of what it has learned, as `mtlab visualize run=FOLDER what=WHAT` draws them.

            run.visualize("filters", layer="conv1")

        Args:
            settings: Keys of conf/visualize.yaml; those of one kind too, in a mapping:
                `**{"maximise.steps": 100}`.
        """
        from mtlab.api import run_command

        keys = {"run": self.folder, "what": what, **settings}
        overrides = [as_override(name, value) for name, value in keys.items()]
        run_command("visualize", overrides, quiet=quiet)
        pictures = self.folder / PICTURES
        return Figures(sorted((pictures if what == "all" else pictures / what).rglob("*.png")))

    def __repr__(self) -> str:
        words = [f"{self.summary.get('model')} on {self.summary.get('dataset')}"]
        words.append(str(self.summary.get("status")))
        for split in ("val", "test"):
            measured = flat(getattr(self, split), f"{split} ")
            words += [f"{name} {value:.4f}" for name, value in measured.items() if _is_main(name)]
        return f"Run({_near(self.folder)!r}: {', '.join(words)})"

    def _repr_html_(self) -> str:
        rows = [
            {"task": task, "split": split} | {name: f"{value:.4f}" for name, value in own.items()}
            for split in ("train", "val", "test")
            for task, own in getattr(self, split).items()
        ]
        return f"<p>{escape(repr(self))}</p>{_html_table(rows)}"


class Runs(Sequence[Run]):
    """The runs below a folder in its order, such as those of a sweep.

    Attributes:
        folder: Where they were looked for.
        problems: What could not be read, a line each.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        found = collect([folder])
        self.problems = [f"{place}: {what}" for place, what in found.problems]
        self._read = found.runs
        self._runs = [Run(run.folder) for run in found.runs]
        # A seed tells repetitions apart, and stands behind what they are repetitions of.
        self._varied = sorted(compare_settings(found.runs).varied, key="seed".__eq__)

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> list[Run]: ...
    def __getitem__(self, index: int | slice) -> Run | list[Run]:
        return self._runs[index]

    def __len__(self) -> int:
        return len(self._runs)

    def best(self, by: str = "") -> Run:
        """The best run on validation, as `mtlab best` finds it: of the configuration with the best
        mean over its seeds, the first.

        Args:
            by: A validation metric, `val.digit.accuracy`; `accuracy` or `loss` of all tasks; empty
                for what the runs watched in training, `trainer.monitor`.

        Raises:
            ConfigError: No such metric, or runs that no one metric compares.
        """
        found, _ = find_best(self._read, by)
        return self._runs[found.group.measured[0].number - 1]

    def records(self) -> list[Record]:
        """A row per run, as `pandas.DataFrame` takes it.

        Columns: what varied, `status`, `val.TASK.METRIC`, `test.TASK.METRIC`, then what a run cost
        and what it is. Metrics are None in the row of a run that did not complete.
        """
        varied = {"row": "row"} if any(run.summary.get("row") for run in self) else {}
        varied |= {key.removesuffix(".name"): key for key in self._varied}
        measured = [
            {split: flat(run.summary.get(split) or {}, f"{split}.") for split in ("val", "test")}
            for run in self
        ]
        metrics = [name for split in ("val", "test") for row in measured for name in row[split]]
        records = []
        for run, values in zip(self, measured, strict=True):
            record = {name: look_up(run.config, key) for name, key in varied.items()}
            record |= {"status": run.summary.get("status"), **dict.fromkeys(metrics)}
            record |= values["val"] | values["test"]
            rest = {name: look_up(run.summary, path) for name, path in AT_THE_END.items()}
            records.append(record | (rest | record) | {"folder": str(run.folder)})
        return records

    def __repr__(self) -> str:
        return f"Runs({_near(self.folder)!r}: {len(self)} runs)"

    def _repr_html_(self) -> str:
        """Of the records what tells the runs apart, and one metric or two of each task."""
        rows = self.records()

        def is_shown(name: str) -> bool:
            if _is_metric(name):
                return _is_main(name)
            return name != "folder" and len({str(row[name]) for row in rows}) > 1

        shown = [name for name in rows[0] if is_shown(name)]
        return _html_table([{name: row[name] for name in shown} for row in rows])


AT_THE_END = {
    "parameters": "parameters.total",
    "epochs": "epochs",
    "seconds": "seconds.total",
    "dataset": "dataset",
    "model": "model",
    "seed": "seed",
    "error": "error",
}
"""The last columns of a table of runs, and where summary.json has them."""


def _near(folder: Path) -> str:
    here = Path.cwd()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)


def _is_metric(name: str) -> bool:
    return name.startswith(("val.", "test."))


def _is_main(name: str) -> bool:
    """Whether tables show a metric."""
    return name.rpartition(".")[2] in ("accuracy", "mae", "r2")


def _html_table(rows: Sequence[Record]) -> str:
    columns = dict.fromkeys(name for row in rows for name in row)
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(_shown(name, row[name]))}</td>' for name in columns)}</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _shown(name: str, value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4f}" if _is_metric(name) else f"{value:.4g}"
    return "" if value is None else str(value)
