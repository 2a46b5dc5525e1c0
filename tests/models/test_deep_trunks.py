"""Residual, dense and inception trunks: sizes, what their blocks compute, and runs of them."""

from pathlib import Path

import pytest
import torch
from conftest import Runner, composed
from torch import nn
from trained_runs import train_run

import mtlab as package
from mtlab.config.compose import to_run_config
from mtlab.data.tasks import ClassificationTask
from mtlab.errors import MtlabError
from mtlab.models.build import build_model
from mtlab.models.counting import count_parameters
from mtlab.models.densenet import DenseBlock
from mtlab.models.inception import InceptionModule
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.models.resnet import ResidualBlock
from mtlab.visualize.layers import Layer, find_layers, layer_output

DEEP = ["resnet", "densenet", "inception"]
TASKS = [
    ClassificationTask("digit", tuple("0123456789")),
    ClassificationTask("parity", ("even", "odd")),
]


def built(
    *overrides: str, shape: tuple[int, int, int] = (1, 28, 28), num_tasks: int = 2
) -> MultiTaskNetwork:
    config = to_run_config(composed(*overrides))
    network = build_model(config.model, shape, TASKS[:num_tasks])
    assert isinstance(network, MultiTaskNetwork)
    return network.eval()


def convolution(inputs: int, filters: int, side: int) -> int:
    """Without a bias, and batch norm's factor and offset."""
    return side * side * inputs * filters + 2 * filters


def test_a_residual_networks_parameters_counted_by_hand() -> None:
    counts = count_parameters(built("model=resnet"))
    stem, first = convolution(1, 16, 3), 2 * convolution(16, 16, 3)
    second = convolution(16, 32, 3) + convolution(32, 32, 3) + convolution(16, 32, 1)
    third = convolution(32, 64, 3) + convolution(64, 64, 3) + convolution(32, 64, 1)
    assert counts.shared == stem + first + second + third
    assert counts.heads == {"digit": 65 * 10, "parity": 65 * 2}


def test_a_dense_networks_parameters_counted_by_hand() -> None:
    network = built("model=densenet", "model.growth_rate=6", "model.layers_per_block=[2,1]")
    block = convolution(12, 6, 3) + convolution(18, 6, 3)
    # 12 + 2 * 6 channels, half of them kept.
    transition, last = convolution(24, 12, 1), convolution(12, 6, 3)
    counts = count_parameters(network)
    assert counts.shared == convolution(1, 12, 3) + block + transition + last
    assert counts.heads["parity"] == (12 + 6 + 1) * 2


def test_an_inception_networks_parameters_counted_by_hand() -> None:
    network = built("model=inception", "model.filters=[32]", "model.stem_filters=5")
    small, middle = convolution(5, 8, 1), convolution(5, 12, 1) + convolution(12, 16, 3)
    large, behind_pooling = convolution(5, 2, 1) + convolution(2, 4, 5), convolution(5, 4, 1)
    module = small + middle + large + behind_pooling
    assert count_parameters(network).shared == convolution(1, 5, 3) + module


def test_published_networks_have_the_published_sizes() -> None:
    # ResNet-20 on CIFAR-10, table 6: 0.27 million.
    resnet = built("model=resnet", "model.blocks_per_stage=3", shape=(3, 32, 32), num_tasks=1)
    assert round(count_parameters(resnet).total / 1e6, 2) == 0.27
    # DenseNet of 40 layers with growth rate 12, table 2: 1.0 million.
    densenet = built(
        "model=densenet", "model.layers_per_block=[12,12,12]", "model.compression=1.0",
        shape=(3, 32, 32), num_tasks=1,
    )  # fmt: skip
    assert round(count_parameters(densenet).total / 1e6, 1) == 1.0
    # GoogLeNet's module 3a, table 1: 159 K, the K being 1,024.
    module = InceptionModule(192, 256, "relu", batch_norm=False)
    assert count_parameters(module).total // 1024 == 159


@pytest.mark.parametrize("shape", [(3, 29, 37), (1, 8, 8)])
@pytest.mark.parametrize("model", DEEP)
def test_predicted_shapes_are_the_real_ones(model: str, shape: tuple[int, int, int]) -> None:
    trunk = built(f"model={model}", "model.global_average_pooling=false", shape=shape).trunk
    assert trunk(torch.rand(2, *shape)).shape[1:] == trunk.output_shape


@pytest.mark.parametrize("model", DEEP)
def test_heads_with_layers_of_their_own_get_the_maps(model: str) -> None:
    network = built(
        f"model={model}", "model.global_average_pooling=false", "model.shared_widths=[]",
        "++model.heads.digit.layers=[{conv: 4}, flatten]",
    )  # fmt: skip
    assert len(network.trunk.output_shape) == 3
    assert network(torch.rand(2, 1, 28, 28))["parity"].shape == (2, 2)


