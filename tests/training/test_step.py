"""A training step queues work and reads nothing back."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from test_loop import built, experiment
from torch.utils._python_dispatch import TorchDispatchMode

from mtlab.errors import ConfigError
from mtlab.runner.build import Experiment
from mtlab.training.optim import build_optimizer
from mtlab.training.step import EpochSums, TrainStep, clip_each

GAPS_OF_VALUES = ["+dataset.tasks.value.missing='nan'"]
READS = ("aten._local_scalar_dense", "aten.nonzero", "aten.is_nonzero", "aten.equal")


class NoReads(TorchDispatchMode):
    """Fails on any operation whose result Python has to wait for."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None) -> Any:
        assert not str(function).startswith(READS), f"{function} waits for the device"
        return function(*args, **(kwargs or {}))


def step_of(parts: Experiment) -> tuple[TrainStep, EpochSums]:
    optimizer = build_optimizer(
        parts.config.optimizer, parts.model.parameters(), parts.objective.parameters()
    )
    step = TrainStep(
        parts.model,
        parts.objective,
        optimizer,
        parts.device,
        parts.config.trainer.clip_norm,
        parts.config.trainer.clip_each_norm,
    )
    return step, EpochSums(parts.objective, 64, 32, parts.device.torch_device)


def test_the_guard_itself_notices_a_read() -> None:
    with NoReads(), pytest.raises(AssertionError, match="waits for the device"):
        float(torch.ones(()).sum())


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
@pytest.mark.parametrize(
    "options",
    [
        [],
        ["trainer.clip_norm=1", "model.dropout=0.5", "model.batch_norm=true"],
        ["trainer.clip_each_norm=1"],
        ["mtl=uncertainty"],
        ["mtl=pcgrad"],
        ["mtl=lambda_schedule", "trainer.label_smoothing=0.1", "trainer.class_weights=balanced"],
        ["mtl=alternating", "+dataset.tasks.digit.missing=-1"],
        ["mtl=alternating", "mtl.order=random", "tasks=[digit,value]", *GAPS_OF_VALUES],
    ],
    ids=[
        "plain",
        "everything",
        "clipped each",
        "uncertainty",
        "pcgrad",
        "schedule and weighed classes",
        "in turn with gaps",
        "drawn with gaps of values",
    ],
)
def test_a_step_reads_nothing_back(optimizer: str, options: list[str]) -> None:
    step, sums = step_of(parts := experiment(f"optimizer={optimizer}", *options))
    positions = torch.arange(32)
    step(parts.train, positions, sums, 0)
    with NoReads():
        step(parts.train, positions, sums, 1)
    assert sums.read(2, epoch=1).loss > 0


def test_what_a_weighting_learns_is_learned_without_weight_decay() -> None:
    parts = experiment("mtl=uncertainty", "optimizer.weight_decay=0.1")
    step, sums = step_of(parts)
    step(parts.train, torch.arange(32), sums, 0)
    (learned,) = parts.objective.parameters()
    assert learned.detach().all()
    *_, undecayed = step.optimizer.param_groups
    assert undecayed["weight_decay"] == 0
    assert undecayed["params"][0] is learned


def test_gradients_can_only_meet_in_shared_layers() -> None:
    with pytest.raises(ConfigError, match=r"mtl: .*share no layer.*found pcgrad"):
        _ = built("model=mlp", "model.widths=[]", "mtl=pcgrad", "tasks=[digit,parity]").trainer


def test_the_pure_part_changes_nothing() -> None:
    step, _ = step_of(parts := experiment("mtl=uncertainty"))
    before = {name: tensor.clone() for name, tensor in parts.model.state_dict().items()}
    images, targets = parts.train.images[:8], {n: t[:8] for n, t in parts.train.targets.items()}
    first, second = step.forward(images, targets), step.forward(images, targets)
    assert [loss.item() for loss in first[0]] == [loss.item() for loss in second[0]]
    assert set(first[1]) == set(targets)
    for name, tensor in parts.model.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_sums_that_are_reset_are_as_new_and_stay_in_place() -> None:
    step, sums = step_of(parts := experiment("dataset=shapes", "tasks=[a,c]"))
    images, targets = parts.train.images[:32], {n: t[:32] for n, t in parts.train.targets.items()}
    losses, outputs, _ = step.forward(images, targets)
    values, place = torch.stack(losses).detach(), sums._step_losses.data_ptr()
    fresh = EpochSums(parts.objective, 64, 32, parts.device.torch_device)
    fresh.add(0, values, outputs, targets)
    sums.add(0, values * 2, outputs, targets)
    sums.add(1, values * 3, outputs, targets)
    sums.reset()
    sums.add(0, values, outputs, targets)
    assert sums.read(1, epoch=1).as_dict() == fresh.read(1, epoch=1).as_dict()
    assert sums._step_losses.data_ptr() == place


def test_each_gradient_is_clipped_by_itself_as_keras_does() -> None:
    """|(3, 4)| = 5 becomes 1, |(0.6, 0.8)| = 1 stays; together they would both have shrunk."""
    gradients = [[3.0, 4.0], [0.6, 0.8], [0.0, 0.0]]
    parameters = [torch.nn.Parameter(torch.zeros(2)) for _ in range(4)]
    for parameter, gradient in zip(parameters, gradients, strict=False):
        parameter.grad = torch.tensor(gradient)
    clip_each(parameters, 1.0)
    found = [parameter.grad.tolist() for parameter in parameters if parameter.grad is not None]
    assert found == [pytest.approx(one) for one in ([0.6, 0.8], [0.6, 0.8], [0.0, 0.0])]


def test_gradients_are_clipped_in_one_way_or_the_other() -> None:
    with pytest.raises(ConfigError, match=r"clip_each_norm: and trainer\.clip_norm both clip"):
        built("trainer.clip_norm=1", "trainer.clip_each_norm=1")
