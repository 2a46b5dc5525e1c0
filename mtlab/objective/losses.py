"""Losses of one task: outputs and targets to one number, the mean over the batch."""

from collections.abc import Callable

import torch
from torch.nn import functional

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy in nats.

    Args:
        logits: `(batch, classes)`; computed in float32 whatever the precision of the network.
        targets: `(batch,)`, int64.
    """
    return functional.cross_entropy(logits.float(), targets)


def sign_error(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The perceptron studies' loss: mean of |sign(score) - label| with labels -1 and +1.

    Twice the share of mistakes, so from 0 to 2. A score of exactly 0 counts as a mistake.

    Args:
        logits: `(batch, 2)`: minus the score, and the score.
        targets: `(batch,)`, 0 for label -1, 1 for label +1.
    """
    score_of_truth = logits.gather(1, targets.unsqueeze(1))
    return 2 * (~(score_of_truth > 0)).float().mean()


CLASSIFICATION_LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "sign_error": sign_error}
"""By the name that a model's configuration has it under."""


def regression_loss(name: str, huber_delta: float) -> Loss:
    """A loss of predictions and targets, both `(batch,)`, computed in float32.

    `mse` and `mae` are means of squared and of absolute errors. `huber` is e^2 / 2 for errors up to
    `huber_delta`, `huber_delta * (|e| - huber_delta / 2)` beyond (Huber 1964, "Robust estimation
    of a location parameter", Annals of Mathematical Statistics 35(1)).

    Args:
        huber_delta: Above 0, in the target's unit.
    """
    losses: dict[str, Loss] = {
        "mse": functional.mse_loss,
        "mae": functional.l1_loss,
        "huber": lambda values, targets: functional.huber_loss(values, targets, delta=huber_delta),
    }
    return lambda predictions, targets: losses[name](predictions.float(), targets)
