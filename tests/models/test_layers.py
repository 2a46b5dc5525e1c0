"""Shapes, errors and options of the networks."""

from __future__ import annotations

import pytest
import torch
from conftest import composed
from torch import nn
from trained_runs import cnn_trunk

from mtlab.config.compose import to_run_config
from mtlab.data.tasks import ClassificationTask
from mtlab.errors import MtlabError
from mtlab.models.build import build_model
from mtlab.models.cnn import plan_convolutions
from mtlab.models.layers import GlobalAveragePooling, build_layers
from mtlab.models.multitask import MultiTaskNetwork

TASKS = [ClassificationTask("train", ("a", "b", "c")), ClassificationTask("half", ("a", "b"))]


def build(*overrides: str, shape: tuple[int, int, int] = (1, 28, 28)) -> nn.Module:
    return build_model(to_run_config(composed(*overrides)).model, shape, TASKS)


@pytest.mark.parametrize("model", ["mlp", "cnn", "mtl_cnn", "resnet", "densenet", "inception"])
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 33, 40)])
def test_any_trunk_takes_any_number_of_heads_and_any_image(model, shape) -> None:
    network = build(f"model={model}", shape=shape)
    outputs = network(torch.rand(5, *shape))
    assert {task: tuple(logits.shape) for task, logits in outputs.items()} == {
        "train": (5, 3),
        "half": (5, 2),
    }


@pytest.mark.parametrize("model", ["mlp", "cnn", "mtl_cnn", "resnet", "densenet", "inception"])
def test_every_parameter_gets_a_gradient_and_heads_do_not_reach_each_other(model) -> None:
    network = build(f"model={model}", "model.branch_widths=[7]")
    assert isinstance(network, MultiTaskNetwork)
    network(torch.rand(4, 1, 28, 28))["half"].square().sum().backward()
    assert all(p.grad is not None for p in network.trunk.parameters())
    assert all(p.grad is not None for p in network.heads["half"].parameters())
    assert all(p.grad is None for p in network.heads["train"].parameters())


def test_the_map_shrinks_as_computed_by_hand() -> None:
    plans = plan_convolutions([32, 64, 128], 4, None, 0, [], 2)
    _, shapes = build_layers(plans, (1, 28, 28), "relu")
    assert shapes == [(1, 28, 28), (32, 25, 25), (64, 11, 11), (128, 4, 4)]
    pooled = plan_convolutions([32, 64, 128], 3, 1, 1, [1, 2], 2)
    _, shapes = build_layers(pooled, (1, 28, 28), "relu")
    assert shapes[1:] == [(32, 28, 28), (32, 14, 14), (64, 14, 14), (64, 7, 7), (128, 7, 7)]


@pytest.mark.parametrize("seed", range(4))
def test_predicted_shapes_are_the_real_ones(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)

    def draw(low: int, high: int) -> list[int]:
        return torch.randint(low, high, (3,), generator=generator).tolist()

    plans = plan_convolutions([2, 3, 4], draw(1, 4), draw(1, 3), draw(0, 3), [2], 2)
    trunk = cnn_trunk((2, 29, 31), plans, gives_maps=True)
    assert trunk(torch.rand(1, 2, 29, 31)).shape[1:] == trunk.output_shape


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (
            ["model.filters=[8,8,8,8]", "model.kernel_size=9", "model.strides=2"],
            r"layer 3's kernel of 9 .*1x28x28 -> 8x10x10 -> 8x1x1",
        ),
        (
            ["model.filters=[8,8]", "model.pool_after=[2]", "model.pool_size=12"],
            r"pooling of 12 .* -> 8x25x25 -> 8x11x11",
        ),
        (["model.strides=[1,2]"], "one per layer for the 3 layers"),
        (["model.pool_after=[4]"], "layers from 1 to 3"),
    ],
)
def test_sizes_that_do_not_fit_show_the_shapes(overrides: list[str], complaint: str) -> None:
    with pytest.raises(MtlabError, match=complaint):
        build("model=cnn", *overrides)


def test_options_add_their_layers() -> None:
    network = build(
        "model=mtl_cnn", "model.batch_norm=true", "model.dropout=0.3", "model.activation=tanh",
        "model.global_average_pooling=true",
    )  # fmt: skip
    kinds = [type(module) for module in network.modules()]
    assert kinds.count(nn.BatchNorm2d) == 3
    # Behind the shared layer and each of the two branches; not behind the convolutions.
    assert [m.p for m in network.modules() if isinstance(m, nn.Dropout) and m.p > 0] == [0.3] * 3
    assert nn.Tanh in kinds
    assert nn.ReLU not in kinds
    assert GlobalAveragePooling in kinds


def test_without_dense_layers_dropout_follows_the_convolutions() -> None:
    network = build("model=cnn", "model.dropout=0.3")
    assert [m.p for m in network.modules() if isinstance(m, nn.Dropout) and m.p > 0] == [0.3]


def test_global_average_pooling_is_each_channels_mean() -> None:
    maps = torch.rand(2, 3, 4, 5)
    assert torch.allclose(GlobalAveragePooling()(maps), maps.flatten(2).mean(dim=2))


@pytest.mark.parametrize("tasks", [TASKS, TASKS[:1]])
def test_a_perceptron_takes_one_task_of_two_classes(tasks: list[ClassificationTask]) -> None:
    config = to_run_config(composed("model=perceptron"))
    with pytest.raises(MtlabError, match=r"perceptron (learns one|separates two)"):
        build_model(config.model, (1, 4, 4), tasks)


def test_a_perceptrons_outputs_are_minus_the_score_and_the_score() -> None:
    config = to_run_config(composed("model=perceptron"))
    unit = build_model(config.model, (1, 2, 2), TASKS[1:])
    logits = unit(torch.rand(6, 1, 2, 2))["half"]
    assert torch.equal(logits[:, 0], -logits[:, 1])
