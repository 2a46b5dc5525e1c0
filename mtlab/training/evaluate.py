"""Measuring a network on a split."""

import torch
from torch import nn

from mtlab.data.dataset import Split
from mtlab.device import Device
from mtlab.objective.metrics import SplitMetrics, new_measures
from mtlab.objective.objective import Objective


@torch.inference_mode()
def evaluate(
    model: nn.Module, split: Split, objective: Objective, batch_size: int, device: Device
) -> SplitMetrics:
    """Losses and measures over a whole split on the model's device.

    Args:
        split: On the same device as the model.
        batch_size: Images per forward pass; the last batch may be smaller.
    """
    was_training = model.training
    model.eval()
    loss_sums = torch.zeros(len(objective.tasks), dtype=torch.float64, device=device.torch_device)
    counts = torch.zeros_like(loss_sums)
    measures = new_measures(objective.tasks, device.torch_device)
    for start in range(0, len(split), batch_size):
        images = split.images[start : start + batch_size]
        targets = {
            name: target[start : start + batch_size] for name, target in split.targets.items()
        }
        with device.autocast():
            outputs = model(images)
        losses = torch.stack(objective.task_losses(outputs, targets))
        num_labelled = objective.num_labelled(targets) if objective.has_gaps else images.shape[0]
        loss_sums += losses.double() * num_labelled
        counts += num_labelled
        for name, measure in measures.items():
            measure.add(outputs[name], targets[name])
    model.train(was_training)
    return objective.metrics(loss_sums / counts.clamp(min=1), measures)
