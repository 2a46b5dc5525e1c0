"""Heads for networks that tests build by hand."""

from __future__ import annotations

from collections.abc import Sequence

from mtlab.data.tasks import ClassificationTask
from mtlab.models.heads import DenseHead


def head_of(num_features: int, branch_widths: Sequence[int], num_classes: int) -> DenseHead:
    """A classification head with classes named by their numbers."""
    classes = tuple(str(number) for number in range(num_classes))
    return DenseHead(num_features, branch_widths, ClassificationTask("task", classes))
