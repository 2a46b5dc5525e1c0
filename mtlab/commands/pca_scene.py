"""What the pictures of `mtlab pca` share: points of a split, and where a picture goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.figure import Figure

from mtlab.artifacts.run_dir import RunFolder
from mtlab.commands.result import ResultRecord
from mtlab.config.options import PcaOptions
from mtlab.data.splits import stratified_subset
from mtlab.data.tasks import ClassificationTask
from mtlab.drawing.saving import save_picture
from mtlab.drawing.scatter import ClassPoints, draw_scatter
from mtlab.seeding import generator
from mtlab.terminal import Terminal

Float32Array = npt.NDArray[np.float32]
ClassArray = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.floating]
Numbers = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Points:
    """One split, flattened, or some of it.

    Attributes:
        vectors: `(num_samples, num_features)`.
        classes: `(num_samples,)`.
        positions: In the split, `(num_samples,)`.
    """

    vectors: Float32Array
    classes: ClassArray
    positions: ClassArray

    def select(self, num_points: int, seed: int, purpose: str) -> Points:
        """So many of them, each class in its share, drawn by the seed."""
        drawn = stratified_subset(
            torch.from_numpy(self.classes), num_points, generator(seed, purpose)
        ).numpy()
        return Points(self.vectors[drawn], self.classes[drawn], self.positions[drawn])


@dataclass(frozen=True)
class Scene:
    """What all pictures share."""

    dataset: str
    task: ClassificationTask
    options: PcaOptions
    folder: RunFolder
    record: ResultRecord
    terminal: Terminal

    def draw(
        self, name: str, title: str, coordinates: npt.NDArray[np.floating], points: Points,
        axis_names: tuple[str, ...],
    ) -> None:  # fmt: skip
        """A scatter with its numbers."""
        drawn = ClassPoints(
            f"{self.dataset}: {title}", coordinates, points.classes, self.task.class_names,
            self.task.name, axis_names,
        )  # fmt: skip
        numbers: Numbers = {
            "coordinates": coordinates.astype(np.float32),
            "classes": points.classes,
            "positions": points.positions,
            "class_names": np.array(self.task.class_names),
            "axis_names": np.array(axis_names),
            "title": np.array(drawn.title),
        }
        self.save(draw_scatter([drawn]), name, numbers)

    def save(self, figure: Figure, name: str, numbers: Numbers) -> None:
        path = self.folder.figures / f"{name}.png"
        save_picture(figure, path, numbers, command=self.record.command, vector=True)
        self.terminal.say(str(path))
