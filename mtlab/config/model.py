"""Keys of the group `model`: the networks, their layers and heads."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from mtlab.config.base import Count, Keys, Names, NotNegative, Positive, ShareBelowOne


class HeadConfig(Keys):
    """The layers of one task's head, `model.heads.<task>`; `mtlab.models.layers` reads them.

    Attributes:
        layers: From the shared features on, without the output layer: mappings such as
            `{conv: 64}` or the bare words `flatten` and `global_average_pooling`.
        features_from: Tasks whose heads' features join this one's where it becomes a vector; None:
            nobody's.
        detach_features: Whether no gradient flows back into the heads that lend features.
        stop_gradient: Whether no gradient flows from this head into the shared layers.
    """

    layers: list[Any] = Field(default_factory=list)
    features_from: Names | None = None
    detach_features: bool = False
    stop_gradient: bool = False


class ModelKeys(Keys):
    """What every model has.

    Attributes:
        task_choice: The tasks it learns when `tasks` is left out: the dataset's first, or its
            defaults.
        classification_loss: What it learns classes by, and is measured in.
        learns_on_processor: Whether its rule is for the processor alone, whatever `device` says.
    """

    classification_loss: ClassVar[str] = "cross_entropy"
    learns_on_processor: ClassVar[bool] = False

    task_choice: Literal["first", "defaults"]


class PerceptronConfig(ModelKeys):
    """Rosenblatt's perceptron on two classes.

    Attributes:
        update: When it corrects its weights: after each sample, or after each pass.
    """

    classification_loss: ClassVar[str] = "sign_error"
    learns_on_processor: ClassVar[bool] = True

    name: Literal["perceptron"]
    update: Literal["online", "batch"]
    lr: Positive
    tolerance: Annotated[float, Field(ge=0, le=2)]
    initial_scale: NotNegative


class LayeredKeys(ModelKeys):
    """What every network of layers has: a trunk, then one head per task.

    Attributes:
        branch_widths: Units of the dense layers in each head that `heads` does not name.
        heads: By task, the heads with layers of their own.
    """

    branch_widths: list[Count]
    activation: Literal["relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"]
    batch_norm: bool
    dropout: ShareBelowOne
    heads: dict[str, HeadConfig] = Field(default_factory=dict)


class MlpConfig(LayeredKeys):
    """Dense layers on flattened pixels."""

    name: Literal["mlp"]
    widths: list[Count]


class ConvolutionalKeys(LayeredKeys):
    """What every network of convolutions has; `filters` counts per layer or per block."""

    filters: Annotated[list[Count], Field(min_length=1)]
    shared_widths: list[Count]


# In pixels. Wider borders of zeros than that are a slip, and fill the memory before they help.
Padding = Annotated[int, Field(ge=0, le=1024)]


class CnnConfig(ConvolutionalKeys):
    """Convolutions, shared dense layers, one branch of dense layers per task.

    Numbers that may differ between layers are one number, or a list with one per layer.
    """

    name: Literal["cnn", "mtl_cnn", "three_heads"]
    kernel_size: Count | list[Count]
    strides: Count | list[Count] | None
    padding: Padding | list[Padding]
    pool_after: list[Count]
    pool_size: Annotated[int, Field(ge=2)]
    global_average_pooling: bool


class VggConfig(ConvolutionalKeys):
    """Blocks of padded 3x3 convolutions and pooling, shared dense layers, a branch per task."""

    name: Literal["vgg"]
    convolutions_per_block: Count


ModelConfig = Annotated[
    PerceptronConfig | MlpConfig | CnnConfig | VggConfig, Field(discriminator="name")
]
