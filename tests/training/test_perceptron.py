"""The perceptron rule: by hand, one by one, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Perceptron as KnownPerceptron

from mtlab.data.dataset import Split
from mtlab.data.tasks import ClassificationTask
from mtlab.errors import TrainingError
from mtlab.models.perceptron import Perceptron
from mtlab.training.monitor import Monitor
from mtlab.training.perceptron import (
    LabelledVectors,
    LinearUnit,
    PerceptronTrainer,
    batch_pass,
    online_pass,
)


def classification(*names: str) -> list[ClassificationTask]:
    """Tasks of two classes."""
    return [ClassificationTask(name, ("no", "yes")) for name in names]


def vectors(rows: list[list[float]], labels: list[int]) -> LabelledVectors:
    images = torch.tensor(rows).reshape(len(rows), 1, 1, -1)
    targets = (torch.tensor(labels) + 1) // 2
    return LabelledVectors.of(Split(images, {"pair": targets}), "pair")


def random_split(seed: int, num_samples: int = 300, noise: float = 1.0) -> Split:
    """Two overlapping clouds of 20 pixels."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.randint(0, 2, (num_samples,), generator=generator)
    images = torch.randn(num_samples, 1, 4, 5, generator=generator) * noise
    return Split(images + (targets * 2.0 - 1)[:, None, None, None] * 0.3, {"pair": targets})


def one_by_one(unit: LinearUnit, samples: LabelledVectors, lr: float) -> int:
    """The rule as it is written, sample by sample in double precision."""
    num_mistakes = 0
    for vector, label in zip(samples.vectors.astype(np.float64), samples.labels, strict=True):
        if (vector @ unit.weight + unit.bias) * float(label) <= 0:
            correction = 2 * lr * float(label)
            unit.weight += correction * vector
            unit.bias += correction
            num_mistakes += 1
    return num_mistakes


def test_online_steps_by_hand() -> None:
    samples = vectors([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]], [1, -1, 1])
    unit = LinearUnit(np.array([0.0, 0.0]), 0.0)
    # (1,0): score 0, wrong: w = (1, 0), b = 1. (0,2): score 1, wrong: w = (1, -2), b = 0.
    # (1,1): score -1, wrong: w = (2, -1), b = 1.
    assert online_pass(unit, samples, lr=0.5) == 3
    assert unit.weight.tolist() == [2.0, -1.0]
    assert unit.bias == 1.0


def test_a_batch_step_by_hand_sums_over_all_mistakes() -> None:
    samples = vectors([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]], [1, -1, 1])
    unit = LinearUnit(np.array([1.0, 1.0]), 0.0)
    # Only (0, 2) is wrong: w = (1, 1) - (0, 2), b = -1.
    assert batch_pass(unit, samples, lr=0.5) == 1
    assert unit.weight.tolist() == [1.0, -1.0]
    assert unit.bias == -1.0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("num_samples", [1, 127, 128, 129, 700])
def test_blocks_give_exactly_the_one_by_one_result(seed: int, num_samples: int) -> None:
    samples = LabelledVectors.of(random_split(seed, num_samples), "pair")
    start = np.random.default_rng(seed).normal(size=20)
    blocked, plain = LinearUnit(start.copy(), 0.1), LinearUnit(start.copy(), 0.1)
    for _ in range(5):
        assert online_pass(blocked, samples, 0.03) == one_by_one(plain, samples, 0.03)
        assert np.array_equal(blocked.weight, plain.weight)
        assert blocked.bias == plain.bias


def test_scores_on_the_boundary_are_decided_in_double_precision() -> None:
    """Weights that cancel but for the last digits: single precision alone cannot tell."""
    samples = vectors([[1.0, 1.0]] * 3, [1, -1, 1])
    for offset in (0.0, 1e-12, -1e-12):
        blocked = LinearUnit(np.array([0.7, -0.7 + offset]), 0.0)
        plain = LinearUnit(np.array([0.7, -0.7 + offset]), 0.0)
        assert online_pass(blocked, samples, 1e-13) == one_by_one(plain, samples, 1e-13)
        assert np.array_equal(blocked.weight, plain.weight)


@pytest.mark.parametrize("seed", range(3))
def test_the_online_rule_is_scikit_learns(seed: int) -> None:
    samples = LabelledVectors.of(random_split(seed), "pair")
    unit = LinearUnit(np.zeros(20), 0.0)
    for _ in range(4):
        online_pass(unit, samples, lr=0.25)
    known = KnownPerceptron(eta0=0.5, max_iter=4, tol=None, shuffle=False)
    known.fit(samples.vectors.astype(np.float64), samples.labels)
    assert np.allclose(unit.weight, known.coef_[0], rtol=1e-12)
    assert unit.bias == pytest.approx(known.intercept_[0])


def trainer_for(
    split: Split,
    *,
    online: bool,
    num_epochs: int,
    lr: float = 0.01,
    tolerance: float = 0.001,
) -> PerceptronTrainer:
    torch.manual_seed(0)
    return PerceptronTrainer(
        Perceptron((1, 4, 5), "pair", 0.01),
        split,
        random_split(99),
        Monitor("accuracy", classification("pair"), {"pair": 1.0}),
        online=online,
        lr=lr,
        tolerance=tolerance,
        num_epochs=num_epochs,
        sample_order=torch.Generator().manual_seed(0),
    )


def fitted(
    split: Split, *, online: bool, num_epochs: int, tolerance: float = 0.001
) -> tuple[PerceptronTrainer, list]:
    trainer = trainer_for(split, online=online, num_epochs=num_epochs, tolerance=tolerance)
    return trainer, list(trainer.fit())


@pytest.mark.parametrize("online", [True, False])
def test_separable_classes_converge_and_the_model_has_the_solution(online: bool) -> None:
    split = random_split(1, noise=0.02)
    trainer, events = fitted(split, online=online, num_epochs=500)
    assert trainer.converged
    assert len(events) < 500
    assert events[-1].train.loss == 0.0
    logits = trainer.model(split.images)["pair"]
    assert torch.equal(logits.argmax(dim=1), split.targets["pair"])


def test_inseparable_classes_run_to_the_limit_and_keep_the_best_on_validation() -> None:
    trainer, events = fitted(random_split(2, noise=2.0), online=True, num_epochs=40)
    assert not trainer.converged
    assert len(events) == 40
    accuracies = [event.val.tasks["pair"]["accuracy"] for event in events]
    assert trainer.best is not None
    assert trainer.best.value == max(accuracies)
    # Of equal ones the latest.
    assert trainer.best.epoch == max(
        epoch for epoch, value in enumerate(accuracies, start=1) if value == max(accuracies)
    )


@pytest.mark.parametrize("online", [True, False])
def test_weights_out_of_range_stop_the_run(online: bool) -> None:
    events = trainer_for(random_split(5), online=online, num_epochs=3, lr=1e200).fit()
    with pytest.raises(TrainingError, match=r"model\.lr: the weights"):
        list(events)


def test_the_loss_is_twice_the_share_of_mistakes() -> None:
    _, events = fitted(random_split(3, noise=2.0), online=True, num_epochs=3)
    for event in events:
        mistakes = 1 - event.train.tasks["pair"]["accuracy"]
        assert event.train.loss == pytest.approx(2 * mistakes)


def test_a_tolerance_of_2_stops_after_one_iteration() -> None:
    _, events = fitted(random_split(4), online=True, num_epochs=9, tolerance=2.0)
    assert len(events) == 1
