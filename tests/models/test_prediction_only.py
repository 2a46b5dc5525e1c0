"""A network made simpler for prediction answers as it did, to the bit."""

from __future__ import annotations

import pytest
import torch
from conftest import composed
from torch import nn

from mtlab.config.compose import to_run_config
from mtlab.data.tasks import ClassificationTask, RegressionTask
from mtlab.models.build import build_model
from mtlab.models.prediction_only import simplify_for_prediction

TASKS = [
    ClassificationTask("a", tuple("0123456789")),
    ClassificationTask("b", ("even", "odd")),
    RegressionTask("c", (0.0, 1.0), "sigmoid"),
]


def network(*overrides: str) -> nn.Module:
    torch.manual_seed(0)
    model = build_model(to_run_config(composed(*overrides)).model, (1, 32, 32), TASKS)
    # Statistics of batch normalisation other than 0 and 1, as training leaves them.
    for name, values in model.named_buffers():
        if values.is_floating_point():
            values.uniform_(0.5, 1.5) if name.endswith("var") else values.normal_()
    return model.eval().requires_grad_(False)


@pytest.mark.parametrize(
    "overrides",
    [
        ("model=three_heads", "dataset=shapes", "mtl=weights"),
        ("model=three_heads", "dataset=shapes", "mtl=weights", "model.activation=gelu"),
        ("model=vgg", "model.filters=[8,16]"),
        ("model=cnn", "model.pool_after=[1,3]", "model.strides=1", "model.batch_norm=true"),
        ("model=mtl_cnn", "model.filters=[4,8]", "model.shared_widths=[16]"),
        ("model=mlp", "model.widths=[16,8]"),
    ],
)
def test_the_answers_are_the_same_bits(overrides: tuple[str, ...]) -> None:
    model = network(*overrides)
    images = torch.randn(9, 1, 32, 32)
    kept = images.clone()
    with torch.inference_mode():
        wanted = {task: output.clone() for task, output in model(images).items()}
        found = simplify_for_prediction(model)(images)
    assert torch.equal(images, kept)
    assert all(torch.equal(wanted[task], found[task]) for task in ("a", "b", "c"))


def test_pooling_comes_before_relu_alone() -> None:
    layers = [nn.ReLU(), nn.MaxPool2d(2), nn.GELU(), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten()]
    simpler = simplify_for_prediction(nn.Sequential(*layers))
    assert isinstance(simpler, nn.Sequential)
    order = [type(layer).__name__ for layer in simpler]
    assert order == ["MaxPool2d", "ReLU", "GELU", "MaxPool2d", "ReLU", "Flatten"]
