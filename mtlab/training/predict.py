"""What a network answers for images that have no targets."""

from __future__ import annotations

import torch
from torch import nn

from mtlab.device import Device


@torch.inference_mode()
def predict(
    model: nn.Module, images: torch.Tensor, batch_size: int, device: Device
) -> dict[str, torch.Tensor]:
    """The outputs of every task.

    Args:
        images: `(num_samples, channels, height, width)`, normalised, at least one; moved to the
            device batch by batch.
        batch_size: Images per forward pass; the last batch may be smaller.

    Returns:
        Per task, float32 on the CPU: logits `(num_samples, classes)` for classification, values
        `(num_samples,)` for regression.
    """
    was_training = model.training
    model.eval()
    batches: list[dict[str, torch.Tensor]] = []
    for batch in images.split(batch_size):
        with device.autocast():
            batches.append(model(batch.to(device.torch_device)))
    model.train(was_training)
    return {
        task: torch.cat([outputs[task].float() for outputs in batches]).cpu() for task in batches[0]
    }
