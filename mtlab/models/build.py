"""From `model.*` keys to a network."""

from collections.abc import Sequence

import torch
from torch import nn

from mtlab.config.model import (
    CnnConfig,
    ConvolutionalKeys,
    DenseNetConfig,
    HeadConfig,
    InceptionConfig,
    LayeredKeys,
    MlpConfig,
    ModelConfig,
    PerceptronConfig,
    ResNetConfig,
    VggConfig,
)
from mtlab.data.tasks import RegressionTask, Task
from mtlab.errors import ConfigError, ModelError
from mtlab.models.cnn import plan_convolutions
from mtlab.models.convolutional import ConvolutionalTrunk
from mtlab.models.densenet import dense_blocks
from mtlab.models.heads import Head
from mtlab.models.inception import inception_stages
from mtlab.models.initialisation import initialise
from mtlab.models.layers import LayerSpec, Shape, Trunk, build_layers, dense_specs
from mtlab.models.mlp import MlpTrunk
from mtlab.models.multitask import MultiTaskNetwork, forward_order
from mtlab.models.perceptron import Perceptron
from mtlab.models.resnet import residual_stages
from mtlab.models.vgg import plan_blocks

LARGEST_NUM_PARAMETERS = 500_000_000
"""With Adam's two means and the gradient, 8 GB in single precision; the studies' largest network
has 20 million."""


def build_model(
    config: ModelConfig,
    image_shape: tuple[int, int, int],
    tasks: Sequence[Task],
    available_tasks: Sequence[str] | None = None,
) -> nn.Module:
    """Build the network with fresh weights from torch's global generator.

    It is built first without memory for its weights, so that one that is too large is refused
    rather than tried.

    Args:
        image_shape: `(channels, height, width)`.
        available_tasks: Names of all tasks of the dataset: a model file may have heads for those
            that this run does not learn. None where they are not known.

    Raises:
        ModelError: Layers that do not fit, heads that borrow in a circle, a head for a task that
            the dataset does not have, or more parameters than `LARGEST_NUM_PARAMETERS`.
        ConfigError: Tasks that the model cannot learn.
    """
    names = [task.name for task in tasks]
    for name in getattr(config, "heads", ()) if available_tasks is not None else ():
        known = dict.fromkeys([*names, *(available_tasks or ())])
        if name not in known:
            raise ModelError(
                f"model.heads.{name}",
                rule=f"must belong to a task of the dataset: {', '.join(known)}",
                found=name,
                remedy="mend the name, or leave the head out",
            )
    with torch.device("meta"):
        outline = _build(config, image_shape, tasks)
    num_parameters = sum(parameter.numel() for parameter in outline.parameters())
    if num_parameters > LARGEST_NUM_PARAMETERS:
        raise ModelError(
            "model",
            rule=f"must have at most {LARGEST_NUM_PARAMETERS:,} parameters to fit the memory",
            found=f"{num_parameters:,}",
            remedy="use fewer or narrower layers",
        )
    network = _build(config, image_shape, tasks)
    if isinstance(network, MultiTaskNetwork):
        assert isinstance(config, LayeredKeys)
        initialise(network, config.initialisation)
        if config.freeze == "trunk":
            _freeze(network.trunk)
    return network


def _freeze(trunk: Trunk) -> None:
    if not list(trunk.parameters()):
        raise ModelError(
            "model.freeze",
            rule="trunk needs shared layers with weights",
            found="a trunk without any",
            remedy="add layers to the trunk, or leave it out",
        )
    trunk.freeze()


def _build(
    config: ModelConfig, image_shape: tuple[int, int, int], tasks: Sequence[Task]
) -> nn.Module:
    """Build the network on the current default device."""
    if isinstance(config, PerceptronConfig):
        return _perceptron(config, image_shape, tasks)
    assert isinstance(config, LayeredKeys)
    trunk = _trunk(config, image_shape)
    by_name = {task.name: task for task in tasks}
    links = {name: config.heads.get(name, HeadConfig()) for name in by_name}
    lenders = {name: link.features_from or [] for name, link in links.items()}
    heads: dict[str, Head] = {}
    for name in forward_order(lenders):
        heads[name] = Head(
            by_name[name],
            _head_layers(config, name, trunk),
            trunk.output_shape,
            {lender: heads[lender].num_features for lender in lenders[name]},
            detach_features=links[name].detach_features,
            stop_gradient=links[name].stop_gradient,
            activation=config.activation,
            key=f"model.heads.{name}.layers",
        )
    return MultiTaskNetwork(trunk, {name: heads[name] for name in by_name})


