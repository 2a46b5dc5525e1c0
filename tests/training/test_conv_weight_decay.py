"""L2 on convolution kernels, and on nothing else."""

from __future__ import annotations

import pytest
import torch
from conftest import composed
from torch import nn

from mtlab.config.compose import to_run_config
from mtlab.errors import ConfigError
from mtlab.training.optim import build_optimizer, build_scheduler


def network() -> nn.Sequential:
    """A layer of every kind that has parameters, all of them 0.5."""
    layers = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2))
    for parameter in layers.parameters():
        nn.init.constant_(parameter, 0.5)
    return layers


def stepped(*overrides: str) -> dict[str, float]:
    """A parameter's first value after one step without any gradient from the data."""
    layers = network()
    config = to_run_config(composed(*overrides))
    optimizer = build_optimizer(config.optimizer, layers.parameters())
    for parameter in layers.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    return {
        name: float(parameter.detach().flatten()[0])
        for name, parameter in layers.named_parameters()
    }


def test_a_step_of_plain_descent_is_the_penaltys_gradient() -> None:
    values = stepped(
        "optimizer=sgd", "optimizer.momentum=0", "optimizer.lr=0.1",
        "optimizer.conv_weight_decay=0.2",
    )  # fmt: skip
    # Keras' l2(0.1): d/dw of 0.1 * w^2 is 0.2 * w = 0.1; times the rate 0.1.
    assert values.pop("0.weight") == pytest.approx(0.5 - 0.01)
    assert set(values.values()) == {0.5}


def test_it_adds_to_the_decay_of_all_weights() -> None:
    values = stepped(
        "optimizer=sgd", "optimizer.momentum=0", "optimizer.lr=0.1",
        "optimizer.conv_weight_decay=0.2", "optimizer.weight_decay=0.4",
    )  # fmt: skip
    assert values.pop("0.weight") == pytest.approx(0.5 - 0.1 * (0.2 + 0.4) * 0.5)
    assert list(values.values()) == pytest.approx([0.5 - 0.1 * 0.4 * 0.5] * len(values))


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
def test_every_optimizer_moves_kernels_alone(optimizer: str) -> None:
    overrides = [f"optimizer={optimizer}", "optimizer.weight_decay=0"]
    values = stepped(*overrides, "optimizer.conv_weight_decay=0.1")
    assert values.pop("0.weight") < 0.5
    assert set(values.values()) == {0.5}


def test_adam_takes_the_penalty_as_part_of_the_gradient() -> None:
    # Adam's first step has the length of the rate whatever the gradient's: 0.5 - 0.001.
    values = stepped("optimizer=adam", "optimizer.conv_weight_decay=1e-3")
    assert values["0.weight"] == pytest.approx(0.499, abs=1e-6)


def test_a_schedule_lowers_the_rate_of_both_groups() -> None:
    config = to_run_config(
        composed("optimizer.conv_weight_decay=0.1", "scheduler=step", "scheduler.step_epochs=1")
    )
    optimizer = build_optimizer(config.optimizer, network().parameters())
    scheduler = build_scheduler(config.scheduler, optimizer, 2, lower_is_better=False)
    assert scheduler is not None
    optimizer.step()
    scheduler.step()
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([1e-4, 1e-4])


def test_without_it_all_parameters_are_one_group() -> None:
    optimizer = build_optimizer(to_run_config(composed()).optimizer, network().parameters())
    assert [len(group["params"]) for group in optimizer.param_groups] == [6]


def test_a_model_without_convolutions_is_told() -> None:
    config = to_run_config(composed("optimizer.conv_weight_decay=0.1"))
    with pytest.raises(ConfigError, match=r"optimizer\.conv_weight_decay: needs a model with conv"):
        build_optimizer(config.optimizer, nn.Linear(2, 2).parameters())
