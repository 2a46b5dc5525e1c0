"""The perceptron rule: stochastic gradient descent on the perceptron criterion.

For a sample x with label y in {-1, +1} and score s = w . x + b, the rule (Rosenblatt 1958)

    w <- w + lr * (y - sign(s)) * x,    b <- b + lr * (y - sign(s))

changes nothing where the sign is right and adds 2 * lr * y * x where it is wrong. That is a
gradient step of size 2 * lr on the perceptron criterion max(0, -y * s) (Bishop 2006, "Pattern
Recognition and Machine Learning", eq. 4.54 and 4.55). A score of exactly 0 counts as wrong, as
in scikit-learn's Perceptron, whose `eta0` is 2 * lr here.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import torch

from mtlab.data.dataset import Split
from mtlab.errors import TrainingError
from mtlab.models.perceptron import Perceptron
from mtlab.objective.metrics import SplitMetrics, split_metrics
from mtlab.training.monitor import Monitor
from mtlab.training.state import BestEpoch, State, copy_weights, read_best
from mtlab.training.trainer import EpochEnd

Float32Array = npt.NDArray[np.float32]

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

    weight: npt.NDArray[np.float64]
    bias: float

    def scores(self, vectors: Float32Array) -> Float32Array:
        """Of vectors `(n, num_pixels)`, `(n,)`, in single precision."""
        return vectors @ self.weight.astype(np.float32) + np.float32(self.bias)


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
    def of(split: Split, task: str, order: torch.Tensor | None = None) -> "LabelledVectors":
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
    for block_start in range(0, num_samples, BLOCK_SIZE):
        start, stop = block_start, min(block_start + BLOCK_SIZE, num_samples)
        while start < stop:
            norm = math.sqrt(float(unit.weight @ unit.weight))
            slack = rounding * (norm * samples.longest + abs(unit.bias))
            scores = unit.scores(vectors[start:stop])
            doubtful = np.flatnonzero(~(scores * labels[start:stop] > slack))
            mistake = _first_mistake(unit, samples, start + doubtful)
            if mistake is None:
                break
            correction = 2 * lr * float(labels[mistake])
            unit.weight += correction * vectors[mistake].astype(np.float64)
            unit.bias += correction
            num_mistakes += 1
            start = mistake + 1
    return num_mistakes


def _first_mistake(
    unit: LinearUnit, samples: LabelledVectors, positions: npt.NDArray[np.intp]
) -> int | None:
    """The first of the samples at these positions that double precision finds on a wrong side."""
    for position in positions.tolist():
        score = float(samples.vectors[position].astype(np.float64) @ unit.weight) + unit.bias
        if not score * float(samples.labels[position]) > 0:
            return int(position)
    return None


def batch_pass(unit: LinearUnit, samples: LabelledVectors, lr: float) -> int:
    """Correct the unit once, by the sum over all misclassified samples; return the mistakes."""
    wrong = ~(unit.scores(samples.vectors) * samples.labels > 0)
    corrections = np.where(wrong, 2 * lr * samples.labels, 0).astype(np.float32)
    unit.weight += (corrections @ samples.vectors).astype(np.float64)
    unit.bias += float(corrections.sum(dtype=np.float64))
    return int(wrong.sum())


class PerceptronTrainer:
    """A `Trainer` that passes over the samples until the mean |sign - label| is small enough.

    `best` has the best weights on validation, where Gallant (1990, "Perceptron-based learning
    algorithms", IEEE Transactions on Neural Networks 1(2)) keeps in the pocket those with the best
    training record. It computes on the processor.

    Args:
        online: Correct after each sample; otherwise after each pass.
        tolerance: The training error, from 0 to 2, at which the rule has converged.
        num_epochs: Most iterations.
        sample_order: Draws one order of the samples, the same for every iteration.
    """

    def __init__(
        self,
        model: Perceptron,
        train: Split,
        val: Split,
        monitor: Monitor,
        *,
        online: bool,
        lr: float,
        tolerance: float,
        num_epochs: int,
        sample_order: torch.Generator,
    ) -> None:
        self.model = model
        self.epoch = 0
        self.best: BestEpoch | None = None
        self.converged: bool | None = False
        self._train = train
        self._monitor = monitor
        self._pass = online_pass if online else batch_pass
        self._lr = lr
        self._tolerance = tolerance
        self._num_epochs = num_epochs
        self._order = torch.randperm(len(train), generator=sample_order)
        self._samples = LabelledVectors.of(train, model.task, self._order)
        self._held_out = LabelledVectors.of(val, model.task)
        weight = model.unit.weight.detach().squeeze(0).numpy().astype(np.float64)
        self._unit = LinearUnit(weight, float(model.unit.bias.detach()))

    def fit(self) -> Iterator[EpochEnd]:
        while self.epoch < self._num_epochs and not self.converged:
            started = time.perf_counter()
            # An overflow is no warning but an error, told right behind the pass.
            with np.errstate(over="ignore", invalid="ignore"):
                self._pass(self._unit, self._samples, self._lr)
            self._check_range()
            train_metrics = _measure(self._unit, self._samples, self.model.task)
            train_seconds = time.perf_counter() - started
            val_metrics = _measure(self._unit, self._held_out, self.model.task)
            self._store_weights()
            self.epoch += 1
            self.converged = train_metrics.loss <= self._tolerance
            value = self._monitor.value(val_metrics)
            # Of equally good iterations the later one: it has corrected more mistakes, and where
            # the rule converges it is the solution itself.
            is_best = self._monitor.gain(value, self.best.value if self.best else None) >= 0
            if is_best:
                self.best = BestEpoch(self.epoch, value, copy_weights(self.model))
            yield EpochEnd(
                epoch=self.epoch,
                train=train_metrics,
                val=val_metrics,
                learning_rate=self._lr,
                train_seconds=train_seconds,
                seconds=time.perf_counter() - started,
                num_samples=len(self._train),
                is_best=is_best,
            )

    def _check_range(self) -> None:
        """Weights beyond single precision cannot be scored or saved."""
        largest = max(float(np.abs(self._unit.weight).max()), abs(self._unit.bias))
        if not largest < float(np.finfo(np.float32).max):
            raise TrainingError(
                "model.lr",
                rule=f"the weights must stay finite; iteration {self.epoch + 1}",
                found=f"model.lr={self._lr:g}",
                remedy="try a smaller one",
            )

    def _store_weights(self) -> None:
        with torch.no_grad():
            self.model.unit.weight.copy_(torch.from_numpy(self._unit.weight).unsqueeze(0))
            self.model.unit.bias.fill_(self._unit.bias)

    def state_dict(self) -> State:
        """The weights in double precision: the model's own are rounded."""
        return {
            "epoch": self.epoch,
            "converged": self.converged,
            "weight": torch.from_numpy(self._unit.weight),
            "bias": self._unit.bias,
            "order": self._order,
            "best": self.best and asdict(self.best),
        }

    def load_state_dict(self, state: State) -> None:
        self.epoch, self.converged = state["epoch"], state["converged"]
        self._unit = LinearUnit(state["weight"].numpy().copy(), state["bias"])
        self._store_weights()
        self._order = state["order"]
        self._samples = LabelledVectors.of(self._train, self.model.task, self._order)
        self.best = read_best(state["best"], torch.device("cpu"))


def _measure(unit: LinearUnit, samples: LabelledVectors, task: str) -> SplitMetrics:
    """Mean |sign - label| and the confusion matrix with the weights as they are."""
    scores = unit.scores(samples.vectors)
    error = 2 * float((~(scores * samples.labels > 0)).mean())
    is_positive = (samples.labels > 0).astype(np.int64)
    counts = np.bincount(2 * is_positive + (scores > 0), minlength=4).reshape(2, 2)
    return split_metrics(error, [error], {task: torch.from_numpy(counts)})
