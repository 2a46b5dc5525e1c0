"""Batches drawn from a split in memory."""

from __future__ import annotations

from collections.abc import Iterator

import torch


def shuffled_batches(
    num_samples: int, batch_size: int, generator: torch.Generator
) -> Iterator[torch.Tensor]:
    """Positions of one epoch's batches: every sample once, in the generator's order.

    Yields:
        CPU tensors `(batch_size,)`, int64; the last one may be shorter.
    """
    yield from torch.randperm(num_samples, generator=generator).split(batch_size)


def num_batches(num_samples: int, batch_size: int) -> int:
    """Steps of one epoch, a ragged last batch included."""
    return -(-num_samples // batch_size)
