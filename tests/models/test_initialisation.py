"""Initial weights have the spread that their papers say, and zero biases."""

import math

import pytest
import torch
from conftest import composed
from torch import nn

from mtlab.config.compose import to_run_config
from mtlab.data.tasks import ClassificationTask
from mtlab.errors import ConfigError
from mtlab.models.build import build_model
from mtlab.models.initialisation import INITIALISATIONS

DIGIT = ClassificationTask("digit", tuple("0123456789"))


def built(*overrides: str, seed: int = 0) -> nn.Module:
    config = to_run_config(composed(*overrides))
    torch.manual_seed(seed)
    return build_model(config.model, (1, 28, 28), [DIGIT])


def layers(model: nn.Module) -> list[nn.Linear | nn.Conv2d]:
    return [layer for layer in model.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]


# Variances for 400 inputs and 300 outputs of a dense layer.
VARIANCES = {
    "kaiming_normal": 2 / 400,
    "kaiming_uniform": 2 / 400,
    "xavier_normal": 2 / 700,
    "xavier_uniform": 2 / 700,
    "lecun_normal": 1 / 400,
    # Rows of length 1 over 400 inputs.
    "orthogonal": 1 / 400,
}


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_a_dense_layers_weights_have_the_papers_variance(name: str) -> None:
    model = built("model=mlp", "model.widths=[400,300]", f"model.initialisation={name}")
    weights = layers(model)[1].weight.detach()
    assert float(weights.var()) == pytest.approx(VARIANCES[name], rel=0.02)
    assert abs(float(weights.mean())) < 0.01 * math.sqrt(VARIANCES[name]) * 10
    if name.endswith("uniform"):
        limit = math.sqrt(3 * VARIANCES[name])
        assert 0.99 * limit < float(weights.abs().max()) <= limit
    if name == "orthogonal":
        torch.testing.assert_close(weights @ weights.T, torch.eye(300), atol=1e-5, rtol=0)


def test_a_convolution_counts_the_pixels_of_its_kernel_as_keras_does() -> None:
    model = built("model=cnn", "model.filters=[64,96]", "model.initialisation=xavier_uniform")
    limit = math.sqrt(6 / (16 * 64 + 16 * 96))
    assert 0.99 * limit < float(layers(model)[1].weight.detach().abs().max()) <= limit


@pytest.mark.parametrize("model", ["mlp", "mtl_cnn", "vgg", "resnet", "densenet", "inception"])
def test_every_layered_model_has_it_and_biases_are_zero(model: str) -> None:
    network = built(f"model={model}", "model.batch_norm=true", "model.initialisation=lecun_normal")
    assert all(layer.bias is None or not layer.bias.any() for layer in layers(network))
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    assert all(bool((norm.weight == 1).all()) for norm in norms)
    other = built(
        f"model={model}", "model.batch_norm=true", "model.initialisation=lecun_normal", seed=1
    )
    assert not torch.equal(layers(network)[0].weight, layers(other)[0].weight)


def test_by_default_the_weights_are_torchs_own_to_the_bit() -> None:
    torch.manual_seed(3)
    hidden, output = nn.Linear(784, 5), nn.Linear(5, 10)
    found = layers(built("model=mlp", "model.widths=[5]", seed=3))
    for layer, own in zip(found, (hidden, output), strict=True):
        assert torch.equal(layer.weight, own.weight)
        assert torch.equal(layer.bias, own.bias)


def test_an_unknown_one_is_answered_with_those_that_exist() -> None:
    with pytest.raises(ConfigError, match=r"default, kaiming_normal.*did you mean xavier_uniform"):
        to_run_config(composed("model.initialisation=xavier_unifrom"))
