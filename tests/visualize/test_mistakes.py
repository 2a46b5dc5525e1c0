"""The mistakes that are shown."""

from __future__ import annotations

import math

import pytest
import torch

from mtlab.visualize.mistakes import confident_mistakes


def test_the_most_confident_mistakes_come_first() -> None:
    logits = torch.tensor([[3.0, 0.0], [1.0, 0.0], [0.0, 5.0], [0.0, 4.0]])
    positions, predicted, confidence = confident_mistakes(logits, torch.tensor([1, 0, 0, 0]))
    assert positions.tolist() == [2, 3, 0]
    assert predicted.tolist() == [1, 1, 0]
    assert confidence[0].item() == pytest.approx(1 / (1 + math.exp(-5)))
