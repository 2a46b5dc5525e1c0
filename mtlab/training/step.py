"""One training step; it reads nothing back from the device."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from mtlab.data.dataset import Split
from mtlab.device import Device
from mtlab.objective.metrics import SplitMetrics, new_measures, split_metrics
from mtlab.objective.objective import Objective


class EpochSums:
    """An epoch's losses and measures, kept on the device until they are asked for.

    Args:
        batch_sizes: Number of samples of each step, `(num_steps,)`.
    """

    def __init__(self, objective: Objective, batch_sizes: torch.Tensor, device: Device) -> None:
        self._objective = objective
        self._batch_sizes = batch_sizes.double()
        num_steps, num_tasks = batch_sizes.shape[0], len(objective.tasks)
        self.step_losses = torch.zeros(num_steps, num_tasks, device=device.torch_device)
        self.measures = new_measures(objective.tasks, device.torch_device)

    def read(self, num_steps: int) -> SplitMetrics:
        """Means over the samples of the first `num_steps` steps; exact for a ragged last batch."""
        sizes = self._batch_sizes[:num_steps]
        losses = self.step_losses[:num_steps].double().cpu()
        means = (losses * sizes.unsqueeze(1)).sum(dim=0) / sizes.sum()
        device = self.step_losses.device
        return split_metrics(
            float(self._objective.total(means.to(device, torch.float32))),
            means.tolist(),
            {name: measure.read() for name, measure in self.measures.items()},
        )

    def first_not_finite(self, num_steps: int) -> tuple[int, str, float] | None:
        """Step (from 1), task and value of the first loss that is NaN or infinite."""
        losses = self.step_losses[:num_steps].cpu()
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
        model: nn.Module,
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
        self._parameters = [
            parameter for group in optimizer.param_groups for parameter in group["params"]
        ]

    def __call__(self, split: Split, positions: torch.Tensor, sums: EpochSums, step: int) -> None:
        """Train on the samples at `positions` `(batch,)`; results go to row `step` of the sums."""
        images = split.images.index_select(0, positions)
        if self._augment is not None:
            images = self._augment(images)
        targets = {name: target[positions] for name, target in split.targets.items()}
        with self._device.autocast():
            outputs = self._model(images)
        losses = self._objective.task_losses(outputs, targets)
        self._objective.total(losses).backward()
        if self._clip_norm is not None:
            nn.utils.clip_grad_norm_(self._parameters, self._clip_norm)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)

        sums.step_losses[step] = losses.detach()
        for name, measure in sums.measures.items():
            measure.add(outputs[name].detach(), targets[name])
