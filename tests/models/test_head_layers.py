"""Heads listed in YAML: shapes, parameters, where gradients flow, and what does not fit."""

from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import composed
from omegaconf import OmegaConf
from torch import nn

from mtlab.config.base import Keys, read_keys
from mtlab.config.compose import to_run_config
from mtlab.config.model import ModelConfig
from mtlab.data.tasks import ClassificationTask, RegressionTask, Task
from mtlab.errors import ConfigError, ModelError
from mtlab.models.build import build_model
from mtlab.models.counting import count_parameters
from mtlab.models.multitask import MultiTaskNetwork, forward_order

THREE_HEADS = Path(__file__).parents[2] / "conf" / "model" / "three_heads.yaml"
A = ClassificationTask("a", tuple(map(str, range(10))))
B = ClassificationTask("b", tuple(map(str, range(32))))
C = RegressionTask("c", (0.0, 1.0), "sigmoid")
GREY_32 = (1, 32, 32)


class ModelAlone(Keys):
    model: ModelConfig


def three_heads(
    changes: dict[str, object] | None = None, tasks: tuple[Task, ...] = (A, B, C)
) -> MultiTaskNetwork:
    values = OmegaConf.load(THREE_HEADS)
    for key, value in (changes or {}).items():
        OmegaConf.update(values, key, value, force_add=True)
    plain: Any = OmegaConf.to_container(values)
    torch.manual_seed(0)
    config = read_keys(ModelAlone, {"model": plain}).model
    model = build_model(config, GREY_32, tasks, ("a", "b", "c"))
    assert isinstance(model, MultiTaskNetwork)
    return model.eval()


def images(num_images: int = 4) -> torch.Tensor:
    return torch.rand(num_images, *GREY_32, generator=torch.Generator().manual_seed(1))


def gradients(model: MultiTaskNetwork, task: str, of: nn.Module) -> list[torch.Tensor]:
    """What one task's outputs send back to the parameters of a module."""
    model.zero_grad(set_to_none=True)
    model(images())[task].sum().backward()
    return [
        torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        for parameter in of.parameters()
    ]


def is_zero(found: list[torch.Tensor]) -> bool:
    return all(bool((gradient == 0).all()) for gradient in found)


def test_the_studys_network_has_the_parameters_counted_by_hand():
    counts = count_parameters(three_heads())
    trunk = (9 * 32 + 32) + (32 * 9 * 64 + 64) + (64 * 9 * 128 + 128)
    head_a = 2 * (128 * 9 * 128 + 128) + (128 * 64 + 64) + (64 * 10 + 10)
    convolutions_b = (128 * 9 * 64 + 64) + (64 * 9 * 64 + 64) + (64 * 9 * 128 + 128)
    head_b = convolutions_b + ((128 * 2 * 2 + 64) * 256 + 256) + (256 * 32 + 32)
    head_c = (128 * 32 + 32) + (32 + 1)
    assert counts.shared == trunk
    assert counts.heads == {"a": head_a, "b": head_b, "c": head_c}
    assert counts.total == trunk + head_a + head_b + head_c == 741_419


def test_head_b_pools_twice_behind_its_last_convolution_as_the_study_lists_it():
    kinds = [type(layer).__name__ for layer in three_heads().heads["b"].on_maps]
    convolution = ["Conv2d", "ReLU"]
    assert kinds == [*convolution * 3, "MaxPool2d", "MaxPool2d", "Flatten"]


