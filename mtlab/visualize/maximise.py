"""The inputs that excite filters, units or class outputs most, all of a layer in one batch."""

from collections.abc import Callable
from typing import Literal, assert_never

import torch
from torch.nn.functional import one_hot

from mtlab.config.base import Count, NotNegative
from mtlab.data.tasks import ClassificationTask
from mtlab.drawing.mosaic import draw_images
from mtlab.visualize.ascent import Ascent
from mtlab.visualize.layers import Layer, layer_output, task_output
from mtlab.visualize.subject import ClimbingPicture, Subject, write_probability

ChannelScore = Literal["mean", "rms", "contrast"]
TargetScore = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Images `(batch, channels, height, width)` and the target of each, `(batch,)`, to scores."""

NOISE_MEAN = 0.5
NOISE_STD = 0.1
LEAK = 0.01
"""Share of the mean in the rms score: a gradient for filters that answer nowhere."""
SMALL_IMAGE_INCHES = 0.6
IMAGE_INCHES = 1.05
LARGE_IMAGE_INCHES = 1.5
MOST_LARGE_IMAGES = 10


class Maximise(ClimbingPicture):
    """For each filter of each layer, and for each class, the input that excites it most."""

    heeds = frozenset({"layer", "task"})

    score: ChannelScore
    restarts: Count
    class_restarts: Count
    blur: NotNegative
    l2: NotNegative

    def draw(self, subject: Subject) -> None:
        for layer in subject.chosen_layers(lambda layer: layer.is_convolution):
            self._draw_layer(subject, layer)
        for task in subject.tasks if subject.keys.layer is None else []:
            if isinstance(task, ClassificationTask):
                self._draw_classes(subject, task)
            else:
                # A regression task's class is its value.
                (output,) = (one for one in subject.layers if one.name == f"{task.name}.output")
                self._draw_layer(subject, output)

    def _draw_layer(self, subject: Subject, layer: Layer) -> None:
        score = layer_score(subject.run.model, layer, self.score)
        images, scores = self._climb(subject, score, layer.num_channels, self.restarts, layer.name)
        labels = [str(number) for number in range(len(images))]
        kind = "filters" if layer.is_convolution else "units"
        title = f"inputs that maximise the {len(images)} {kind} of {layer.name}"
        tile_inches = SMALL_IMAGE_INCHES
        if len(images) == 1:
            # The output of a regression task is the one layer of one unit that means something.
            labels = [f"{float(scores[0]):.3g}"]
            title = f"input that maximises {layer.name}"
            tile_inches = LARGE_IMAGE_INCHES
        shown = subject.shown(images)
        figure = draw_images(shown, labels, title, tile_inches, num_columns=16)
        numbers = {"images": shown, "scores": scores}
        subject.save(figure, f"maximise/{layer.name}", numbers)

    def _draw_classes(self, subject: Subject, task: ClassificationTask) -> None:
        model, names = subject.run.model, task.class_names
        score = class_score(model, task.name)
        images, scores = self._climb(subject, score, len(names), self.class_restarts, task.name)
        with torch.inference_mode():
            logits = model(images)[task.name]
        probabilities = logits.double().softmax(dim=1).diagonal()
        labels = [
            f"{name}\np = {write_probability(float(probability))}"
            for name, probability in zip(names, probabilities, strict=True)
        ]
        is_small = len(names) > MOST_LARGE_IMAGES
        tile_inches, num_columns = (IMAGE_INCHES, 8) if is_small else (LARGE_IMAGE_INCHES, 5)
        title, shown = f"inputs that maximise each class of {task.name}", subject.shown(images)
        figure = draw_images(shown, labels, title, tile_inches, num_columns)
        numbers = {"images": shown, "scores": scores, "class_names": names}
        numbers |= {"probabilities": probabilities}
        subject.save(figure, f"maximise/{task.name}_classes", numbers)

    def _climb(
        self, subject: Subject, score: TargetScore, num_targets: int, num_restarts: int, name: str
    ) -> tuple[torch.Tensor, torch.Tensor]:
        with subject.ascent(f"maximise {name}", self) as ascent:
            return best_inputs(score, num_targets, num_restarts, subject.run.image_shape, ascent)


def best_inputs(
    score: TargetScore,
    num_targets: int,
    num_restarts: int,
    image_shape: tuple[int, int, int],
    ascent: Ascent,
) -> tuple[torch.Tensor, torch.Tensor]:
    """For each target climb from noise around mid-grey several times, and keep the highest.

    Network input `(num_targets, channels, height, width)` and scores `(num_targets,)` come back.
    """
    targets = torch.arange(num_targets).repeat_interleave(num_restarts)
    noise = torch.randn(len(targets), *image_shape, generator=ascent.draws)
    start = ascent.pixels.as_input(NOISE_MEAN + NOISE_STD * noise)
    images = ascent.climb(lambda images: score(images, targets), start)
    with torch.inference_mode():
        reached = score(images, targets).view(-1, num_restarts)
    best = reached.argmax(dim=1)
    rows = torch.arange(num_targets)
    return images.view(-1, num_restarts, *image_shape)[rows, best], reached[rows, best]


def layer_score(model: torch.nn.Module, layer: Layer, kind: ChannelScore) -> TargetScore:
    """How strongly each image excites its filter or unit of a layer.

    The weighted sums before the nonlinearity are scored: behind a ReLU a filter that does not
    answer to the noise would have no gradient to follow.
    """

    def score(images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        sums = layer_output(model, layer, images, activated=False)
        chosen = sums[torch.arange(len(targets)), targets]
        return map_scores(chosen.reshape(len(targets), -1), kind)

    return score


def map_scores(sums: torch.Tensor, kind: ChannelScore) -> torch.Tensor:
    """Weighted sums of one filter's map `(batch, positions)` to scores `(batch,)`.

    A map of one position is a number, and scored as a unit is: by its sum.

    Args:
        kind: `mean` is the published form, whose optimum for a filter with a positive sum is often
            a blank image. `rms`, the root mean square of what is above 0, is won by strong answers
            in some places, and so shows the pattern. `contrast`: the standard deviation.
    """
    if sums.shape[1] == 1:
        return sums.squeeze(1)
    match kind:
        case "mean":
            return sums.mean(dim=1)
        case "rms":
            # The small number keeps the root differentiable at 0.
            return (sums.relu().square().mean(dim=1) + 1e-12).sqrt() + LEAK * sums.mean(dim=1)
        case "contrast":
            return sums.std(dim=1, correction=0)
    assert_never(kind)


def class_score(model: torch.nn.Module, task: str) -> TargetScore:
    """The log-odds of each image's class.

    Simonyan et al. maximise the logit, which may carry other classes' logits up with it; the
    log-odds do not, and unlike the probability their gradient does not vanish when the network is
    sure.
    """
    return lambda images, targets: log_odds(task_output(model, task, images), targets)


def log_odds(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """log(p / (1 - p)) of each row's target class, from logits `(batch, classes)`; `(batch,)`."""
    chosen = logits.gather(1, targets.unsqueeze(1)).squeeze(1)
    is_target = one_hot(targets, logits.shape[1]).bool()
    return chosen - logits.masked_fill(is_target, -torch.inf).logsumexp(dim=1)
