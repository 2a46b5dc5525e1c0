"""Hard parameter sharing: one trunk, a head for each task (Caruana 1997, "Multitask Learning")."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from mtlab.models.trunk import Trunk


class MultiTaskNetwork(nn.Module):
    """A shared trunk and one head per task; with a single task an ordinary network.

    Args:
        heads: By task name, in the order of the tasks.
    """

    def __init__(self, trunk: Trunk, heads: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.trunk = trunk
        self._task_names = tuple(heads)
        for task, head in heads.items():
            # The prefix keeps a task called `train` or `half` apart from nn.Module's own methods.
            self.add_module(f"head_{task}", head)

    @property
    def heads(self) -> dict[str, nn.Module]:
        """The heads by task name, in the order of the tasks."""
        return {task: self.get_submodule(f"head_{task}") for task in self._task_names}

    def forward(self, images_bchw: torch.Tensor) -> dict[str, torch.Tensor]:
        """Images `(batch, channels, height, width)` to each task's outputs:

        logits `(batch, classes)` for classification, values `(batch,)` for regression."""
        features = self.trunk(images_bchw)
        return {task: head(features) for task, head in self.heads.items()}
