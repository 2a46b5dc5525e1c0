"""Batches drawn from a split in memory."""

from collections.abc import Iterator

import torch


def shuffled_batches(
    num_samples: int, batch_size: int, generator: torch.Generator, device: torch.device
) -> Iterator[torch.Tensor]:
    """Positions of one epoch's batches, `(batch_size,)`, int64; the last one may be shorter.

    Drawn on the CPU, so that the order is the same on every device, and moved in one transfer.
    """
    order = torch.randperm(num_samples, generator=generator).to(device)
    yield from order.split(batch_size)


def num_batches(num_samples: int, batch_size: int) -> int:
    """Steps of one epoch, a ragged last batch included."""
    return -(-num_samples // batch_size)
