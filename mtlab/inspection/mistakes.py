"""The wrong decisions that a network is most sure of."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Mistakes:
    """Errors, the most confident first.

    Attributes:
        positions: In the split, `(num_mistakes,)`.
        true, predicted: Classes.
        confidence: Probability of the predicted class, in [0, 1].
        num_wrong, num_samples: Of the whole split.
    """

    positions: torch.Tensor
    true: torch.Tensor
    predicted: torch.Tensor
    confidence: torch.Tensor
    num_wrong: int
    num_samples: int


def confident_mistakes(logits: torch.Tensor, targets: torch.Tensor, most: int) -> Mistakes:
    """Find them.

    Args:
        logits: `(num_samples, classes)`.
        targets: `(num_samples,)`.
        most: Keep at most this many.
    """
    probabilities, predicted = logits.double().softmax(dim=1).max(dim=1)
    wrong = (predicted != targets).nonzero().squeeze(1)
    order = probabilities[wrong].argsort(descending=True, stable=True)
    chosen = wrong[order[:most]]
    return Mistakes(
        positions=chosen,
        true=targets[chosen],
        predicted=predicted[chosen],
        confidence=probabilities[chosen],
        num_wrong=len(wrong),
        num_samples=len(targets),
    )
