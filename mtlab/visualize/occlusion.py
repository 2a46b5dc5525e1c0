"""What an answer rests on: a patch slides over the image and hides what is below it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch

from mtlab.config.base import Count
from mtlab.data.tasks import ClassificationTask, RegressionTask, Task
from mtlab.drawing.colours import class_colours
from mtlab.drawing.image_rows import Box, ImageRow, Word, as_grey, draw_image_rows
from mtlab.drawing.mosaic import ColourScale, as_displayable
from mtlab.drawing.saving import Array
from mtlab.visualize.chosen_images import ChosenImages, choose_images, write_answer
from mtlab.visualize.subject import Picture, Subject

PROBABILITY_LOST = ColourScale("viridis", 0.0, 1.0, "probability lost")
UNCHANGED = 0.93
LONGEST_WORD, LEAST_PIXELS_OF_A_WORD = 2, 12


class Occlusion(Picture):
    """A picture per task, with a column per image."""

    heeds = frozenset({"digits", "task"})

    patch: Count
    stride: Count
    fill: Literal["black", "mean"]

    def draw(self, subject: Subject) -> None:
        chosen = choose_images(subject, several=True)
        fill = subject.pixels.low
        if self.fill == "mean":
            brightness = subject.pixels.as_shares(subject.dataset.train.images)
            fill = subject.pixels.as_input(brightness.mean(dim=(0, 2, 3), keepdim=True))
        cover = Cover(subject.ask, self.stride, fill)
        slides = [cover.slide(image, self.patch) for image in chosen.images]
        classifications = [task for task in subject.tasks if isinstance(task, ClassificationTask)]
        smallest = [cover.smallest_changes(image, classifications) for image in chosen.images]
        for task in subject.tasks:
            hidden = [
                found.get(task.name) or slide.strongest(task)
                for found, slide in zip(smallest, slides, strict=True)
            ]
            self._draw_task(subject, task, chosen, slides, hidden)

    def _draw_task(
        self,
        subject: Subject,
        task: Task,
        chosen: ChosenImages,
        slides: Sequence["Slide"],
        hidden: Sequence["Hidden"],
    ) -> None:
        whole = subject.ask(chosen.images)[task.name]
        effects = np.stack([slide.effects(task).numpy() for slide in slides])
        covered = subject.shown(torch.stack([one.image for one in hidden]))
        shown = subject.shown(chosen.images)
        scale, outlines = PROBABILITY_LOST, as_grey(shown)
        if isinstance(task, RegressionTask):
            scale = ColourScale.centred(effects, f"change of {task.name}")
        targets = subject.test.targets[task.name][chosen.positions]
        said = [write_answer(task, *one, "said") for one in zip(whole, targets, strict=True)]
        rows = [
            ImageRow("image", as_displayable(shown), chosen.captions(task, targets)),
            ImageRow(scale.label, effects, said, scale, outlines),
        ]
        numbers = {"images": shown, **chosen.numbers(), "outputs": whole, "effects": effects}
        if isinstance(task, ClassificationTask):
            answers = np.stack([slide.answers(task).numpy() for slide in slides])
            rows.append(_answer_row(task, answers, whole.argmax(dim=1).numpy(), outlines))
            numbers |= {"answers": answers, "class_names": task.class_names}
        told = []
        for one, before, target in zip(hidden, whole, targets, strict=True):
            is_same = one.output.dim() > 0 and one.output.argmax() == before.argmax()
            verb = "still" if is_same else "now"
            size = f"{one.box.height}x{one.box.width} pixels"
            told.append(f"{write_answer(task, one.output, target, verb)}\n{size}")
        name = "smallest patch that\nchanges the answer"
        if isinstance(task, RegressionTask):
            name = "patch that changes\nthe value most"
        boxes = [one.box for one in hidden]
        rows.append(ImageRow(name, as_displayable(covered), told, boxes=boxes))
        numbers |= {"boxes": boxes, "covered": covered}
        size = f"{self.patch}x{self.patch}"
        title = f"{task.name}: what a {self.fill} patch of {size} pixels, centred there, changes"
        subject.save(draw_image_rows(rows, title), f"occlusion/{task.name}", numbers)


class Hidden(NamedTuple):
    """An image with a patch on it, `(channels, height, width)`, and what the model then says."""

    box: Box
    image: torch.Tensor
    output: torch.Tensor


@dataclass(frozen=True)
class Slide:
    """A patch at every place of one image.

    Attributes:
        images: With the patch, `(rows * columns, channels, height, width)`.
        outputs: Per task what the model says of them, and of the image itself in `whole`.
        stride: Pixels from one place to the next.
    """

    boxes: Sequence[Box]
    images: torch.Tensor
    outputs: dict[str, torch.Tensor]
    whole: dict[str, torch.Tensor]
    stride: int

    def effects(self, task: Task) -> torch.Tensor:
        """`(height, width)`: how much the patch that is centred there takes away.

        Of the probability of the class that the whole image is taken for; of a regression task the
        change of its value.
        """
        return self._as_map(self._effects(task))

    def answers(self, task: Task) -> torch.Tensor:
        """The class that each patch leaves, `(height, width)`."""
        return self._as_map(self.outputs[task.name].argmax(dim=1))

    def strongest(self, task: Task) -> Hidden:
        """The patch that changes most."""
        return self._at(int(self._effects(task).abs().argmax()), task)

    def strongest_change(self, task: ClassificationTask) -> Hidden | None:
        """Of the patches that change the answer the one that takes most of its probability."""
        after, before = self.outputs[task.name], self.whole[task.name]
        is_changed = after.argmax(dim=1) != before.argmax()
        if not is_changed.any():
            return None
        return self._at(int(self._effects(task).masked_fill(~is_changed, -1).argmax()), task)

    def _effects(self, task: Task) -> torch.Tensor:
        after, before = self.outputs[task.name], self.whole[task.name]
        if isinstance(task, RegressionTask):
            return after - before
        answer = int(before.argmax())
        return before.softmax(dim=0)[answer] - after.softmax(dim=1)[:, answer]

    def _at(self, index: int, task: Task) -> Hidden:
        return Hidden(self.boxes[index], self.images[index], self.outputs[task.name][index])

    def _as_map(self, values: torch.Tensor) -> torch.Tensor:
        height, width = self.images.shape[2:]
        rows = values.view(len(range(0, height, self.stride)), -1)
        whole = rows.repeat_interleave(self.stride, 0).repeat_interleave(self.stride, 1)
        return whole[:height, :width]


@dataclass(frozen=True)
class Cover:
    """Covers images by patches, and asks the model about them.

    Zeiler, Fergus (2014), arXiv:1311.2901, section 4.2. Deviation: patches reach over the border,
    so that every pixel is the middle of one; there they hide fewer pixels.

    Attributes:
        ask: Network input to what the model says, per task.
        fill: Network input of a covered pixel, `(1, channels, 1, 1)` or of the image's size.
    """

    ask: Callable[[torch.Tensor], dict[str, torch.Tensor]]
    stride: int
    fill: torch.Tensor

    def slide(self, image: torch.Tensor, patch: int) -> Slide:
        """Centre a patch of so many pixels wherever the stride leads; image `(channels, h, w)`."""
        tops, down = _reach(image.shape[1], patch, self.stride)
        lefts, across = _reach(image.shape[2], patch, self.stride)
        is_below = down[:, None, :, None] & across[None, :, None, :]
        images = torch.where(is_below.flatten(0, 1).unsqueeze(1), self.fill, image)
        whole = {task: output[0] for task, output in self.ask(image[None]).items()}
        # Much of an image is as black as the patch; the answer there is known.
        is_other = (images != image).flatten(1).any(dim=1)
        outputs = {task: one.expand(len(images), *one.shape).clone() for task, one in whole.items()}
        if is_other.any():
            for task, found in self.ask(images[is_other]).items():
                outputs[task][is_other] = found
        boxes = [Box(top, left, high, wide) for top, high in tops for left, wide in lefts]
        return Slide(boxes, images, outputs, whole, self.stride)

    def smallest_changes(
        self, image: torch.Tensor, tasks: Sequence[ClassificationTask]
    ) -> dict[str, Hidden]:
        """Per task the smallest patch that changes the answer, of up to half the image's side.

        Where none does, the one of these that takes most of the probability.
        """
        changes: dict[str, Hidden] = {}
        most = max(image.shape[1:]) // 2
        for patch in range(1, most + 1):
            missing = [task for task in tasks if task.name not in changes]
            if not missing:
                break
            slide = self.slide(image, patch)
            for task in missing:
                found = slide.strongest_change(task)
                if found or patch == most:
                    changes[task.name] = found or slide.strongest(task)
        return changes


def _reach(side: int, patch: int, stride: int) -> tuple[list[tuple[int, int]], torch.Tensor]:
    """Of each place the first pixel and how many, and which pixels they are, `(places, side)`."""
    middles = (torch.arange(0, side, stride) + stride // 2).clamp(max=side - 1)
    first = middles - patch // 2
    low, high = first.clamp(min=0), (first + patch).clamp(max=side)
    pixels = torch.arange(side)
    is_covered = (pixels >= low[:, None]) & (pixels < high[:, None])
    return list(zip(low.tolist(), (high - low).tolist(), strict=True)), is_covered


def _answer_row(
    task: ClassificationTask, answers: Array, before: Array, outlines: Array
) -> ImageRow:
    """In colours which class each patch leaves, blank where it is the one of before."""
    is_changed = answers != before[:, np.newaxis, np.newaxis]
    colours = np.array(class_colours(task.num_classes))
    tiles = np.where(is_changed[..., np.newaxis], colours[answers][..., :3], UNCHANGED)
    new = np.unique(answers[is_changed])
    words = [
        [
            _word_on(task.class_names[one], answer == one)
            for one in new
            if len(task.class_names[one]) <= LONGEST_WORD
            and ((answer == one) & changed).sum() >= LEAST_PIXELS_OF_A_WORD
        ]
        for answer, changed in zip(answers, is_changed, strict=True)
    ]
    legend = [(task.class_names[one], tuple(colours[one])) for one in new]
    captions = [
        "no other answer" if not changed.any() else f"{100 * changed.mean():.2g}% of places"
        for changed in is_changed
    ]
    name = "answer with the patch,\nwhere it is another"
    return ImageRow(name, tiles, captions, outlines=outlines, words=words, legend=legend)


def _word_on(text: str, region: Array) -> Word:
    """On the pixel of the region that is nearest to its middle."""
    places = np.argwhere(region)
    nearest = np.square(places - places.mean(axis=0)).sum(axis=1).argmin()
    row, column = places[nearest]
    return Word(text, float(row), float(column))
