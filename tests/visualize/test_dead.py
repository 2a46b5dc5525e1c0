"""Units that never answer are found, and why they do not."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import torch
from conftest import Runner
from safetensors.torch import load_file, save_file
from torch import nn
from trained_runs import train_run

from mtlab.inference.loading import load_run
from mtlab.visualize.dead import judge
from mtlab.visualize.layers import Layer, find_layers


def answers(layer: Layer, inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
    before = layer.module(inputs)
    assert layer.activation is not None
    after = layer.activation(before)
    highest, lowest = after.amax(dim=0), after.amin(dim=0)
    return before.amax(dim=0), highest, lowest, (after > 0).float().mean(dim=0)


def dense(activation: nn.Module, weights: list[list[float]], biases: list[float]) -> Layer:
    module = nn.Linear(len(weights[0]), len(weights)).requires_grad_(False)
    module.weight.copy_(torch.tensor(weights))
    module.bias.copy_(torch.tensor(biases))
    return Layer("dense1", module, activation, None)


def test_dead_units_and_their_reasons() -> None:
    inputs = torch.tensor([[1.0, 0], [0, 1], [1, 1]])
    weights = [[1.0, 1], [1, 1], [-1, -1], [0, 0]]
    layer = dense(nn.ReLU(), weights, [0.0, -5, 0.5, -1])
    units = judge(layer, *(one.numpy() for one in answers(layer, inputs)))
    # The third unit's sums are below 0, and its bias of 0.5 does not lift the highest, -1.
    assert units.dead.tolist() == [False, True, True, True]
    assert units.reasons == [
        "", "its bias outweighs every weighted sum", "no weighted sum is above 0",
        "its weights are as good as 0",
    ]  # fmt: skip
    assert units.shares.tolist() == [1, 0, 0, 0]
    assert units.sentence == "dense1: 3 of 4 units never answer above 0 (1, 2, 3)"


@pytest.mark.parametrize("activation", [nn.Sigmoid(), nn.Tanh()])
def test_a_unit_that_saturates_is_dead_where_it_answers_always_the_same(
    activation: nn.Module,
) -> None:
    layer = dense(activation, [[1.0], [1.0]], [0.0, 20.0])
    found = answers(layer, torch.tensor([[-1.0], [1.0]]))
    units = judge(layer, *(one.numpy() for one in found))
    assert units.dead.tolist() == [False, True]
    assert units.reasons[1] == "its weighted sums lie where the curve is flat"


def test_batch_norm_counts_as_bias_and_weight(tmp_path: Path, mtlab: Runner) -> None:
    """Of a trained run whose batch norm is changed so that two filters never answer."""
    run = train_run(tmp_path / "run", "model=cnn", "model.filters=[6]", "model.batch_norm=true")
    path = run / "model.safetensors"
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        about = json.loads(file.read(size))["__metadata__"]
    tensors = load_file(path)
    (shift,) = [name for name in tensors if name.endswith("convolutions.1.bias")]
    tensors[shift][[1, 4]] = -1000.0
    save_file(tensors, path, about)
    (layer, _) = find_layers(load_run(run).model)
    images = torch.zeros(1, 1, 28, 28)
    assert layer.norm is not None
    expected = layer.norm(layer.module(images))[0, :, 0, 0]
    outcome = mtlab("visualize", f"run={run}", "what=dead", "dead.split=val")
    assert outcome.code == 0, outcome.err
    assert "conv1: 2 of 6 filters never answer above 0 (1, 4) on" in outcome.out
    pictures = run / "pictures" / "dead"
    with (pictures / "units.csv").open() as file:
        lines = list(csv.DictReader(file))
    biases = torch.tensor([float(line["bias"]) for line in lines])
    torch.testing.assert_close(biases, expected)
    assert lines[4]["reason"] == "its bias outweighs every weighted sum"
    assert (pictures / "conv1.png").is_file()
