"""One training step and the sums over an epoch of them; a step reads nothing back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from mtlab.data.batches import num_batches
from mtlab.data.dataset import Split
from mtlab.device import Device
from mtlab.errors import TrainingError
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.objective.metrics import SplitMetrics, new_measures
from mtlab.objective.objective import Objective

Tensors = Mapping[str, torch.Tensor]


class EpochSums:
    """An epoch's losses and measures, kept on the device until they are asked for.

    Made once per training and reset before each epoch, so that their memory stays in place.

    Args:
        num_samples: Of an epoch; its last batch may be smaller than `batch_size`.
    """

    def __init__(
        self, objective: Objective, num_samples: int, batch_size: int, device: torch.device
    ) -> None:
        self._objective = objective
        self.num_steps = num_batches(num_samples, batch_size)
        # On the device only where every step counts anew how many of its samples have labels.
        place = device if objective.has_gaps else None
        shape = (self.num_steps, len(objective.tasks))
        self._counts = torch.full(shape, batch_size, dtype=torch.float64, device=place)
        self._counts[-1] = num_samples - batch_size * (self.num_steps - 1)
        self._step_losses = torch.zeros(self.num_steps, len(objective.tasks), device=device)
        self._measures = new_measures(objective.tasks, device)

    def reset(self) -> None:
        self._step_losses.zero_()
        for measure in self._measures.values():
            measure.reset()

    def add(self, step: int, losses: torch.Tensor, outputs: Tensors, targets: Tensors) -> None:
        """What step `step`, counted from 0, found: losses `(tasks,)`, outputs."""
        self._step_losses[step] = losses
        if self._objective.has_gaps:
            self._counts[step] = self._objective.num_labelled(targets)
        for name, measure in self._measures.items():
            measure.add(outputs[name].detach(), targets[name])

    def read(self, num_steps: int, epoch: int) -> SplitMetrics:
        """Means over the samples of the first `num_steps` steps that have labels; exact for a
        ragged last batch.

        Raises:
            TrainingError: A loss that is NaN or infinite.
        """
        losses = self._step_losses[:num_steps].cpu()
        for step, task in (~torch.isfinite(losses)).nonzero().tolist()[:1]:
            rule = f"its loss must stay finite; epoch {epoch}, step {step + 1}"
            raise not_finite(self._objective.tasks[task].name, rule, float(losses[step, task]))
        counts = self._counts[:num_steps].cpu()
        means = (losses.double() * counts).sum(dim=0) / counts.sum(dim=0).clamp(min=1)
        return self._objective.metrics(means, self._measures)


def not_finite(task: str, rule: str, loss: float) -> TrainingError:
    """The error of a task whose loss blew up."""
    remedy = "try a smaller optimizer.lr, or set trainer.clip_norm=1"
    return TrainingError(f"task {task}", rule=rule, found=loss, remedy=remedy)


@dataclass
class TrainStep:
    """Forward, backward, update.

    Attributes:
        optimizer: Of the model's parameters and the objective's.
        clip_norm: Gradients are scaled down to this joint norm; None leaves them.
        clip_each_norm: The gradient of each parameter by itself is scaled down to this norm.
        augment: Changes each batch of training images; None leaves them.
    """

    model: MultiTaskNetwork
    objective: Objective
    optimizer: torch.optim.Optimizer
    device: Device
    clip_norm: float | None = None
    clip_each_norm: float | None = None
    augment: Callable[[torch.Tensor], torch.Tensor] | None = None

    def __post_init__(self) -> None:
        shared = self.model.shared_parameters()
        named = self.model.named_parameters()
        self._shared = list(shared.values())
        self._heads = [each for name, each in named if name not in shared]
        self._all = [each for group in self.optimizer.param_groups for each in group["params"]]

    def __call__(self, split: Split, positions: torch.Tensor, sums: EpochSums, step: int) -> None:
        """Train on the samples at `positions` `(batch,)`; results go to the sums as step `step`."""
        images = split.images.index_select(0, positions)
        if self.augment is not None:
            images = self.augment(images)
        targets = {name: target[positions] for name, target in split.targets.items()}
        losses, outputs, features = self.forward(images, targets)
        values = self.update(losses, features)
        sums.add(step, self.objective.reported_losses(values, outputs, targets), outputs, targets)

    def forward(
        self, images: torch.Tensor, targets: Tensors
    ) -> tuple[list[torch.Tensor], Tensors, torch.Tensor]:
        """The pure part: what is minimised of each task, its outputs, and the shared features."""
        with self.device.autocast():
            features, outputs = self.model.features_and_outputs(images)
        return self.objective.trained_losses(outputs, targets), outputs, features

    def update(self, losses: list[torch.Tensor], features: torch.Tensor) -> torch.Tensor:
        """Backward pass and optimizer's step; returns the losses as values, `(tasks,)`."""
        values = self.objective.backward(losses, features, self._shared, self._heads)
        if self.clip_norm is not None:
            nn.utils.clip_grad_norm_(self._all, self.clip_norm)
        if self.clip_each_norm is not None:
            clip_each(self._all, self.clip_each_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return values


def clip_each(parameters: Sequence[nn.Parameter], largest: float) -> None:
    """Scale each parameter's gradient by itself down to a norm; shorter ones stay as they are.

    What Keras's optimizers do with `clipnorm`, a variable being a parameter here:
    `g <- g * largest / max(|g|, largest)`.
    """
    for parameter in parameters:
        if parameter.grad is not None:
            norm = torch.linalg.vector_norm(parameter.grad)
            parameter.grad.mul_(largest / norm.clamp(min=largest))
