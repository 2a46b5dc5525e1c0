"""The layer table against hand-computed values, and against what is counted elsewhere."""

from __future__ import annotations

import pytest
import torch
from conftest import composed
from torch import nn
from trained_runs import classification_head

from mtlab.config.compose import to_run_config
from mtlab.data.build import read_inputs
from mtlab.models.build import build_model
from mtlab.models.counting import count_parameters, layer_sizes
from mtlab.models.layers import Trunk
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.visualize.layers import find_layers

EVERY_MODEL = [
    ("model=mtl_cnn",),
    ("model=three_heads", "dataset=shapes", "dataset.num_images=40", "model.batch_norm=true"),
    ("model=mlp", "model.batch_norm=true", "model.dropout=0.5", "tasks=[digit,parity]"),
    ("model=cnn", "dataset=fashion_mnist", "model.global_average_pooling=true"),
    ("model=vgg", "dataset=emnist"),
    ("model=perceptron", "dataset=kmnist", "dataset.classes=[0,1]"),
    ("model=resnet",),
    ("model=densenet",),
    ("model=inception",),
]


def built(*overrides: str) -> tuple[nn.Module, tuple[int, int, int]]:
    config = to_run_config(composed(*overrides))
    inputs = read_inputs(config.dataset, config.tasks, config.model.task_choice)
    model = build_model(config.model, inputs.image_shape, inputs.tasks, inputs.available_tasks)
    return model, inputs.image_shape


def test_every_column_of_a_network_counted_by_hand() -> None:
    model, shape = built(
        "model=cnn", "model.filters=[2,3]", "model.kernel_size=3", "model.pool_after=[1]",
        "model.batch_norm=true", "model.dropout=0.5", "tasks=[parity]",
    )  # fmt: skip
    rows = [
        (r.name, r.kind, r.shape, r.parameters, r.operations) for r in layer_sizes(model, shape)
    ]
    assert rows == [
        ("conv1", "conv 3x3", (2, 26, 26), 2 * 9 + 2, 2 * 2 * 9 * 26 * 26),
        ("norm1", "batch norm, relu", (2, 26, 26), 4, 0),
        ("pool1", "max pooling 2x2", (2, 13, 13), 0, 0),
        ("conv2", "conv 3x3, stride 2", (3, 6, 6), 3 * 2 * 9 + 3, 2 * 3 * 2 * 9 * 6 * 6),
        ("norm2", "batch norm, relu", (3, 6, 6), 6, 0),
        ("flatten", "flatten", (108,), 0, 0),
        ("dropout1", "dropout 0.5", (108,), 0, 0),
        ("parity.output", "dense", (2,), 2 * 108 + 2, 2 * 2 * 108),
    ]


def test_borrowed_features_and_vectors_without_a_layer_have_rows() -> None:
    model, shape = built("model=three_heads", "dataset=shapes", "dataset.num_images=40")
    rows = {row.name: row for row in layer_sizes(model, shape)}
    assert rows["b.flatten"].shape == (512,)
    assert (rows["b.join"].kind, rows["b.join"].shape) == ("join features of a", (512 + 64,))
    assert rows["c.output"].kind == "dense, sigmoid"
    # Head b runs behind a, whose features it takes; the table keeps the order of the tasks.
    assert list(dict.fromkeys(row.task for row in rows.values())) == [None, "a", "b", "c"]
    mlp, shape = built("model=mlp")
    assert layer_sizes(mlp, shape)[0].kind == "flatten"


@pytest.mark.parametrize("overrides", EVERY_MODEL, ids=lambda overrides: overrides[0])
def test_the_rows_add_up_and_have_the_names_that_visualize_takes(
    overrides: tuple[str, ...],
) -> None:
    model, shape = built(*overrides)
    rows = layer_sizes(model, shape)
    counts = count_parameters(model)
    assert sum(row.parameters for row in rows) == counts.total
    assert sum(row.trainable for row in rows) == counts.trainable
    for task, number in counts.heads.items():
        assert sum(row.parameters for row in rows if row.task == task) == number
    names = [row.name for row in rows]
    assert len(set(names)) == len(names)
    assert {layer.name for layer in find_layers(model)} <= set(names)


class Residual(Trunk):
    """A sum that no module stands for, and a weight of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, 1, 3, padding=1)
        self.activation = nn.ReLU()
        self.scale = nn.Parameter(torch.ones(1))
        self.output_shape = (16,)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.scale * self.activation(images + self.convolution(images)).flatten(1)


def test_sums_and_concatenations_of_blocks_have_rows() -> None:
    kinds = [row.kind for row in layer_sizes(*built("model=resnet", "model.batch_norm=false"))]
    assert kinds.count("sum, relu") == 3
    rows = layer_sizes(*built("model=densenet"))
    joined = [row.shape[0] for row in rows if row.kind == "concatenation"]
    assert joined[:3] == [24 + 12, 24 + 2 * 12, 24 + 3 * 12]


def test_any_trunk_can_be_listed_and_frozen_weights_are_told() -> None:
    model = MultiTaskNetwork(Residual(), {"digit": classification_head(16, [], 3)})
    model.trunk.convolution.requires_grad_(False)
    rows = layer_sizes(model, (1, 4, 4))
    assert [row.kind for row in rows] == ["conv 3x3, padding 1", "sum, relu", "residual", "dense"]
    assert sum(row.parameters for row in rows) == 10 + 1 + 51
    assert [row.trainable for row in rows] == [0, 0, 1, 51]
