"""Losses of one task: outputs and targets to one number, the mean over the batch."""

from typing import Protocol

import torch
from torch import nn
from torch.nn import functional

from mtlab.data.tasks import is_labelled


class Loss(Protocol):
    """A mean over the batch, or with `reduction="none"` each sample's loss, `(batch,)`."""

    def __call__(
        self, outputs: torch.Tensor, targets: torch.Tensor, /, reduction: str = "mean"
    ) -> torch.Tensor: ...


def cross_entropy(
    logits: torch.Tensor, targets: torch.Tensor, reduction: str = "mean"
) -> torch.Tensor:
    """Cross-entropy in nats.

    Args:
        logits: `(batch, classes)`; computed in float32 whatever the precision of the network.
        targets: `(batch,)`, int64.
    """
    return functional.cross_entropy(logits.float(), targets, reduction=reduction)


class TrainedCrossEntropy(nn.Module):
    """The cross-entropy that is minimised where classes are smoothed or weighed.

    A sample of class y has `class_weights[y]` times its cross-entropy with a target distribution of
    `1 - label_smoothing + label_smoothing / classes` for y and `label_smoothing / classes` for each
    other class (Szegedy et al. 2016, arXiv:1512.00567, section 7). As in Keras, and unlike torch,
    the mean over a batch is divided by the number of its samples, not by the sum of their weights.

    Args:
        class_weights: `(classes,)`; None: 1 for each.
    """

    class_weights: torch.Tensor | None

    def __init__(self, label_smoothing: float, class_weights: torch.Tensor | None) -> None:
        super().__init__()
        self._label_smoothing = label_smoothing
        self.register_buffer("class_weights", class_weights)

    def forward(
        self, logits: torch.Tensor, targets: torch.Tensor, reduction: str = "mean"
    ) -> torch.Tensor:
        losses = functional.cross_entropy(
            logits.float(), targets, reduction="none", label_smoothing=self._label_smoothing
        )
        if self.class_weights is not None:
            losses = self.class_weights[targets] * losses
        return losses if reduction == "none" else losses.mean()


def balanced_class_weights(targets: torch.Tensor, num_classes: int) -> torch.Tensor:
    """`N / (K * count)` for each of the K classes that occur among N targets, 0 for the others.

    scikit-learn's "balanced" (King, Zeng 2001, "Logistic regression in rare events data", Political
    Analysis 9(2)): every class weighs the same on the whole, and a sample 1 on average.

    Args:
        targets: `(num_samples,)`, -1 for a sample without a label.
    """
    counts = torch.bincount(targets[is_labelled(targets)], minlength=num_classes)
    occurs = counts > 0
    balanced = counts.sum() / (occurs.sum() * counts.clamp(min=1))
    return torch.where(occurs, balanced, 0.0).float()


def mean_of_labelled(loss: Loss, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean over the samples that have a label, 0 where none has; nothing is read back.

    The others get any target at all, so that neither their loss nor its gradient is NaN, and then
    the loss 0.
    """
    has_label = is_labelled(targets)
    losses = loss(outputs, torch.where(has_label, targets, 0), reduction="none")
    return torch.where(has_label, losses, 0.0).sum() / has_label.sum().clamp(min=1)


def sign_error(
    logits: torch.Tensor, targets: torch.Tensor, reduction: str = "mean"
) -> torch.Tensor:
    """The perceptron studies' loss: mean of |sign(score) - label| with labels -1 and +1.

    Twice the share of mistakes, so from 0 to 2. A score of exactly 0 counts as a mistake.

    Args:
        logits: `(batch, 2)`: minus the score, and the score.
        targets: `(batch,)`, 0 for label -1, 1 for label +1.
    """
    score_of_truth = logits.gather(1, targets.unsqueeze(1)).squeeze(1)
    errors = 2 * (~(score_of_truth > 0)).float()
    return errors if reduction == "none" else errors.mean()


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

    def loss(
        predictions: torch.Tensor, targets: torch.Tensor, reduction: str = "mean"
    ) -> torch.Tensor:
        values = predictions.float()
        if name == "huber":
            return functional.huber_loss(values, targets, reduction, huber_delta)
        of_errors = functional.mse_loss if name == "mse" else functional.l1_loss
        return of_errors(values, targets, reduction=reduction)

    return loss
