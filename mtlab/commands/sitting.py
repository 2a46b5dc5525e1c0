"""What every kind of picture of a run needs: the run, test images, a place to save."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
import torch
from matplotlib.figure import Figure

from mtlab.artifacts.loading import LoadedRun, rebuild_dataset
from mtlab.config.options import VisualizeOptions, What
from mtlab.data.dataset import Dataset, Split
from mtlab.data.tasks import ClassificationTask
from mtlab.errors import ConfigError, MtlabError
from mtlab.inspection.ascent import PixelRange
from mtlab.inspection.layers import Layer, find_layers
from mtlab.pictures.saving import save_picture
from mtlab.terminal import Terminal

Numbers = dict[str, npt.NDArray[Any]]

MOST_CLASSES_IN_ROWS = 10
IMAGES_AT_ONCE = 500


class DoesNotApplyError(MtlabError):
    """A kind of picture that this run's model has nothing to show for; `what=all` leaves it out."""


@dataclass(frozen=True)
class ChosenImages:
    """Test images that the user chose.

    Attributes:
        positions: In the test split.
        images: Network input, `(num_images, channels, height, width)`.
        titles: One per image: its position and its class.
    """

    positions: list[int]
    images: torch.Tensor
    titles: list[str]


@dataclass(frozen=True)
class Sitting:
    """One run that pictures are made of.

    Attributes:
        command: What the user typed, for the pictures' metadata.
        folder: Where the pictures go, a subfolder for each kind.
    """

    run: LoadedRun
    options: VisualizeOptions
    terminal: Terminal
    command: str
    folder: Path

    @functools.cached_property
    def layers(self) -> list[Layer]:
        return find_layers(self.run.model)

    @functools.cached_property
    def dataset(self) -> Dataset:
        return rebuild_dataset(self.run)

    @functools.cached_property
    def test(self) -> Split:
        """The test split; it may be looked at, since nothing is trained any more."""
        return self.dataset.load_test()

    @functools.cached_property
    def outputs(self) -> dict[str, torch.Tensor]:
        """What the model says of every test image, per task."""
        with torch.inference_mode():
            batches = [self.run.model(batch) for batch in self.test.images.split(IMAGES_AT_ONCE)]
        return {name: torch.cat([batch[name] for batch in batches]) for name in batches[0]}

    @functools.cached_property
    def pixels(self) -> PixelRange:
        """Bytes reach from 0 to 255; floats as far as those of the training images do."""
        statistics = self.run.pixel_statistics
        shape = (1, -1, 1, 1)
        if statistics.scale != 1:
            mean, std = torch.tensor(statistics.mean), torch.tensor(statistics.std)
            return PixelRange(((0 - mean) / std).view(shape), ((1 - mean) / std).view(shape))
        images = self.dataset.train.images
        low, high = images.amin(dim=(0, 2, 3)), images.amax(dim=(0, 2, 3))
        return PixelRange(low.view(shape), torch.maximum(high, low + 1e-6).view(shape))

    def shown(self, images: torch.Tensor) -> npt.NDArray[Any]:
        """Network input as brightness in [0, 1], `(n, channels, height, width)`."""
        shares: npt.NDArray[Any] = self.pixels.as_shares(images).numpy()
        return shares

    @property
    def main_task(self) -> ClassificationTask:
        """The task that `task=` names, else the first one."""
        return self.run.task(self.options.task)

    @property
    def shown_tasks(self) -> list[ClassificationTask]:
        """The task that `task=` names, else every one that has classes."""
        return [self.main_task] if self.options.task else self.run.classification_tasks

    def choose_images(self, default_classes: list[int]) -> ChosenImages:
        """The images of `indices`, else the first test image of each class of `digits`.

        Raises:
            ConfigError: A position beyond the split, or a class that the task lacks.
        """
        task = self.main_task
        targets = self.test.targets[task.name]
        if self.options.indices is not None:
            positions = self.options.indices
            for position in positions:
                if position >= len(targets):
                    raise ConfigError(
                        "indices", f"must be positions from 0 to {len(targets) - 1}, the test"
                        " split's", position, "leave it out",
                    )  # fmt: skip
        else:
            classes = default_classes
            if self.options.digits is not None:
                classes = [class_position(task, value) for value in self.options.digits]
            # A class may have no test image where dataset.limit keeps few.
            found = [(targets == one).nonzero().squeeze(1) for one in classes]
            positions = [int(places[0]) for places in found if len(places)]
        titles = [
            f"test image {position}, {task.class_names[int(targets[position])]}"
            for position in positions
        ]
        return ChosenImages(positions, self.test.images[positions], titles)

    def save(
        self,
        figure: Figure,
        what: What,
        name: str,
        numbers: Mapping[str, npt.NDArray[Any]],
        *,
        vector: bool = False,
    ) -> None:
        """Write a picture into its kind's subfolder and say so."""
        path = self.folder / what.value / f"{name}.png"
        save_picture(figure, path, numbers, command=self.command, vector=vector)
        self.terminal.say(str(path))

    @contextmanager
    def steps(self, description: str, total: int) -> Iterator[Callable[[], None]]:
        """A progress bar; calling what it gives counts one step."""
        bar = self.terminal.progress()
        if bar is None:
            yield lambda: None
            return
        with bar:
            task = bar.add_task(description, total=total, figures="")
            yield lambda: bar.advance(task)


def class_position(task: ClassificationTask, value: object) -> int:
    """A class by its name, or by its number where the names are no numbers.

    Raises:
        ConfigError: The task has no such class.
    """
    names = list(task.class_names)
    if str(value) in names:
        return names.index(str(value))
    are_numbers = any(name.isdigit() for name in names)
    if isinstance(value, int) and not are_numbers and 0 <= value < len(names):
        return value
    known = ", ".join(
        name if are_numbers else f"{name} ({number})" for number, name in enumerate(names)
    )
    raise ConfigError(
        "digits", f"must list classes of the task {task.name}: {known}", value, "choose among them"
    )


def write_probability(value: float) -> str:
    """Four digits, never rounded up to 1."""
    return f"{math.floor(value * 1e4) / 1e4:.4f}"


def study_classes(task: ClassificationTask) -> list[int]:
    """The third and the last class, a 2 and a 9 among ten digits; the ends of fewer than three."""
    return [2 if task.num_classes > 2 else 0, task.num_classes - 1]