@pytest.mark.parametrize("model", DEEP)
def test_options_add_their_layers(model: str) -> None:
    network = built(
        f"model={model}", "model.batch_norm=false", "model.activation=elu", "model.dropout=0.3",
        "model.shared_widths=[9]", "model.branch_widths=[7]",
    )  # fmt: skip
    kinds = {type(module) for module in network.modules()}
    assert nn.ELU in kinds
    assert not {nn.ReLU, nn.BatchNorm2d} & kinds
    assert network.trunk.output_shape == (9,)
    assert [m.p for m in network.modules() if isinstance(m, nn.Dropout) and m.p > 0] == [0.3] * 3
    # Where no batch norm has one, every convolution has an offset.
    assert all(m.bias is not None for m in network.modules() if isinstance(m, nn.Conv2d))


def test_a_residual_block_adds_to_what_it_reads() -> None:
    block = ResidualBlock(3, 3, 1, "relu", batch_norm=True).eval()
    maps = torch.randn(2, 3, 5, 5)
    changed = block.second(block.first(maps))
    assert torch.equal(block(maps), (maps + changed).relu())
    for parameter in block.second.parameters():
        nn.init.zeros_(parameter)
    assert torch.equal(block(maps), maps.relu())


def test_a_dense_block_keeps_what_it_reads_and_shows_it_to_every_layer() -> None:
    block = DenseBlock(3, 2, 4, "relu", batch_norm=False)
    maps = torch.randn(2, 3, 5, 5)
    found = block(maps)
    assert found.shape == (2, 11, 5, 5)
    assert torch.equal(found[:, :3], maps)
    assert torch.equal(found[:, 7:], block.layers[1](found[:, :7]))


def test_an_inception_modules_branches_see_windows_of_their_sizes() -> None:
    module = InceptionModule(1, 16, "elu", batch_norm=False)
    maps = torch.randn(1, 1, 9, 9, requires_grad=True)
    seen = []
    for channels in ((0, 4), (4, 12), (12, 14), (14, 16)):
        (gradient,) = torch.autograd.grad(module(maps)[0, slice(*channels), 4, 4].sum(), maps)
        rows = gradient[0, 0].abs().sum(dim=1).nonzero().flatten()
        seen.append((int(rows.min()), int(rows.max())))
    assert seen[:3] == [(4, 4), (3, 5), (2, 6)]
    assert 3 <= seen[3][0] <= seen[3][1] <= 5  # the largest pixel of 3x3


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (["model=resnet", "model.filters=[8,8,8,8,8,8]"], "filters: must hold at most 5 stages"),
        (["model=densenet", "model.layers_per_block=[1,1,1,1,1,1]"], "each but the first"),
        (["model=inception", "model.filters=[16,16,16,16,16,16]"], "image of 28x28 pixels"),
        (["model=inception", "model.filters=[16,24]"], r"multiple of 16; found \[16, 24\]"),
        (["model=densenet", "model.compression=0"], "compression: must be a number"),
        (
            ["model=resnet", "++model.heads.digit.layers=[{conv: 4}, flatten]"],
            r"since model\.global_average_pooling=true",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_key(overrides: list[str], complaint: str) -> None:
    with pytest.raises(MtlabError, match=complaint):
        built(*overrides)


@pytest.mark.parametrize("model", DEEP)
def test_every_layer_has_a_name_and_answers_with_its_filters(model: str) -> None:
    network = built(f"model={model}", shape=(1, 12, 12), num_tasks=1).requires_grad_(False)
    shared = [layer for layer in find_layers(network) if layer.task is None]
    assert [layer.name for layer in shared] == [f"conv{n + 1}" for n in range(len(shared))]
    images = torch.rand(2, 1, 12, 12)
    for layer in shared:
        answers = layer_output(network, layer, images, activated=True)
        assert answers.shape[:2] == (2, layer.num_channels), layer.name
    without = [layer.name for layer in shared if layer.activation is None]
    # The 1x1 shortcuts of the second and the third stage.
    assert without == (["conv5", "conv8"] if model == "resnet" else [])


def test_a_residual_blocks_second_convolution_answers_with_the_sum() -> None:
    network = built("model=resnet", "model.filters=[8]", shape=(1, 6, 6)).requires_grad_(False)
    images = torch.rand(2, 1, 6, 6)
    last: Layer = [layer for layer in find_layers(network) if layer.task is None][-1]
    answers = layer_output(network, last, images, activated=True)
    assert torch.equal(answers.mean(dim=(2, 3)), network.trunk(images))


@pytest.mark.parametrize(
    ("model", "small"),
    [
        ("resnet", "model.filters=[4,4]"),
        ("densenet", "model.growth_rate=2"),
        ("inception", "model.filters=[16]"),
    ],
)
def test_a_run_trains_is_loaded_and_measured_again(
    mtlab: Runner, tmp_path: Path, model: str, small: str
) -> None:
    run = train_run(tmp_path / "run", f"model={model}", small, "dataset.limit=60")
    assert "to the last bit" in mtlab("evaluate", f"run={run}").out
    answers = package.load(str(run)).predict(torch.rand(3, 28, 28).numpy())
    assert set(answers.tasks) == {"digit", "parity"}
