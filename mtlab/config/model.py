"""Keys of the group `model`: the networks, their layers and heads."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar

from mtlab.config.checks import (
    check_between,
    check_each_at_least,
    check_number_or_list,
    require,
)
from mtlab.config.heads import HeadConfig


class Activation(Enum):
    """Nonlinearities between layers."""

    relu = "relu"
    leaky_relu = "leaky_relu"
    elu = "elu"
    gelu = "gelu"
    silu = "silu"
    tanh = "tanh"
    sigmoid = "sigmoid"


class TaskChoice(Enum):
    """The tasks a model learns when `tasks` is left out: the dataset's first, or its defaults."""

    first = "first"
    defaults = "defaults"


class UpdateRule(Enum):
    """When the perceptron corrects its weights: after each sample, or after each pass."""

    online = "online"
    batch = "batch"


@dataclass
class ModelConfig:
    """What every model has.

    Attributes:
        classification_loss: What it learns classes by, and is measured in.
        learns_on_processor: Whether its rule is for the processor alone, whatever `device` says.
    """

    classification_loss: ClassVar[str] = "cross_entropy"
    learns_on_processor: ClassVar[bool] = False

    name: str
    task_choice: TaskChoice


@dataclass
class PerceptronConfig(ModelConfig):
    """Rosenblatt's perceptron on two classes."""

    classification_loss: ClassVar[str] = "sign_error"
    learns_on_processor: ClassVar[bool] = True

    update: UpdateRule
    lr: float
    tolerance: float
    initial_scale: float

    def __post_init__(self) -> None:
        check_between(self.lr, "model.lr", 0, low_open=True)
        check_between(self.tolerance, "model.tolerance", 0, 2)
        check_between(self.initial_scale, "model.initial_scale", 0)


@dataclass
class LayeredConfig(ModelConfig):
    """What every network of layers has: a trunk, then one head per task.

    Attributes:
        branch_widths: Units of the dense layers in each head that `heads` does not name.
        heads: By task, the heads with layers of their own.
    """

    branch_widths: list[int]
    activation: Activation
    batch_norm: bool
    dropout: float
    heads: dict[str, HeadConfig] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        check_each_at_least(self.branch_widths, "model.branch_widths", 1)
        check_between(self.dropout, "model.dropout", 0, 1, high_open=True)
        for task, head in self.heads.items():
            key = f"model.heads.{task}.layers"
            require(
                isinstance(head.layers, list), key, "must list layers", head.layers,
                f"for example '{key}=[flatten,{{dense:64}}]'",
            )  # fmt: skip


@dataclass
class MlpConfig(LayeredConfig):
    """Dense layers on flattened pixels."""

    widths: list[int]

    def __post_init__(self) -> None:
        super().__post_init__()
        check_each_at_least(self.widths, "model.widths", 1)


@dataclass
class ConvolutionalConfig(LayeredConfig):
    """What every network of convolutions has; `filters` counts per layer or per block."""

    filters: list[int]
    shared_widths: list[int]

    def __post_init__(self) -> None:
        super().__post_init__()
        check_each_at_least(self.filters, "model.filters", 1)
        require(
            len(self.filters) > 0,
            "model.filters",
            "must hold at least one layer or block",
            self.filters,
            "for example 'model.filters=[32,64,128]', or model=mlp for no convolutions",
        )
        check_each_at_least(self.shared_widths, "model.shared_widths", 1)


LARGEST_PADDING = 1024
"""In pixels. Wider borders of zeros than that are a slip, and fill the memory before they help."""


@dataclass
class CnnConfig(ConvolutionalConfig):
    """Convolutions, shared dense layers, one branch of dense layers per task."""

    kernel_size: Any
    strides: Any
    padding: Any
    pool_after: list[int]
    pool_size: int
    global_average_pooling: bool

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number_or_list(self.kernel_size, "model.kernel_size", 1)
        check_number_or_list(self.strides, "model.strides", 1, null_allowed=True)
        check_number_or_list(self.padding, "model.padding", 0, high=LARGEST_PADDING)
        check_each_at_least(self.pool_after, "model.pool_after", 1)
        check_between(self.pool_size, "model.pool_size", 2)


@dataclass
class VggConfig(ConvolutionalConfig):
    """Blocks of padded 3x3 convolutions and pooling, shared dense layers, a branch per task."""

    convolutions_per_block: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_between(self.convolutions_per_block, "model.convolutions_per_block", 1)
