"""The keys of one task, `dataset.tasks.<name>`: its kind, its target, its output and its loss."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class TaskKind(Enum):
    """`classification`: one of several classes. `regression`: a number."""

    classification = "classification"
    regression = "regression"


class TargetRule(Enum):
    """How a classification task's target follows from a label."""

    label = "label"
    groups = "groups"
    parity = "parity"
    threshold = "threshold"


class OutputActivation(Enum):
    """What turns a regression head's last number into its answer.

    `sigmoid` reaches over the task's range ([0, 1] without one), `softplus` from 0 upwards.
    """

    identity = "identity"
    sigmoid = "sigmoid"
    softplus = "softplus"


class RegressionLoss(Enum):
    """Mean squared error, mean absolute error, or Huber's between the two."""

    mse = "mse"
    mae = "mae"
    huber = "huber"


@dataclass
class TaskConfig:
    """One task. `by`, `groups` and `at` belong to classification, the last four to regression.

    Attributes:
        label: The label it reads; None: the one of its own name, else the only one, or the first
            where `by` derives classes from it.
        range: Lowest and highest value of the target; None: any number.
        huber_delta: Where Huber's loss turns from squares to absolute values, above 0, in the
            target's unit.
    """

    kind: TaskKind = TaskKind.classification
    by: TargetRule = TargetRule.label
    label: str | None = None
    groups: dict[str, list[int]] = field(default_factory=dict)
    at: int | None = None
    range: list[float] | None = None
    activation: OutputActivation = OutputActivation.identity
    loss: RegressionLoss = RegressionLoss.mse
    huber_delta: float = 1.0