def test_batch_norm_in_the_trunk_reaches_every_head():
    plain, normed = three_heads(), three_heads({"batch_norm": True})
    norms = [layer for layer in normed.trunk.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert [norm.num_features for norm in norms] == [32, 64, 128]
    added = count_parameters(normed).total - count_parameters(plain).total
    assert added == 2 * (32 + 64 + 128)
    outputs = normed.train()(images())
    sum(values.sum() for values in outputs.values()).backward()
    assert all(norm.weight.grad is not None for norm in norms)
    assert all(bool(norm.running_mean.any()) for norm in norms)


def test_a_folder_with_the_earlier_listing_of_head_b_is_still_that_network():
    layers = [
        {"conv": 64}, {"conv": 64}, {"pool": 2}, {"conv": 128}, {"pool": 2}, "flatten",
        {"dense": 256}, {"dropout": 0.5},
    ]  # fmt: skip
    earlier, now = three_heads({"heads.b.layers": layers}), three_heads()
    assert count_parameters(earlier) == count_parameters(now)
    kinds = [type(layer).__name__ for layer in earlier.heads["b"].on_maps]
    assert kinds.index("MaxPool2d") == 4


def test_outputs_have_the_tasks_shapes_for_any_batch():
    model = three_heads()
    for num_images in (1, 3):
        outputs = model(images(num_images))
        assert list(outputs) == ["a", "b", "c"]
        assert outputs["a"].shape == (num_images, 10)
        assert outputs["b"].shape == (num_images, 32)
        assert outputs["c"].shape == (num_images,)


def test_with_stop_gradient_nothing_of_c_reaches_the_trunk():
    model = three_heads()
    assert is_zero(gradients(model, "c", model.trunk))
    assert not is_zero(gradients(model, "c", model.heads["c"]))
    assert not is_zero(gradients(model, "a", model.trunk))


def test_without_stop_gradient_c_reaches_the_trunk():
    model = three_heads({"heads.c.stop_gradient": False})
    assert not is_zero(gradients(model, "c", model.trunk))


def test_borrowed_features_carry_the_gradient_of_b_into_a():
    model = three_heads()
    head_a = model.heads["a"]
    found = gradients(model, "b", head_a)
    assert not is_zero(found[:-2])
    # The output layer of a is behind what it lends.
    assert is_zero(found[-2:])


def test_detached_features_carry_no_gradient():
    model = three_heads({"heads.b.detach_features": True})
    assert is_zero(gradients(model, "b", model.heads["a"]))
    assert not is_zero(gradients(model, "b", model.trunk))


def test_detaching_and_stopping_change_no_output():
    plain = three_heads()(images())
    cut = three_heads({"heads.b.detach_features": True, "heads.c.stop_gradient": False})(images())
    for task, outputs in plain.items():
        assert torch.equal(outputs, cut[task])


def test_without_sharing_b_does_not_look_at_a():
    model = three_heads({"heads.b.features_from": None})
    assert is_zero(gradients(model, "b", model.heads["a"]))
    assert (
        count_parameters(model).heads["b"] == count_parameters(three_heads()).heads["b"] - 64 * 256
    )


def test_a_lends_its_features_before_its_dropout():
    model = three_heads().train()
    head = model.heads["a"]
    shared = model.trunk(images())
    _, first = head(shared)
    _, second = head(shared)
    assert first.shape == (4, 64)
    assert torch.equal(first, second)


def test_the_order_of_the_tasks_does_not_matter_to_borrowing():
    model = three_heads(tasks=(C, B, A))
    assert list(model(images())) == ["c", "b", "a"]


def test_heads_of_tasks_that_are_not_learned_are_left_out():
    assert list(three_heads(tasks=(A, C)).heads) == ["a", "c"]


def test_a_task_without_an_entry_gets_a_plain_branch():
    model = three_heads(tasks=(A, ClassificationTask("odd", ("no", "yes"))))
    assert model(images())["odd"].shape == (4, 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads.a.features_from": "b"}, r"model\.heads\.(a|b)\.features_from.*circle.*->"),
        ({"heads.a.features_from": "a"}, r"circle; found a -> a"),
        ({"heads.b.features_from": "z"}, r"model\.heads\.b\.features_from.*a, c; found z"),
        ({"heads.z": {"layers": []}}, r"model\.heads\.z: must belong to a task.*a, b, c"),
        ({"heads.c.layers": [{"dense": 4}]}, r"heads\.c\.layers\[0\].*needs a vector.*128x8x8"),
        ({"heads.c.layers": [{"conv": 4}]}, r"heads\.c\.layers: must turn the map into a vector"),
        ({"heads.c.layers": ["flatten", {"conv": 4}]}, r"heads\.c\.layers\[1\]: conv needs a map"),
        (
            {"heads.b.layers": [{"pool": 2}, {"pool": 2}, {"pool": 4}, "flatten"]},
            r"heads\.b\.layers\[2\]: the pooling of 4.*128x2x2",
        ),
        (
            {"heads.b.layers": [{"conv": 4, "kernel_size": 9, "padding": 0}, "flatten"]},
            r"heads\.b\.layers\[0\]: conv's kernel of 9.*128x8x8",
        ),
        (
            {"heads.c.layers": [{"convolution": 3}]},
            r"heads\.c\.layers\[0\]: must be one of the layers.*"
            r"found \{'convolution': 3\}; for example \{conv: 64\}$",
        ),
        (
            {"heads.c.layers": [{"dropout": 1.0}]},
            r"layers\[0\]\.dropout: must be a number between 0 and 1 ",
        ),
        ({"heads.c.layers": [{"dense": 8, "stride": 2}]}, r"a key of .*\[0\]: dense; found stride"),
        (
            {"heads.c.layers": [{"conv": 8, "stride": 0}]},
            r"\[0\]\.stride: must be a whole number.*found 0",
        ),
        (
            {"shared_widths": [16]},
            r"heads\.a\.layers\[0\]: conv needs a map.*16 features"
            r", since model\.shared_widths=\[16\].*set model\.shared_widths=\[\]",
        ),
        (
            {"global_average_pooling": True},
            r"a vector of 128 features, since model\.global_average_pooling=true"
            r".*set model\.global_average_pooling=false",
        ),
        ({"heads.c.layers": ["flatten", {"conv": -4}]}, r"\[1\]\.conv: must.*for example conv: 3$"),
        ({"heads.c.layers": [{"pool": 1}]}, r"\[0\]\.pool: must.* at least 2; found 1;"),
        ({"heads.c.layers": ["flaten"]}, r"layers\[0\]: must be one of the layers.*found flaten"),
        (
            {"heads.c.layers": [{"flatten": 2}]},
            r"must be one of the layers.*found \{'flatten': 2\}",
        ),
        ({"heads.c.layers": [{"conv": 4, "pool": 2}]}, r"layers\[0\]: must be one of the layers"),
        ({"heads.c.layers": [{"conv": 4, "batch_norm": 2}]}, r"batch_norm: must be true or false"),
        ({"heads.c.layers": [{"conv": 4, "stride": True}]}, r"stride: must be a whole number"),
    ],
)
def test_what_does_not_fit_is_told_with_head_and_layer(changes: dict[str, object], message: str):
    with pytest.raises((ConfigError, ModelError), match=message):
        three_heads(changes)


