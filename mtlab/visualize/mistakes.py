"""The wrong decisions that a network is most sure of."""

import torch

from mtlab.config.base import Count
from mtlab.data.tasks import ClassificationTask, is_labelled
from mtlab.drawing.mosaic import draw_images
from mtlab.visualize.subject import Picture, Subject, write_probability

IMAGE_INCHES = 1.05


class Mistakes(Picture):
    """A picture per task that has classes."""

    heeds = frozenset({"task"})

    count: Count

    def draw(self, subject: Subject) -> None:
        for task in subject.tasks_of(ClassificationTask, "mistakes"):
            self._draw_task(subject, task)

    def _draw_task(self, subject: Subject, task: ClassificationTask) -> None:
        logits, targets = subject.outputs[task.name], subject.test.targets[task.name]
        every_mistake = confident_mistakes(logits, targets)
        num_wrong = len(every_mistake[0])
        if not num_wrong:
            subject.remove(f"mistakes/{task.name}")
            subject.terminal.say(f"{task.name}: every test image is classified rightly")
            return
        positions, predicted, confidence = (values[: self.count] for values in every_mistake)
        true, images = targets[positions], subject.shown(subject.test.images[positions])
        names = task.class_names
        labels = [
            f"image {place}\ntrue {names[right]}\nsaid {names[wrong]} {write_probability(sure)}"
            for place, right, wrong, sure in zip(
                positions.tolist(), true, predicted, confidence.tolist(), strict=True
            )
        ]
        title = (
            f"{task.name}: the {len(labels)} most confident of {num_wrong:,} mistakes on"
            f" {int(is_labelled(targets).sum()):,} test images"
        )
        figure = draw_images(images, labels, title, IMAGE_INCHES, num_columns=8)
        numbers = {"images": images, "positions": positions, "true": true, "predicted": predicted}
        numbers |= {"confidence": confidence, "class_names": names}
        subject.save(figure, f"mistakes/{task.name}", numbers)


def confident_mistakes(
    logits: torch.Tensor, targets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Positions, predicted classes and their probabilities of all errors, most confident first.

    Logits are `(num_samples, classes)`, what comes back is `(num_mistakes,)` each.
    """
    probabilities, predicted = logits.double().softmax(dim=1).max(dim=1)
    wrong = ((predicted != targets) & is_labelled(targets)).nonzero().squeeze(1)
    positions = wrong[probabilities[wrong].argsort(descending=True, stable=True)]
    return positions, predicted[positions], probabilities[positions]
