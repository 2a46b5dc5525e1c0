"""What every gradient aggregator is."""

from __future__ import annotations

from typing import Protocol

import torch


class Aggregator(Protocol):
    """From each task's gradient of the shared parameters to the one that the optimizer gets."""

    def __call__(self, gradients: torch.Tensor) -> torch.Tensor:
        """`(tasks, parameters)` to `(parameters,)`; nothing is read back from the device.

        A task that sends no gradient into the trunk has a row of zeros.
        """
        ...
