"""What every kind of picture of a run needs: the run, test images, a place to save."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
import torch
from matplotlib.figure import Figure

from mtlab.config.options import VisualizeOptions, What
from mtlab.data.dataset import Dataset, Split
from mtlab.data.tasks import ClassificationTask, RegressionTask, Task
from mtlab.drawing.saving import save_picture
from mtlab.errors import ConfigError, MtlabError
from mtlab.inference.loading import LoadedRun, rebuild_dataset
from mtlab.inspection.ascent import PixelRange
from mtlab.inspection.layers import Layer, find_layers
from mtlab.terminal import Terminal

Numbers = dict[str, npt.NDArray[Any]]

MOST_CLASSES_IN_ROWS = 10
IMAGES_AT_ONCE = 500
PICTURE_ENDINGS = (".png", ".svg", ".npz")


class DoesNotApplyError(MtlabError):
    """A kind of picture that this run's model has nothing to show for; `what=all` leaves it out."""


@dataclass(frozen=True)
class ChosenImages:
    """Test images that the user chose.

    Attributes:
        positions: In the test split.
        images: Network input, `(num_images, channels, height, width)`.
        titles: One per image: its position, and its class or value.
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
    def main_task(self) -> Task:
        """The task that `task=` names, else the first one, those with classes before the others."""
        return self.run.task(self.options.task)

    @property
    def shown_tasks(self) -> list[Task]:
        """The task that `task=` names, else every one."""
        return [self.main_task] if self.options.task else list(self.run.tasks)

    def tasks_with_classes(self, what: What) -> list[ClassificationTask]:
        """The shown tasks that have classes; says which ones a picture leaves out.

        Raises:
            DoesNotApplyError: There are none.
        """
        tasks = [task for task in self.shown_tasks if isinstance(task, ClassificationTask)]
        others = [task.name for task in self.shown_tasks if task not in tasks]
        if not tasks:
            raise DoesNotApplyError(
                "task",
                rule=f"must have classes for what={what.value}",
                found=f"{', '.join(others)}, which has values",
                remedy="for example what=saliency",
            )
        for name in others:
            self.terminal.say(f"{what.value} of {name} left out: the task has no classes")
        return tasks

    def choose_images(self, *, several: bool) -> ChosenImages:
        """The images of `indices`, else the first test image of each class of `digits`.

        Args:
            several: Without either, show each of the first ten classes rather than two; of a
                regression task images from its lowest to its highest value.

        Raises:
            ConfigError: A position beyond the split, a class that the task or the split lacks.
        """
        task = self.main_task
        targets = self.test.targets[task.name]
        positions = self.options.indices
        if positions is None:
            positions = self._positions_by_target(task, targets, several)
        for position in positions:
            if position >= len(targets):
                raise ConfigError(
                    "indices",
                    rule=f"must be positions from 0 to {len(targets) - 1}, the test split's",
                    found=position,
                    remedy="leave it out",
                )
        titles = [
            f"test image {position}, {write_target(task, targets[position])}"
            for position in positions
        ]
        return ChosenImages(positions, self.test.images[positions], titles)

    def _positions_by_target(self, task: Task, targets: torch.Tensor, several: bool) -> list[int]:
        digits = self.options.digits
        if isinstance(task, RegressionTask):
            if digits is not None:
                raise ConfigError(
                    "digits",
                    rule=f"must be left out, for {task.name} has no classes",
                    found=digits,
                    remedy="choose images by indices=[...]",
                )
            return spread_over_values(targets, MOST_CLASSES_IN_ROWS if several else 2)
        if digits is not None:
            classes = [class_position(task, value) for value in digits]
        elif several:
            classes = list(range(min(task.num_classes, MOST_CLASSES_IN_ROWS)))
        else:
            classes = study_classes(task.num_classes)
        # A class may have no test image where dataset.limit keeps few.
        found = [(targets == one).nonzero().squeeze(1) for one in classes]
        positions = [int(places[0]) for places in found if len(places)]
        if not positions:
            names = ", ".join(task.class_names[one] for one in classes)
            raise ConfigError(
                "digits",
                rule="must name a class that the test split has an image of",
                found=names,
                remedy="choose images by indices=[...], or train with a larger dataset.limit",
            )
        return positions

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

    def remove(self, what: What, name: str, *, pages: bool = False) -> None:
        """Remove a picture of before, which the new ones may not replace.

        Args:
            pages: Also those that it was spread over, which end in a number.
        """
        pattern = re.escape(name) + (r"(_\d+)?" if pages else "")
        for path in sorted((self.folder / what.value).glob("*.*")):
            if path.suffix in PICTURE_ENDINGS and re.fullmatch(pattern, path.stem):
                path.unlink()

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
        "digits",
        rule=f"must list classes of the task {task.name}: {known}",
        found=value,
        remedy="choose among them",
    )


def write_probability(value: float) -> str:
    """Four digits, never rounded up to 1."""
    return f"{math.floor(value * 1e4) / 1e4:.4f}"


def write_target(task: Task, target: torch.Tensor) -> str:
    """A class's name, or a regression task's value."""
    if isinstance(task, ClassificationTask):
        return task.class_names[int(target)]
    return f"{float(target):.3g}"


def study_classes(num_classes: int) -> list[int]:
    """The third and the last class, a 2 and a 9 among ten digits; of up to three the two ends."""
    third = 2 if num_classes > 3 else 0
    return [third, num_classes - 1]


def spread_over_values(targets: torch.Tensor, num_chosen: int) -> list[int]:
    """Positions of samples from the lowest to the highest value, evenly by rank.

    Args:
        targets: Values, `(num_samples,)`.
    """
    ranks = torch.linspace(0, len(targets) - 1, min(num_chosen, len(targets))).round().long()
    positions: list[int] = targets.argsort(stable=True)[ranks].tolist()
    return positions
