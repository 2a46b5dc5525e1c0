"""The test images that a picture shows: by class, by value or by position."""

from typing import NamedTuple

import torch

from mtlab.data.tasks import ClassificationTask, RegressionTask, Task, is_labelled
from mtlab.drawing.image_rows import WRONG_MARK
from mtlab.drawing.saving import Numbers
from mtlab.errors import ConfigError
from mtlab.visualize.subject import Subject, write_probability

MOST_CLASSES = 10


class ChosenImages(NamedTuple):
    """Places in the test split, network input `(num_images, channels, height, width)`, titles.

    A title tells the place from the class: `image 7: digit = 9`.
    """

    positions: list[int]
    images: torch.Tensor
    titles: list[str]

    def captions(self, task: Task, targets: torch.Tensor) -> list[str]:
        """Place and target of each image in two lines, for narrow columns."""
        pairs = zip(self.positions, targets, strict=True)
        return [f"image {place}\n{task.name} = {write_target(task, one)}" for place, one in pairs]

    def numbers(self, part: slice = slice(None)) -> Numbers:
        """Which images they are, to be saved beside a picture."""
        return {"positions": self.positions[part], "titles": self.titles[part]}


def choose_images(subject: Subject, *, several: bool) -> ChosenImages:
    """The images of `indices`, else the first test image of each class of `digits`.

    Without either, two classes are shown, or each of the first ten if `several` are wanted; of a
    regression task as many images from its lowest to its highest value.
    """
    task, digits = subject.run.task(subject.keys.task), subject.keys.digits
    positions = subject.keys.indices
    targets = subject.test.targets[task.name]
    if positions is not None:
        beyond = [position for position in positions if position >= len(targets)]
        if beyond:
            raise ConfigError(
                "indices",
                rule=f"must be positions from 0 to {len(targets) - 1}, the test split's",
                found=beyond[0],
                remedy="leave it out",
            )
    elif isinstance(task, ClassificationTask):
        positions = _by_class(task, targets, digits, several)
    elif digits is None:
        positions = spread_over_values(targets, MOST_CLASSES if several else 2)
    else:
        raise ConfigError(
            "digits",
            rule=f"must be left out, for {task.name} has no classes",
            found=digits,
            remedy="choose images by indices=[...]",
        )
    titles = [
        f"image {place}: {task.name} = {write_target(task, targets[place])}" for place in positions
    ]
    return ChosenImages(positions, subject.test.images[positions], titles)


def _by_class(
    task: ClassificationTask, targets: torch.Tensor, digits: list[object] | None, several: bool
) -> list[int]:
    if digits is not None:
        classes = [_class_position(task, value) for value in digits]
    elif several:
        classes = list(range(min(task.num_classes, MOST_CLASSES)))
    else:
        classes = study_classes(task.num_classes)
    # A class may have no test image where dataset.limit keeps few.
    found = [(targets == one).nonzero().squeeze(1) for one in classes]
    positions = [int(places[0]) for places in found if len(places)]
    if not positions:
        raise ConfigError(
            "digits",
            rule="must name a class that the test split has an image of",
            found=", ".join(task.class_names[one] for one in classes),
            remedy="choose images by indices=[...], or train with a larger dataset.limit",
        )
    return positions


def _class_position(task: ClassificationTask, value: object) -> int:
    """A class by its name, or by its number where the names are no numbers."""
    names = list(task.class_names)
    if str(value) in names:
        return names.index(str(value))
    are_numbers = any(name.isdigit() for name in names)
    if isinstance(value, int) and not are_numbers and 0 <= value < len(names):
        return value
    known = names if are_numbers else [f"{name} ({place})" for place, name in enumerate(names)]
    raise ConfigError(
        "digits",
        rule=f"must list classes of the task {task.name}: {', '.join(known)}",
        found=value,
        remedy="choose among them",
    )


def write_target(task: Task, target: torch.Tensor) -> str:
    """A class's name, or a regression task's value."""
    if not is_labelled(target):
        return "no label"
    if isinstance(task, RegressionTask):
        return f"{float(target):.3g}"
    return task.class_names[int(target)]


def write_answer(task: Task, output: torch.Tensor, target: torch.Tensor, verb: str) -> str:
    """What the model says of one image, from its logits `(classes,)` or its value.

    Behind a verb; a class with its probability, and marked where the target is another.
    """
    if isinstance(task, RegressionTask):
        return f"{verb} {write_target(task, output)}"
    probability, answer = output.double().softmax(dim=0).max(dim=0)
    mark = "" if answer == target or not is_labelled(target) else f"{WRONG_MARK} "
    said = f"{verb} {write_target(task, answer)}"
    return f"{mark}{said}\np {write_probability(float(probability))}"


def study_classes(num_classes: int) -> list[int]:
    """The third and the last class, a 2 and a 9 among ten digits; of up to three the two ends."""
    return [2 if num_classes > 3 else 0, num_classes - 1]


def spread_over_values(targets: torch.Tensor, num_chosen: int) -> list[int]:
    """Positions of samples from the lowest to the highest value, evenly by rank."""
    num_labelled = int(is_labelled(targets).sum())  # the others come last
    ranks = torch.linspace(0, num_labelled - 1, min(num_chosen, num_labelled)).round().long()
    positions: list[int] = targets.argsort(stable=True)[ranks].tolist()
    return positions
