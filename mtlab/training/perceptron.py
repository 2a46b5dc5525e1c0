"""The perceptron rule: stochastic gradient descent on the perceptron criterion.

For a sample x with label y in {-1, +1} and score s = w . x + b, the rule (Rosenblatt 1958)

    w <- w + lr * (y - sign(s)) * x,    b <- b + lr * (y - sign(s))

changes nothing where the sign is right and adds 2 * lr * y * x where it is wrong. That is a
gradient step of size 2 * lr on the perceptron criterion max(0, -y * s) (Bishop 2006, "Pattern
Recognition and Machine Learning", eq. 4.54 and 4.55). A score of exactly 0 counts as wrong, as
in scikit-learn's Perceptron, whose `eta0` is 2 * lr here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from mtlab.data.dataset import Split
from mtlab.errors import TrainingError
from mtlab.models.perceptron import Perceptron
from mtlab.objective.metrics import SplitMetrics, split_metrics
from mtlab.training.events import EpochEnd
from mtlab.training.monitor import Monitor
from mtlab.training.state import BestEpoch, copy_weights

Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]

BLOCK_SIZE = 128
"""Samples scored at once. Large enough to be worth a matrix product, small enough that little is
scored again after a mistake: on MNIST's 3 against 8, iterations took 17, 15 and 11 ms with blocks
of 32, 64 and 128."""


@dataclass
class LinearUnit:
    """The weights while they are learned, in double precision.

    Attributes:
        weight: `(num_pixels,)`.
    """

    weight: Float64Array
    bias: float


@dataclass(frozen=True)
class LabelledVectors:
    """A split as the rule sees it.

    Attributes:
        vectors: Flattened images, `(num_samples, num_pixels)`.
        labels: -1 or +1, `(num_samples,)`.
        longest: Largest Euclidean norm of a vector.
    """

    vectors: Float32Array
    labels: Float32Array
    longest: float

    @staticmethod
    def of(split: Split, task: str, order: torch.Tensor | None = None) -> LabelledVectors:
        """Flatten a split on the CPU, in another order where one is given."""
        images, targets = split.images, split.targets[task]
        if order is not None:
            images, targets = images[order], targets[order]
        vectors = np.ascontiguousarray(images.flatten(1).numpy())
        longest = float(np.sqrt(np.einsum("ij,ij->i", vectors, vectors).max()))
        return LabelledVectors(vectors, (2 * targets - 1).numpy().astype(np.float32), longest)


def online_pass(unit: LinearUnit, samples: LabelledVectors, lr: float) -> int:
    """Correct the unit after each misclassified sample, one after another; return the mistakes.

    Between two mistakes the weights stand still, so blocks are scored by one matrix product in
    single precision. A score closer to zero than that product's rounding error is computed again in
    double precision, so every decision, and with it every weight, is the one that scoring sample by
    sample in double precision gives.
    """
    vectors, labels = samples.vectors, samples.labels
    num_samples, num_pixels = vectors.shape
    # |computed - exact| <= (n + 3) * u * |w| * |x|: the bound on a dot product's rounding error
    # (Higham 2002, "Accuracy and Stability of Numerical Algorithms", eq. 3.5), with more
    # roundings for the conversion of the weights and for the bias.
    rounding = (num_pixels + 3) * float(np.finfo(np.float32).eps)
    num_mistakes = 0
    weight32, slack = _scoring_weights(unit, samples.longest, rounding)
    for block_start in range(0, num_samples, BLOCK_SIZE):
        start, stop = block_start, min(block_start + BLOCK_SIZE, num_samples)
        while start < stop:
            scores = vectors[start:stop] @ weight32
            scores += np.float32(unit.bias)
            doubtful = np.flatnonzero(~(scores * labels[start:stop] > slack))
            mistake = _first_mistake(unit, samples, start + doubtful)
            if mistake is None:
                break
            correction = 2 * lr * float(labels[mistake])
            unit.weight += correction * vectors[mistake].astype(np.float64)
            unit.bias += correction
            num_mistakes += 1
            weight32, slack = _scoring_weights(unit, samples.longest, rounding)
            start = mistake + 1
    return num_mistakes


def _scoring_weights(
    unit: LinearUnit, longest: float, rounding: float
) -> tuple[Float32Array, float]:
    norm = math.sqrt(float(unit.weight @ unit.weight))
    return unit.weight.astype(np.float32), rounding * (norm * longest + abs(unit.bias))


def _first_mistake(
    unit: LinearUnit, samples: LabelledVectors, positions: npt.NDArray[np.intp]
) -> int | None:
    for position in positions.tolist():
        score = float(samples.vectors[position].astype(np.float64) @ unit.weight) + unit.bias
        if not score * float(samples.labels[position]) > 0:
            return int(position)
    return None


def batch_pass(unit: LinearUnit, samples: LabelledVectors, lr: float) -> int:
    """Correct the unit once, by the sum over all misclassified samples; return the mistakes."""
    wrong = ~(_scores(unit, samples) * samples.labels > 0)
    corrections = np.where(wrong, 2 * lr * samples.labels, 0).astype(np.float32)
    unit.weight += (corrections @ samples.vectors).astype(np.float64)
    unit.bias += float(corrections.sum(dtype=np.float64))
    return int(wrong.sum())


@dataclass
class PerceptronState:
    """What the rule changes, and the order in which it sees the samples.

    Attributes:
        order: Draws one order of the samples, the same for every iteration.
        epoch: Iterations finished.
        best: The best weights on validation, which Gallant (1990, "Perceptron-based learning
            algorithms", IEEE Transactions on Neural Networks 1(2)) keeps in the pocket by their
            training record.
        converged: Whether the training error fell to the tolerance.
    """

    model: Perceptron
    order: torch.Generator
    epoch: int = 0
    best: BestEpoch | None = None
    converged: bool = False


def fit_perceptron(
    state: PerceptronState,
    train: Split,
    val: Split,
    *,
    online: bool,
    lr: float,
    tolerance: float,
    num_epochs: int,
    monitor: Monitor,
) -> Iterator[EpochEnd]:
    """Pass over the training samples until the mean |sign - label| is at most `tolerance`.

    Afterwards the model has its last weights, and `state.best` the best ones on validation.

    Args:
        online: Correct after each sample; otherwise after each pass.
        num_epochs: Most iterations.
    """
    model = state.model
    samples = LabelledVectors.of(
        train, model.task, torch.randperm(len(train), generator=state.order)
    )
    held_out = LabelledVectors.of(val, model.task)
    unit = LinearUnit(
        model.unit.weight.detach().squeeze(0).numpy().astype(np.float64),
        float(model.unit.bias.detach()),
    )
    while state.epoch < num_epochs and not state.converged:
        started = time.perf_counter()
        # An overflow is no warning but an error, told right behind the pass.
        with np.errstate(over="ignore", invalid="ignore"):
            (online_pass if online else batch_pass)(unit, samples, lr)
        _check_in_range(unit, lr, state.epoch + 1)
        train_metrics = _measure(unit, samples, model.task)
        train_seconds = time.perf_counter() - started
        val_metrics = _measure(unit, held_out, model.task)
        _store(unit, model)
        state.epoch += 1
        state.converged = train_metrics.loss <= tolerance
        value = monitor.value(val_metrics)
        # Of equally good iterations the later one: it has corrected more mistakes, and where the
        # rule converges it is the solution itself.
        is_best = monitor.at_least(value, state.best.value if state.best else None)
        if is_best:
            state.best = BestEpoch(state.epoch, value, copy_weights(model))
        yield EpochEnd(
            epoch=state.epoch,
            train=train_metrics,
            val=val_metrics,
            learning_rate=lr,
            train_seconds=train_seconds,
            seconds=time.perf_counter() - started,
            num_samples=len(train),
            is_best=is_best,
        )


def _check_in_range(unit: LinearUnit, lr: float, epoch: int) -> None:
    """Weights beyond single precision cannot be scored or saved."""
    largest = max(float(np.abs(unit.weight).max()), abs(unit.bias))
    if not largest < float(np.finfo(np.float32).max):
        raise TrainingError(
            "model.lr",
            rule=f"the weights must stay finite; iteration {epoch}",
            found=f"model.lr={lr:g}",
            remedy="try a smaller one",
        )


def _store(unit: LinearUnit, model: Perceptron) -> None:
    with torch.no_grad():
        model.unit.weight.copy_(torch.from_numpy(unit.weight).unsqueeze(0))
        model.unit.bias.fill_(unit.bias)


def _scores(unit: LinearUnit, samples: LabelledVectors) -> Float32Array:
    return samples.vectors @ unit.weight.astype(np.float32) + np.float32(unit.bias)


def _measure(unit: LinearUnit, samples: LabelledVectors, task: str) -> SplitMetrics:
    """Mean |sign - label| and the confusion matrix with the weights as they are."""
    scores = _scores(unit, samples)
    error = 2 * float((~(scores * samples.labels > 0)).mean())
    is_positive = (samples.labels > 0).astype(np.int64)
    counts = np.bincount(2 * is_positive + (scores > 0), minlength=4).reshape(2, 2)
    return split_metrics(error, [error], {task: torch.from_numpy(counts)})
