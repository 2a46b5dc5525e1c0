"""Losses of one task: outputs and targets to one number, the mean over the batch."""

from __future__ import annotations

import functools
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


CLASSIFICATION_LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "sign_error": sign_error}
"""By the name that a model's configuration has it under."""


def mean_squared_error(predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean of (prediction - target)^2; both `(batch,)`, computed in float32."""
    return torch.nn.functional.mse_loss(predictions.float(), targets)


def mean_absolute_error(predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean of |prediction - target|; both `(batch,)`, computed in float32."""
    return torch.nn.functional.l1_loss(predictions.float(), targets)


def huber(predictions: torch.Tensor, targets: torch.Tensor, delta: float) -> torch.Tensor:
    """Huber's loss: e^2 / 2 for errors up to `delta`, `delta * (|e| - delta / 2)` beyond.

    Huber, P. J. (1964), "Robust estimation of a location parameter", Annals of Mathematical
    Statistics 35(1).

    Args:
        predictions, targets: `(batch,)`, computed in float32.
        delta: Above 0, in the target's unit.
    """
    return torch.nn.functional.huber_loss(predictions.float(), targets, delta=delta)


def regression_loss(name: str, huber_delta: float) -> Loss:
    """The loss called `mse`, `mae` or `huber`."""
    losses: dict[str, Loss] = {
        "mse": mean_squared_error,
        "mae": mean_absolute_error,
        "huber": functools.partial(huber, delta=huber_delta),
    }
    return losses[name]
