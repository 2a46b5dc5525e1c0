"""Losses of one task: logits and targets to one number, the mean over the batch."""

from __future__ import annotations

from collections.abc import Callable

import torch

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy in nats.

    Args:
        logits: `(batch, classes)`; computed in float32 whatever the precision of the network.
        targets: `(batch,)`, int64.
    """
    return torch.nn.functional.cross_entropy(logits.float(), targets)


def sign_error(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The perceptron studies' loss: mean of |sign(score) - label| with labels -1 and +1.

    Twice the share of mistakes, so from 0 to 2. A score of exactly 0 counts as a mistake.

    Args:
        logits: `(batch, 2)`: minus the score, and the score.
        targets: `(batch,)`, 0 for label -1, 1 for label +1.
    """
    score_of_truth = logits.gather(1, targets.unsqueeze(1))
    return 2 * (~(score_of_truth > 0)).float().mean()