def test_without_convolutions_there_is_no_map():
    message = r"flatten needs a map.*since model=mlp has dense layers only; choose model=cnn"
    config = to_run_config(composed("model=mlp", "++model.heads.a.layers=[flatten]")).model
    with pytest.raises(ModelError, match=message):
        build_model(config, GREY_32, (A,))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "++model.heads.a.layers=flatten",
            r"a\.layers: must be a list of entries; found flatten",
        ),
        (
            "++model.heads.a.layrs=[flatten]",
            r"layrs: must be a key of model\.heads\.a: layers, features_from,.*mean layers",
        ),
        ("++dataset.tasks.a.kin=label", r"dataset\.tasks\.a: kind, by.*did you mean kind\?"),
    ],
)
def test_a_heads_keys_are_told_by_name(override: str, message: str):
    with pytest.raises(ConfigError, match=message):
        to_run_config(composed("dataset=shapes", "model=three_heads", override))


def test_longer_borrowing_is_ordered_and_a_circle_is_shown_whole():
    assert forward_order({"a": ["b"], "b": ["c"], "c": []}) == ["c", "b", "a"]
    assert forward_order({"x": ["b"], "y": ["a"], "a": [], "b": []}) == ["a", "b", "x", "y"]
    with pytest.raises(ModelError, match="a -> b -> c -> a"):
        forward_order({"a": ["b"], "b": ["c"], "c": ["a"], "d": []})


def test_a_lender_that_no_task_is_named_after_may_be_misspelt():
    with pytest.raises(
        ModelError, match=r"found nope; add it to `tasks` if the dataset has it, or"
    ):
        forward_order({"a": ["nope"], "b": []})
