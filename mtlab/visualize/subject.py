"""The run that pictures are made of, and what every kind of picture needs of it."""

import functools
import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, TypeVar

import torch
from pydantic import BeforeValidator, Field

from mtlab.config.base import (
    Count,
    Keys,
    Name,
    Names,
    NotNegative,
    OneOrMore,
    Positive,
    Whole,
    one_as_list,
)
from mtlab.data.dataset import Dataset, Split
from mtlab.data.tasks import ClassificationTask, RegressionTask, Task, is_labelled
from mtlab.drawing.saving import Array
from mtlab.errors import MtlabError
from mtlab.inference.loading import LoadedRun, rebuild_dataset
from mtlab.seeding import generator
from mtlab.visualize.ascent import Ascent, PixelRange
from mtlab.visualize.layers import Layer, choose_layers, find_layers
from mtlab.visualize.picture_folder import PictureFolder

IMAGES_AT_ONCE = 500
T = TypeVar("T", ClassificationTask, RegressionTask)


class DoesNotApplyError(MtlabError):
    """A kind of picture that this run's model has nothing to show for; `what=all` leaves it out."""


class ShownKeys(Keys):
    """What to show of a run; see conf/visualize.yaml."""

    task: Name | None
    layer: Annotated[Names, Field(min_length=1)] | None
    digits: OneOrMore | None
    indices: Annotated[list[Whole], Field(min_length=1), BeforeValidator(one_as_list)] | None
    seed: Whole


class Picture(Keys):
    """A kind of picture: its keys, and how it is drawn and saved."""

    heeds: ClassVar[frozenset[str]] = frozenset()
    """Which of `digits`, `layer` and `task` it goes by; `indices` goes with `digits`."""

    @abstractmethod
    def draw(self, subject: "Subject") -> None:
        """Raises DoesNotApplyError where the run has nothing to show for this kind."""


class ClimbingPicture(Picture):
    """Images climb to it by gradient ascent."""

    steps: Count
    rate: Positive
    jitter: Whole
    total_variation: NotNegative


@dataclass(frozen=True)
class Subject(PictureFolder):
    """One run, and what to show of it."""

    run: LoadedRun
    keys: ShownKeys

    @functools.cached_property
    def layers(self) -> list[Layer]:
        return find_layers(self.run.model)

    def chosen_layers(self, suits: Callable[[Layer], bool]) -> list[Layer]:
        """The layers that `layer=` names, else all that suit."""
        return choose_layers(self.layers, self.keys.layer, suits)

    def hidden_layers(self, suits: Callable[[Layer], bool]) -> list[Layer]:
        """The chosen layers, of which a network has at least one, or the picture does not apply."""
        layers = self.chosen_layers(suits)
        if not layers:
            name = self.run.config.model.name
            raise DoesNotApplyError("what", rule="this picture needs hidden layers", found=name)
        return layers

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
        return self.ask(self.test.images)

    def labelled(self, task: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Of the test images with a label for a task what the model says, and their targets."""
        targets = self.test.targets[task]
        has_label = is_labelled(targets)
        return self.outputs[task][has_label], targets[has_label]

    def ask(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        """What the model says of network input, per task: logits, or values `(num_images,)`."""
        with torch.inference_mode():
            batches = [self.run.model(batch) for batch in images.split(IMAGES_AT_ONCE)]
        return {name: torch.cat([batch[name] for batch in batches]) for name in batches[0]}

    @functools.cached_property
    def pixels(self) -> PixelRange:
        """Bytes reach from 0 to 255; floats as far as those of the training images do."""
        statistics = self.run.pixel_statistics
        is_byte, is_per_pixel = statistics.scale != 1, statistics.size != (1, 1)
        if is_byte or is_per_pixel:
            mean, std = statistics.mean_and_std()
            darkest, brightest = (0, 1) if is_byte else (statistics.low, statistics.high)
            low, high = (darkest - mean) / std, (max(brightest, darkest + 1e-6) - mean) / std
        else:
            images = self.dataset.train.images
            low = images.amin(dim=(0, 2, 3)).view(1, -1, 1, 1)
            high = torch.maximum(images.amax(dim=(0, 2, 3)).view(1, -1, 1, 1), low + 1e-6)
        return PixelRange(low, high)

    def shown(self, images: torch.Tensor) -> Array:
        """Network input as brightness in [0, 1], `(n, channels, height, width)`."""
        shares: Array = self.pixels.as_shares(images).numpy()
        return shares

    @property
    def tasks(self) -> list[Task]:
        """The task that `task=` names, else every one."""
        name = self.keys.task
        return [self.run.task(name)] if name else list(self.run.tasks)

    def tasks_of(self, kind: type[T], what: str) -> list[T]:
        """The chosen tasks that are classifications, or regressions; the others are told."""
        has = {ClassificationTask: "classes", RegressionTask: "values"}
        chosen = [task for task in self.tasks if isinstance(task, kind)]
        others = [task for task in self.tasks if not isinstance(task, kind)]
        if not chosen:
            raise DoesNotApplyError(
                "task",
                rule=f"must have {has[kind]} for what={what}",
                found=", ".join(f"{task.name}, which has {has[type(task)]}" for task in others),
                remedy="for example what=saliency",
            )
        for task in others:
            self.terminal.say(f"{what} of {task.name} left out: the task has no {has[kind]}")
        return chosen

    @contextmanager
    def ascent(
        self, purpose: str, picture: ClimbingPicture, num_climbs: int = 1
    ) -> Iterator[Ascent]:
        """How to climb, with a progress bar; the purpose and the seed decide the draws."""
        regularisers = {"jitter", "blur", "l2", "total_variation", "anchor"}
        steps, pulls = picture.steps, picture.model_dump(include=regularisers)
        draws, bar = generator(self.keys.seed, purpose), self.terminal.progress()
        with bar or nullcontext():
            ascent = Ascent(self.pixels, draws, steps, picture.rate, **pulls)
            if bar:
                task = bar.add_task(purpose, total=steps * num_climbs, figures="")
                ascent = replace(ascent, on_step=functools.partial(bar.advance, task))
            yield ascent


def write_probability(value: float) -> str:
    """Four digits, never rounded up to 1."""
    return f"{math.floor(value * 1e4) / 1e4:.4f}"
