"""Keys of the group `model`: the networks, their layers and heads."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag

from mtlab.config.base import (
    Count,
    Keys,
    Name,
    Names,
    NotNegative,
    Positive,
    ShareBelowOne,
    Whole,
    described,
)
from mtlab.config.files import Place


class ConvLayer(Keys):
    """A convolution.

    Attributes:
        conv: Filters.
        padding: None for half the kernel, which keeps the size where it is odd and the stride 1.
    """

    conv: Count
    kernel_size: Count = 3
    stride: Count = 1
    padding: Whole | None = None
    batch_norm: bool = False


class PoolLayer(Keys):
    """Max pooling over windows of `pool` pixels a side."""

    pool: Annotated[int, Field(ge=2)]


class DenseLayer(Keys):
    """A dense layer of `dense` units."""

    dense: Count


class DropoutLayer(Keys):
    """`dropout` is the probability that a unit is dropped."""

    dropout: ShareBelowOne


def _kind_of_layer(layer: object) -> str | None:
    """The tag below of what YAML has, or of what was read from it."""
    if isinstance(layer, str) or layer in _NAMES_ALONE:
        return "word"
    keys = type(layer).model_fields if isinstance(layer, Keys) else layer
    kinds = {"conv", "pool", "dense", "dropout"} & set(keys if isinstance(keys, Mapping) else ())
    return kinds.pop() if len(kinds) == 1 else None


LayerWord = Literal["flatten", "global_average_pooling"]
# YAML reads `- flatten:` as a mapping.
_NAMES_ALONE = [{word: value} for word in get_args(LayerWord) for value in (None, True)]
Layer = Annotated[
    Annotated[ConvLayer, Tag("conv")]
    | Annotated[PoolLayer, Tag("pool")]
    | Annotated[DenseLayer, Tag("dense")]
    | Annotated[DropoutLayer, Tag("dropout")]
    | Annotated[
        LayerWord,
        BeforeValidator(lambda layer: layer if isinstance(layer, str) else next(iter(layer))),
        Tag("word"),
    ],
    Discriminator(_kind_of_layer, "layer", "no layer"),
    described(
        "one of the layers {conv: 64}, {pool: 2}, flatten, global_average_pooling, {dense: 64} and"
        " {dropout: 0.5}",
        "{conv: 64}",
    ),
]


class HeadConfig(Keys):
    """The layers of one task's head, `model.heads.<task>`.

    Attributes:
        layers: From the shared features on, without the output layer.
        features_from: Tasks whose heads' features join this one's where it becomes a vector; None:
            nobody's.
        detach_features: Whether no gradient flows back into the heads that lend features.
        stop_gradient: Whether no gradient flows from this head into the shared layers.
    """

    layers: list[Layer] = Field(default_factory=list)
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
        init_from: The folder of a run whose weights are the start; see
            `mtlab.runner.warm_start`.
        freeze: Which part of the network does not train.
    """

    branch_widths: list[Count]
    activation: Literal["relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"]
    batch_norm: bool
    dropout: ShareBelowOne
    initialisation: Literal[
        "default",
        "kaiming_normal",
        "kaiming_uniform",
        "xavier_normal",
        "xavier_uniform",
        "lecun_normal",
        "orthogonal",
    ] = "default"
    init_from: Annotated[
        Place | None, described("the folder of a trained run", "outputs/DATE/TIME")
    ] = None
    freeze: Literal["trunk"] | None = None
    heads: dict[Name, HeadConfig] = Field(default_factory=dict)


class MlpConfig(LayeredKeys):
    """Dense layers on flattened pixels."""

    name: Literal["mlp"]
    widths: list[Count]


class ConvolutionalKeys(LayeredKeys):
    """What every network of convolutions has."""

    shared_widths: list[Count]
    global_average_pooling: bool = False


# In pixels. Wider borders of zeros than that are a slip, and fill the memory before they help.
Padding = Annotated[int, Field(ge=0, le=1024)]


Filters = Annotated[list[Count], Field(min_length=1)]
"""One number per layer, per block or per stage."""


class CnnConfig(ConvolutionalKeys):
    """Convolutions, shared dense layers, one branch of dense layers per task.

    Numbers that may differ between layers are one number, or a list with one per layer.
    """

    name: Literal["cnn", "mtl_cnn", "three_heads"]
    filters: Filters
    kernel_size: Count | list[Count]
    strides: Count | list[Count] | None
    padding: Padding | list[Padding]
    pool_after: list[Count]
    pool_size: Annotated[int, Field(ge=2)]


class VggConfig(ConvolutionalKeys):
    """Blocks of padded 3x3 convolutions and pooling, shared dense layers, a branch per task."""

    name: Literal["vgg"]
    filters: Filters
    convolutions_per_block: Count


class ResNetConfig(ConvolutionalKeys):
    """Stages of residual blocks, shared dense layers, a branch per task."""

    name: Literal["resnet"]
    filters: Filters
    blocks_per_stage: Count


class DenseNetConfig(ConvolutionalKeys):
    """Densely connected blocks, shared dense layers, a branch per task.

    Attributes:
        growth_rate: Channels that each convolution of a block adds.
        compression: Share of the channels that is kept between two blocks.
    """

    name: Literal["densenet"]
    growth_rate: Count
    layers_per_block: Annotated[list[Count], Field(min_length=1)]
    compression: Annotated[float, Field(gt=0, le=1)]


class InceptionConfig(ConvolutionalKeys):
    """Stages of inception modules, shared dense layers, a branch per task.

    Attributes:
        filters: Channels that each module of a stage gives.
        stem_filters: Of the convolution before the first stage.
    """

    name: Literal["inception"]
    filters: Annotated[
        list[Annotated[int, Field(ge=16, multiple_of=16)]],
        described("a list of at least one multiple of 16", "[32,64]", min_length=1),
    ]
    stem_filters: Count
    modules_per_stage: Count


ModelConfig = Annotated[
    PerceptronConfig
    | MlpConfig
    | CnnConfig
    | VggConfig
    | ResNetConfig
    | DenseNetConfig
    | InceptionConfig,
    Field(discriminator="name"),
]
