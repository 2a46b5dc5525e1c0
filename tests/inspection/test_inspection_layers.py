"""Layers have names, and answer to images."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from trained_runs import classification_head

from mtlab.data.tasks import RegressionTask
from mtlab.errors import ModelError
from mtlab.inspection.layers import choose_layers, find_layers, layer_output, task_output
from mtlab.inspection.weights import kernels_in_rows, reads_pixels, weight_images
from mtlab.models.cnn import CnnTrunk, plan_convolutions
from mtlab.models.heads import DenseHead
from mtlab.models.mlp import MlpTrunk
from mtlab.models.multitask import HeadLinks, MultiTaskNetwork
from mtlab.models.perceptron import Perceptron

SHAPE = (1, 12, 12)


def two_task_network() -> MultiTaskNetwork:
    plans = plan_convolutions([3, 4], 3, 1, 1, [1], 2)
    trunk = CnnTrunk(SHAPE, plans, shared_widths=[6], batch_norm=True)
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


def test_dense_layers_that_read_pixels_are_the_first_ones() -> None:
    mlp = MultiTaskNetwork(MlpTrunk((1, 2, 2), [4, 3]), {"t": classification_head(3, [], 2)})
    linear = MultiTaskNetwork(MlpTrunk((1, 2, 2), []), {"t": classification_head(4, [], 2)})
    unit = Perceptron((1, 2, 2), "t", 1.0)

    def readers(model: nn.Module, shape: tuple[int, int, int]) -> list[str]:
        layers = find_layers(model)
        return [layer.name for layer in layers if reads_pixels(layer, layers, shape)]

    # dense2 has four inputs as well, but they are features.
    assert readers(mlp, (1, 2, 2)) == ["dense1"]
    assert readers(linear, (1, 2, 2)) == ["t.output"]
    assert readers(unit, (1, 2, 2)) == ["unit"]
    assert readers(two_task_network(), SHAPE) == []


def test_weights_are_images_of_the_pixels_they_read() -> None:
    unit = Perceptron((3, 2, 2), "t", 1.0)
    (layer,) = find_layers(unit)
    images = weight_images(layer, (3, 2, 2))
    assert images.shape == (1, 3, 2, 2)
    assert images[0, 1, 0, 1] == unit.unit.weight[0, 5].item()


def test_kernels_stand_in_rows_by_filter() -> None:
    weights = torch.arange(2 * 3 * 2 * 2).float().reshape(2, 3, 2, 2).numpy()
    sheet = kernels_in_rows(weights)
    assert sheet.shape == (6, 9)
    assert (sheet[3:5, 6:8] == weights[1, 2]).all()
    assert torch.from_numpy(sheet[2]).isnan().all()
    assert torch.from_numpy(sheet[:, 2]).isnan().all()


def value_network() -> MultiTaskNetwork:
    """A regression head that sends no gradient back."""
    torch.manual_seed(0)
    head = DenseHead(6, [5], RegressionTask("v", (0.0, 1.0), "sigmoid"))
    network = MultiTaskNetwork(MlpTrunk(SHAPE, [6]), {"v": head}, {"v": HeadLinks((), False, True)})
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
