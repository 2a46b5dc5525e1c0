"""One run as the report sees it: read from its folder, tolerant of what is missing there."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtlab.artifacts.run_dir import Status
from mtlab.dotted import look_up

ENSEMBLE = "ensemble"
UNKNOWN = ""
"""The text of a setting that a run left unresolved when it ended."""


@dataclass(frozen=True)
class Run:
    """A run folder's content.

    Attributes:
        number: Position in the report, from 1.
        name: Short and unique in the report.
        settings: The configuration, flattened: dotted key to its value's text. Empty where the run
            left no configuration.
        member_settings: Of an ensemble, the first member's; all were tested on the same images.
    """

    number: int
    name: str
    folder: Path
    status: Status
    summary: Mapping[str, Any]
    settings: Mapping[str, str] = field(default_factory=dict)
    member_settings: Mapping[str, str] = field(default_factory=dict)
    config_text: str = ""
    epochs: tuple[Mapping[str, Any], ...] = ()
    confusions: Mapping[str, Any] = field(default_factory=dict)
    scatters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """`run 3 (job 2)`: its number here, and where it comes from."""
        return f"run {self.number} ({self.name})"

    @property
    def place(self) -> str:
        return readable_path(self.folder)

    @property
    def is_completed(self) -> bool:
        return self.status is Status.completed

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        return tuple(map(str, self._list("tasks")))

    @property
    def dataset(self) -> str:
        return self.text_at("dataset")

    @property
    def preset(self) -> str:
        return self.text_at("experiment")

    @property
    def seed(self) -> str:
        return self.settings.get("seed") or self.text_at("seed")

    @property
    def fold(self) -> str:
        """Which part of the training images it was validated on; empty without folds."""
        return self.settings.get("dataset.fold", UNKNOWN).replace("null", UNKNOWN)

    @property
    def repetition(self) -> str:
        """What tells it from other runs of its configuration: `0`, or `0 fold 3`."""
        return f"{self.seed} fold {self.fold}" if self.fold else self.seed

    @property
    def row(self) -> str:
        """The row of its preset's table; of an ensemble, how many voted."""
        if self.text_at("kind") != ENSEMBLE:
            return self.text_at("row")
        members = [one for one in self._list("members") if isinstance(one, dict)]
        return f"ensemble of {sum(bool(one.get('kept')) for one in members)}"

    @property
    def row_but_seed(self) -> str:
        """The row, unless a seed is all that it sets: then it names a repetition."""
        row = self.row
        keys = {
            key.removeprefix(f"rows.{row}.").partition(".")[0]
            for key in self.settings
            if key.startswith(f"rows.{row}.")
        }
        return "" if keys - {"published"} == {"seed"} else row

    @property
    def is_fine_tuned(self) -> bool:
        """Whether it began with the weights of another run, which saw images of its own."""
        return self.settings.get("model.init_from", "null") not in ("null", UNKNOWN)

    @cached_property
    def layers(self) -> tuple[int, ...]:
        """Units or filters of each layer of its trunk; empty where the model is no row of those."""
        found = (self.settings.get(f"model.{name}", "") for name in ("widths", "filters"))
        text = next(filter(None, found), "")
        widths = re.findall(r"\d+", text)
        repeats = int(self.settings.get("model.convolutions_per_block", 1))
        return tuple(int(width) for width in widths for _ in range(repeats))

    @property
    def depth(self) -> int:
        return len(self.layers)

    @property
    def greatest_width(self) -> int:
        return max(self.layers, default=0)

    @cached_property
    def published(self) -> dict[str, float]:
        """Path in summary.json to the number that was published for it."""
        return {
            path: number
            for path, value in self._mapping("published").items()
            if (number := finite_number(value)) is not None
        }

    @cached_property
    def deviations(self) -> dict[str, str]:
        """Settings in which the run is not what its preset says: key to a text that names both."""
        return {
            key: f"{key}={setting_text(values.get('run'))}"
            f" (the preset's: {setting_text(values.get('preset'))})"
            for key, values in self._mapping("deviations").items()
            if isinstance(values, dict)
        }

    def _mapping(self, path: str) -> Mapping[str, Any]:
        found = look_up(self.summary, path)
        return found if isinstance(found, Mapping) else {}

    def _list(self, path: str) -> list[Any]:
        found = look_up(self.summary, path)
        return found if isinstance(found, list) else []

    def number_at(self, path: str) -> float | None:
        """At a dotted path of summary.json; None where there is none."""
        return finite_number(look_up(self.summary, path))

    def text_at(self, path: str) -> str:
        """At a dotted path of summary.json; empty where there is none."""
        value = look_up(self.summary, path)
        return "" if value is None or isinstance(value, dict | list) else str(value)

    def measure_names(self, split: str, task: str) -> tuple[str, ...]:
        """What summary.json has of a task on a split: `loss`, `accuracy`, ..."""
        return tuple(self._mapping(f"{split}.{task}"))

    def class_names(self, task: str) -> tuple[str, ...]:
        return tuple(map(str, self._list(f"classes.{task}")))

    def confusion(self, task: str) -> tuple[tuple[int, ...], ...] | None:
        """Counts on the test split, rows are true classes; None unless they fit the classes."""
        counts = _finite_numbers(look_up(self.confusions, f"test.{task}"))
        size = len(self.class_names(task))
        if size == 0 or counts.shape != (size, size):
            return None
        return tuple(map(tuple, counts.astype(int).tolist()))

    def scatter(self, task: str) -> tuple[tuple[float, float], ...] | None:
        """True and predicted value of samples of the test split; None unless they are pairs."""
        found = [look_up(self.scatters, f"test.{task}.{name}") for name in ("true", "predicted")]
        values = _finite_numbers(found)
        return tuple(map(tuple, values.T.tolist())) if values.ndim == 2 and values.size else None


def _finite_numbers(values: object) -> NDArray[np.float64]:
    """As an array; empty where not all are finite numbers, or rows differ in length."""
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        return np.empty(0)
    return numbers if np.isfinite(numbers).all() else np.empty(0)


def readable_path(folder: Path) -> str:
    """Relative to the current folder if it lies below, else absolute."""
    here = Path.cwd()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)


def finite_number(value: object) -> float | None:
    """The value if it is a number that can be drawn and averaged, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def setting_text(value: object) -> str:
    """A setting's value as a table shows it; a whole number alike whether written 0 or 0.0."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case list():
            return f"[{', '.join(setting_text(entry) for entry in value)}]"
        case _:
            return str(value)


def flatten(configuration: Mapping[str, object]) -> dict[str, str]:
    """Nested groups to dotted keys; lists stay whole, and every value becomes its text."""
    flat: dict[str, str] = {}
    for key, value in configuration.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}.{name}": text for name, text in flatten(value).items()}
        else:
            flat[str(key)] = setting_text(value)
    return flat
