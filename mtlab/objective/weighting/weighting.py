"""What every weighting has."""

from __future__ import annotations

import torch
from torch import nn


class Weighting(nn.Module):
    """From the tasks' losses to the terms whose sum is minimised.

    What it learns are its parameters: they reach the optimizer, without weight decay.
    """

    def forward(self, losses: torch.Tensor) -> torch.Tensor:
        """Losses `(tasks,)` to terms `(tasks,)`; nothing is read back from the device.

        A task's term depends on its own loss alone, so that aggregators can tell tasks apart.
        """
        raise NotImplementedError

    def reported_weights(self) -> list[float]:
        """How the tasks' losses add up to the loss that is reported, in the order of the tasks.

        They stand still while a run trains, so that its epochs can be compared.
        """
        raise NotImplementedError
