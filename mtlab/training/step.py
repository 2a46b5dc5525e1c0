"""One training step; it reads nothing back from the device."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import nn

from mtlab.data.batches import num_batches
from mtlab.data.dataset import Split
from mtlab.device import Device
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.objective.metrics import SplitMetrics, new_measures
from mtlab.objective.objective import Objective

Tensors = Mapping[str, torch.Tensor]


class EpochSums:
    """An epoch's losses and measures, kept on the device until they are asked for.

    Made once per training, and reset before each epoch.

    Args:
        num_samples: Of an epoch; its last batch may be smaller than `batch_size`.
    """

    def __init__(
        self, objective: Objective, num_samples: int, batch_size: int, device: Device
    ) -> None:
        self._objective = objective
        self.num_steps = num_batches(num_samples, batch_size)
        self._batch_sizes = torch.full((self.num_steps,), batch_size, dtype=torch.float64)
        self._batch_sizes[-1] = num_samples - batch_size * (self.num_steps - 1)
        self._step_losses = torch.zeros(
            self.num_steps, len(objective.tasks), device=device.torch_device
        )
        self._measures = new_measures(objective.tasks, device.torch_device)

    def reset(self) -> None:
        self._step_losses.zero_()
        for measure in self._measures.values():
            measure.reset()

    def add(self, step: int, losses: torch.Tensor, outputs: Tensors, targets: Tensors) -> None:
        """What step `step`, counted from 0, found: losses `(tasks,)`, outputs."""
        self._step_losses[step] = losses
        for name, measure in self._measures.items():
            measure.add(outputs[name].detach(), targets[name])

    def read(self, num_steps: int) -> SplitMetrics:
        """Means over the samples of the first `num_steps` steps; exact for a ragged last batch."""
        sizes = self._batch_sizes[:num_steps]
        losses = self._step_losses[:num_steps].double().cpu()
        means = (losses * sizes.unsqueeze(1)).sum(dim=0) / sizes.sum()
        return self._objective.metrics(means, self._measures)

    def first_not_finite(self, num_steps: int) -> tuple[int, str, float] | None:
        """Step (from 1), task and value of the first loss that is NaN or infinite."""
        losses = self._step_losses[:num_steps].cpu()
        bad = (~torch.isfinite(losses)).nonzero()
        if bad.shape[0] == 0:
            return None
        step, task = bad[0].tolist()
        return step + 1, self._objective.tasks[task].name, float(losses[step, task])


class TrainStep:
    """Forward, backward, update.

    Args:
        clip_norm: Gradients are scaled down to this joint norm; None leaves them.
        augment: Changes each batch of training images; None leaves them.
    """

    def __init__(
        self,
        model: MultiTaskNetwork,
        objective: Objective,
        optimizer: torch.optim.Optimizer,
        device: Device,
        clip_norm: float | None,
        augment: Callable[[torch.Tensor], torch.Tensor] | None = None,
    ) -> None:
        self._model = model
        self._objective = objective
        self._optimizer = optimizer
        self._device = device
        self._clip_norm = clip_norm
        self._augment = augment
        shared = model.shared_parameters()
        self._shared = list(shared.values())
        self._heads = [each for name, each in model.named_parameters() if name not in shared]
        self._all = [each for group in optimizer.param_groups for each in group["params"]]

    def __call__(self, split: Split, positions: torch.Tensor, sums: EpochSums, step: int) -> None:
        """Train on the samples at `positions` `(batch,)`; results go to the sums as step `step`."""
        images = split.images.index_select(0, positions)
        if self._augment is not None:
            images = self._augment(images)
        targets = {name: target[positions] for name, target in split.targets.items()}
        losses, outputs, features = self.forward(images, targets)
        values = self.update(losses, features)
        sums.add(step, values, outputs, targets)

    def forward(
        self, images_bchw: torch.Tensor, targets: Tensors
    ) -> tuple[list[torch.Tensor], Tensors, torch.Tensor]:
        """Each task's loss and outputs, and the shared features; changes nothing."""
        with self._device.autocast():
            features, outputs = self._model.features_and_outputs(images_bchw)
        return self._objective.task_losses(outputs, targets), outputs, features

    def update(self, losses: list[torch.Tensor], features: torch.Tensor) -> torch.Tensor:
        """Backward, and one step of the optimizer; returns the losses as values, `(tasks,)`."""
        values = self._objective.backward(losses, features, self._shared, self._heads)
        if self._clip_norm is not None:
            nn.utils.clip_grad_norm_(self._all, self._clip_norm)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return values
