"""Every network of the published grids has exactly the published number of parameters."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from conftest import composed
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mtlab.config.compose import to_run_config
from mtlab.data.tasks import ClassificationTask, RegressionTask, Task
from mtlab.models.build import build_model
from mtlab.models.counting import count_parameters, layer_sizes

DIGIT = ClassificationTask("digit", tuple("0123456789"))


def num_operations(model: nn.Module, image_shape: tuple[int, int, int]) -> int:
    return sum(layer.operations for layer in layer_sizes(model, image_shape))


MODELS = ("perceptron", "mlp", "cnn", "mtl_cnn", "vgg", "resnet", "densenet", "inception")

MLPS = [
    ([1000, 1000], 1796010),
    ([992, 544], 1324362),
    ([768, 1088, 384], 1861578),
    ([512, 1280, 1632, 672], 4253258),
    ([224, 1984, 768, 1088, 384], 3405418),
    ([480, 960], 848170),
    ([512, 1280, 1632], 3165482),
    ([480, 960, 1184, 928], 3085354),
    ([960, 1184, 928, 992, 544], 4458314),
    ([1000], 795010),
]
CNNS = [
    ([32, 64, 128], 4, None, [], 185066),
    ([192, 96], [3, 4], 1, [], 804778),
    ([64, 288, 64], [3, 2, 3], 1, [], 579178),
    ([128, 416, 128, 320], [3, 2, 3, 3], 1, [], 2474218),
    ([128, 416, 128, 320, 256], [3, 2, 3, 3, 2], 1, [], 2414954),
    ([128, 416], [3, 2], 1, [], 2814698),
    ([320, 256, 64], [3, 2, 4], 1, [], 903114),
    ([64, 288, 64, 288], [3, 2, 3, 3], 1, [], 1676874),
    ([224, 480, 288, 256, 512], [2, 3, 2, 2, 3], 1, [], 5255786),
    ([16], 4, 2, [1], 6042),
]


def size(*overrides: str) -> int:
    config = to_run_config(composed(*overrides))
    return count_parameters(build_model(config.model, (1, 28, 28), [DIGIT])).total


def listed(values: object) -> str:
    return "null" if values is None else str(values).replace(" ", "")


@pytest.mark.parametrize(("widths", "published"), MLPS)
def test_mlps(widths: list[int], published: int) -> None:
    assert size("model=mlp", f"model.widths={listed(widths)}") == published


@pytest.mark.parametrize(("filters", "kernel_size", "strides", "pool_after", "published"), CNNS)
def test_cnns(filters, kernel_size, strides, pool_after, published) -> None:
    overrides = {
        "filters": filters,
        "kernel_size": kernel_size,
        "strides": strides,
        "pool_after": pool_after,
    }
    assert published == size(
        "model=cnn", *(f"model.{key}={listed(value)}" for key, value in overrides.items())
    )


def test_the_studies_multi_task_network_splits_into_shared_layers_and_branches() -> None:
    config = to_run_config(composed("model=mtl_cnn", "model.shared_widths=[3136]"))
    tasks = [DIGIT, ClassificationTask("parity", ("even", "odd"))]
    counts = count_parameters(build_model(config.model, (1, 28, 28), tasks))
    convolutions = (9 * 32 + 32) + (9 * 32 * 64 + 64) + (9 * 64 * 128 + 128)
    assert counts.shared == convolutions + 7 * 7 * 128 * 3136 + 3136
    assert counts.heads == {
        "digit": 3136 * 64 + 64 + 64 * 10 + 10,
        "parity": 3136 * 64 + 64 + 64 * 2 + 2,
    }
    assert counts.total == counts.trainable == counts.shared + sum(counts.heads.values())


def test_operations_are_two_per_multiplication_of_dense_and_convolution_layers() -> None:
    config = to_run_config(composed("model=cnn", "model.filters=[2]", "model.kernel_size=3"))
    model = build_model(config.model, (1, 6, 5), [DIGIT])
    # 4 x 3 output pixels, 2 filters of 9 weights; then 24 features to 10 classes.
    assert num_operations(model, (1, 6, 5)) == 2 * (4 * 3 * 2 * 9 + 24 * 10)
    perceptron = to_run_config(composed("model=perceptron"))
    unit = build_model(perceptron.model, (1, 28, 28), [ClassificationTask("pair", ("0", "1"))])
    assert num_operations(unit, (1, 28, 28)) == 2 * 784


@pytest.mark.parametrize("model", [*MODELS, "three_heads"])
def test_operations_are_those_that_torch_counts(model: str) -> None:
    config = to_run_config(composed(f"model={model}"))
    tasks: list[Task] = [ClassificationTask("a", ("0", "1"))]
    if model in ("mtl_cnn", "three_heads"):
        tasks += [ClassificationTask("b", tuple("01234")), RegressionTask("c")]
    network = build_model(config.model, (3, 28, 28), tasks).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(2, 3, 28, 28))
    assert num_operations(network, (3, 28, 28)) == counter.get_total_flops() / 2


def test_nothing_loads_torchs_compiler_before_training_begins() -> None:
    modules = [
        "mtlab.commands.train", "mtlab.models.build", "mtlab.models.counting",
        "mtlab.training.build",
    ]  # fmt: skip
    lines = [*(f"import {module}" for module in modules), "import sys, torch"]
    lines += ["model = mtlab.models.perceptron.Perceptron((1, 2, 2), 'pair', 0.1)"]
    lines += ["mtlab.models.counting.layer_sizes(model, (1, 2, 2))"]
    lines += ["assert 'torch._dynamo' not in sys.modules"]
    # Where the trainer is built, which no clock of training counts; and not at the first step.
    lines += ["mtlab.training.optim.SGD(model.parameters(), lr=0.1, fused=True)"]
    lines += ["assert 'torch._dynamo' in sys.modules"]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)
