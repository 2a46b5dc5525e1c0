"""VGG blocks."""

from __future__ import annotations

import pytest
import torch
from conftest import composed
from torch import nn

from mtlab.config.compose import to_run_config
from mtlab.data.tasks import ClassificationTask
from mtlab.errors import ModelError
from mtlab.models.build import build_model
from mtlab.models.counting import count_parameters
from mtlab.models.layers import build_layers
from mtlab.models.vgg import plan_blocks

TASKS = [
    ClassificationTask("digit", tuple("0123456789")),
    ClassificationTask("parity", ("even", "odd")),
]


def built(*overrides: str) -> nn.Module:
    config = to_run_config(composed("model=vgg", *overrides))
    return build_model(config.model, (1, 28, 28), TASKS)


def test_each_block_keeps_the_map_until_its_pooling_halves_it() -> None:
    _, shapes = build_layers(plan_blocks([8, 16], 2, (1, 28, 28)), (1, 28, 28), "relu")
    first = [(8, 28, 28), (8, 28, 28), (8, 14, 14)]
    assert shapes[1:] == [*first, (16, 14, 14), (16, 14, 14), (16, 7, 7)]


def test_the_number_of_convolutions_per_block_is_free() -> None:
    plans = plan_blocks([8, 16], 3, (1, 28, 28))
    assert [plan.kind for plan in plans] == ["conv", "conv", "conv", "pool"] * 2
    assert [plan.number for plan in plans] == [8, 8, 8, 2, 16, 16, 16, 2]
    sizes = {(plan.kernel_size, plan.stride, plan.padding) for plan in plans if plan.kind == "conv"}
    assert sizes == {(3, 1, 1)}


def test_parameters_counted_by_hand() -> None:
    counts = count_parameters(built("model.filters=[4,8]", "model.shared_widths=[16]"))
    convolutions = (9 + 1) * 4 + (9 * 4 + 1) * 4 + (9 * 4 + 1) * 8 + (9 * 8 + 1) * 8
    assert counts.shared == convolutions + (8 * 7 * 7 + 1) * 16
    assert counts.heads == {"digit": 17 * 10, "parity": 17 * 2}


def test_branches_and_batch_norm_are_on_request() -> None:
    network = built("model.filters=[4]", "model.branch_widths=[5]", "model.batch_norm=true")
    kinds = [type(layer).__name__ for layer in network.modules()]
    assert kinds.count("BatchNorm2d") == 2
    outputs = network(torch.rand(3, 1, 28, 28))
    assert {task: tuple(logits.shape) for task, logits in outputs.items()} == {
        "digit": (3, 10),
        "parity": (3, 2),
    }


def test_dropout_stands_behind_the_dense_layers() -> None:
    network = built("model.dropout=0.4", "model.branch_widths=[5]")
    rates = [layer.p for layer in network.modules() if isinstance(layer, nn.Dropout)]
    assert rates == [0.0, 0.4, 0.4, 0.4]


def test_more_blocks_than_the_image_can_be_halved_are_a_mistake() -> None:
    assert len(plan_blocks([1] * 4, 1, (1, 28, 28))) == 2 * 4
    with pytest.raises(ModelError, match=r"model\.filters: must hold at most 4 blocks"):
        plan_blocks([1] * 5, 2, (1, 28, 28))