def _head_layers(config: LayeredKeys, task: str, trunk: Trunk) -> list[LayerSpec]:
    """Those that `model.heads` lists, or the branch that every task has without it."""
    key = f"model.heads.{task}.layers"
    if task not in config.heads:
        flatten = [LayerSpec(key, "flatten")] if len(trunk.output_shape) > 1 else []
        return flatten + dense_specs(config.branch_widths, config.dropout)
    layers = []
    for number, layer in enumerate(config.heads[task].layers):
        values = {str(layer): 0} if isinstance(layer, str) else layer.model_dump()
        (kind, size), *options = values.items()
        layers.append(LayerSpec(f"{key}[{number}]", kind, size, **dict(options)))
    _check_maps_reach(layers, config, trunk)
    return layers


def _check_maps_reach(layers: Sequence[LayerSpec], config: LayeredKeys, trunk: Trunk) -> None:
    """Raise ModelError where a head's layer needs the map that the trunk has made a vector of."""
    needy = next((layer for layer in layers if layer.needs_map), None)
    if needy is None or len(trunk.output_shape) > 1:
        return
    if isinstance(config, MlpConfig):
        cause, remedy = f"model={config.name} has dense layers only", "choose model=cnn"
    elif isinstance(config, ConvolutionalKeys) and config.shared_widths:
        cause = f"model.shared_widths={config.shared_widths} stands before the heads"
        remedy = "set model.shared_widths=[]"
    else:
        cause = "model.global_average_pooling=true"
        remedy = "set model.global_average_pooling=false"
    raise ModelError(
        needy.where,
        rule=f"{needy.kind} needs a map of channels x height x width",
        found=f"a vector of {trunk.output_shape[0]} features, since {cause}",
        remedy=f"{remedy}, or begin the head with {{dense: 64}}",
    )


def _trunk(config: LayeredKeys, image_shape: tuple[int, int, int]) -> Trunk:
    activation, batch_norm = config.activation, config.batch_norm
    if isinstance(config, MlpConfig):
        return MlpTrunk(image_shape, config.widths, activation, batch_norm, config.dropout)
    assert isinstance(config, ConvolutionalKeys)
    blocks: tuple[list[nn.Module], Shape]
    match config:
        case CnnConfig() | VggConfig():
            layers, shapes = build_layers(_plan(config, image_shape), image_shape, activation)
            blocks = (layers, shapes[-1])
        case ResNetConfig():
            sizes = (config.filters, config.blocks_per_stage)
            blocks = residual_stages(*sizes, image_shape, activation, batch_norm=batch_norm)
        case DenseNetConfig():
            growth = (config.layers_per_block, config.growth_rate, config.compression)
            blocks = dense_blocks(*growth, image_shape, activation, batch_norm=batch_norm)
        case InceptionConfig():
            widths = (config.filters, config.modules_per_stage, config.stem_filters)
            blocks = inception_stages(*widths, image_shape, activation, batch_norm=batch_norm)
        case _:
            raise AssertionError(config)
    pools = config.global_average_pooling
    return ConvolutionalTrunk(
        *blocks,
        activation,
        global_average_pooling=pools,
        shared_widths=config.shared_widths,
        has_branches=bool(config.branch_widths),
        # Heads with layers of their own start from the maps, where no shared layer flattens them.
        gives_maps=bool(config.heads) and not config.shared_widths and not pools,
        dropout=config.dropout,
    )


def _plan(config: CnnConfig | VggConfig, image_shape: tuple[int, int, int]) -> list[LayerSpec]:
    batch_norm = config.batch_norm
    if isinstance(config, VggConfig):
        per_block = config.convolutions_per_block
        return plan_blocks(config.filters, per_block, image_shape, batch_norm=batch_norm)
    return plan_convolutions(
        config.filters,
        config.kernel_size,
        config.strides,
        config.padding,
        config.pool_after,
        config.pool_size,
        batch_norm=batch_norm,
    )


def _perceptron(
    config: PerceptronConfig, image_shape: tuple[int, int, int], tasks: Sequence[Task]
) -> Perceptron:
    if len(tasks) != 1:
        raise ConfigError(
            "tasks",
            rule="model=perceptron learns one task",
            found=[task.name for task in tasks],
            remedy=f"for example 'tasks=[{tasks[0].name}]', or choose model=mlp",
        )
    task = tasks[0]
    if isinstance(task, RegressionTask) or task.num_classes != 2:
        kind = "regression" if isinstance(task, RegressionTask) else f"{task.num_classes} classes"
        raise ConfigError(
            "model",
            rule="perceptron separates two classes",
            found=f"the task {task.name} of {kind}",
            remedy="keep two labels, for example 'dataset.classes=[0,1]', or a task of two classes",
        )
    return Perceptron(image_shape, task.name, config.initial_scale)
