"""Layers have names, and answer to images."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from trained_runs import classification_head, cnn_trunk

from mtlab.data.tasks import RegressionTask
from mtlab.errors import ModelError
from mtlab.models.cnn import plan_convolutions
from mtlab.models.heads import Head
from mtlab.models.layers import dense_specs
from mtlab.models.mlp import MlpTrunk
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.visualize.layers import choose_layers, find_layers, layer_output, task_output

SHAPE = (1, 12, 12)


def two_task_network() -> MultiTaskNetwork:
    plans = plan_convolutions([3, 4], 3, 1, 1, [1], 2, batch_norm=True)
    trunk = cnn_trunk(SHAPE, plans, shared_widths=[6])
    heads = {"digit": classification_head(6, [5], 10), "parity": classification_head(6, [], 2)}
    return MultiTaskNetwork(trunk, heads).eval().requires_grad_(False)


def test_layers_are_named_in_order_and_by_task() -> None:
    layers = find_layers(two_task_network())
    assert [layer.name for layer in layers] == [
        "conv1", "conv2", "dense1", "digit.dense1", "digit.output", "parity.output",
    ]  # fmt: skip
    assert [layer.num_channels for layer in layers] == [3, 4, 6, 5, 10, 2]
    assert [layer.task for layer in layers] == [None, None, None, "digit", "digit", "parity"]
    assert all(
        isinstance(layer.activation, nn.ReLU) == ("output" not in layer.name) for layer in layers
    )


def test_an_unknown_layer_is_answered_with_those_that_exist() -> None:
    layers = find_layers(two_task_network())
    with pytest.raises(ModelError, match=r"must be one of conv1, conv2, dense1.*found conv9"):
        choose_layers(layers, ["conv9"], lambda _: True)


def test_an_output_is_the_layers_own_before_or_behind_its_activation() -> None:
    model = two_task_network()
    images = torch.rand(2, *SHAPE)
    first = find_layers(model)[0]
    sums = layer_output(model, first, images, activated=False)
    torch.testing.assert_close(sums, first.module(images))
    # Behind the nonlinearity: batch norm stands between.
    activated = layer_output(model, first, images, activated=True)
    assert float(activated.min()) >= 0
    torch.testing.assert_close(activated, model.trunk.convolutions[:3](images))


def test_a_convolution_answers_to_larger_images_than_the_network_takes() -> None:
    model = two_task_network()
    layers = find_layers(model)
    larger = torch.rand(1, 1, 20, 16)
    assert layer_output(model, layers[1], larger, activated=True).shape == (1, 4, 10, 8)
    with pytest.raises(RuntimeError):
        layer_output(model, layers[2], larger, activated=True)


def test_no_hook_stays_behind() -> None:
    model = two_task_network()
    images = torch.rand(1, *SHAPE)
    before = model(images)["digit"]
    layer_output(model, find_layers(model)[0], images, activated=True)
    assert torch.equal(model(images)["digit"], before)


def value_network() -> MultiTaskNetwork:
    """A regression head that sends no gradient back."""
    torch.manual_seed(0)
    task = RegressionTask("v", (0.0, 1.0), "sigmoid")
    head = Head(task, dense_specs([5]), (6,), stop_gradient=True)
    network = MultiTaskNetwork(MlpTrunk(SHAPE, [6]), {"v": head})
    return network.eval().requires_grad_(False)


def test_the_output_of_a_regression_task_is_one_unit() -> None:
    model = value_network()
    images = torch.rand(3, *SHAPE)
    found = layer_output(model, find_layers(model)[-1], images, activated=True)
    assert found.shape == (3, 1)
    torch.testing.assert_close(found.squeeze(1), model(images)["v"])


def test_gradients_reach_the_image_from_a_head_that_sends_none_back() -> None:
    model = value_network()
    images = torch.rand(3, *SHAPE, requires_grad=True)
    assert not model(images)["v"].requires_grad
    for layer in find_layers(model):
        (gradient,) = torch.autograd.grad(
            layer_output(model, layer, images, activated=False).sum(), images
        )
        assert float(gradient.abs().max()) > 0, layer.name
    output = task_output(model, "v", images)
    (gradient,) = torch.autograd.grad(output.sum(), images)
    assert float(gradient.abs().max()) > 0
    assert torch.equal(output, model(images)["v"])
    assert not model(images)["v"].requires_grad
