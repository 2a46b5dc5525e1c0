"""Measures against hand-computed values and scikit-learn."""

from __future__ import annotations

import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from mtlab.objective.metrics import ConfusionMatrix, classification_metrics


def test_counts_have_targets_in_rows() -> None:
    matrix = ConfusionMatrix(3, torch.device("cpu"))
    logits = torch.tensor([[0.0, 9.0, 0.0], [5.0, 1.0, 1.0], [0.0, 0.0, 1.0], [0.0, 2.0, 1.0]])
    matrix.add(logits[:3], torch.tensor([1, 2, 2]))
    matrix.add(logits[3:], torch.tensor([1]))
    assert matrix.read().tolist() == [[0, 0, 0], [0, 2, 0], [1, 0, 1]]


def test_measures_by_hand() -> None:
    metrics = classification_metrics(torch.tensor([[8, 2], [1, 9]]))
    assert metrics["accuracy"] == pytest.approx(17 / 20)
    assert metrics["precision"] == pytest.approx((8 / 9 + 9 / 11) / 2)
    assert metrics["recall"] == pytest.approx((8 / 10 + 9 / 10) / 2)
    assert metrics["f1"] == pytest.approx((16 / 19 + 18 / 21) / 2)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("num_classes", [2, 5, 30])
def test_measures_are_scikit_learns_also_where_classes_are_missing(seed, num_classes) -> None:
    generator = torch.Generator().manual_seed(seed)
    targets = torch.randint(0, num_classes, (40,), generator=generator)
    logits = torch.rand(40, num_classes, generator=generator)
    matrix = ConfusionMatrix(num_classes, torch.device("cpu"))
    matrix.add(logits, targets)
    predictions = logits.argmax(dim=1)
    known = confusion_matrix(targets, predictions, labels=range(num_classes))
    assert matrix.read().tolist() == known.tolist()
    metrics = classification_metrics(matrix.read())
    precision, recall, f1, _ = precision_recall_fscore_support(
        targets, predictions, average="macro", zero_division=0
    )
    assert metrics["accuracy"] == pytest.approx(accuracy_score(targets, predictions))
    assert (metrics["precision"], metrics["recall"], metrics["f1"]) == pytest.approx(
        (precision, recall, f1)
    )
