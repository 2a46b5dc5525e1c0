"""Which test images, classes and kinds of pictures are shown."""

from __future__ import annotations

import pytest
import torch
from conftest import composed

from mtlab.commands.visualize import VisualizeKeys
from mtlab.config.compose import conf_folder, to_options
from mtlab.errors import ConfigError
from mtlab.visualize.build import KINDS
from mtlab.visualize.chosen_images import spread_over_values, study_classes


def options(*overrides: str) -> VisualizeKeys:
    return to_options(composed("run=somewhere", *overrides, config_name="visualize"), VisualizeKeys)


@pytest.mark.parametrize(
    ("num_classes", "expected"), [(2, [0, 1]), (3, [0, 2]), (4, [2, 3]), (10, [2, 9])]
)
def test_two_different_classes_are_shown(num_classes: int, expected: list[int]) -> None:
    assert study_classes(num_classes) == expected


def test_values_are_shown_from_the_lowest_to_the_highest() -> None:
    values = torch.tensor([0.5, 0.1, 0.9, 0.3, 0.7])
    assert spread_over_values(values, 2) == [1, 2]
    assert spread_over_values(values, 3) == [1, 0, 2]
    assert spread_over_values(values, 10) == [1, 3, 0, 4, 2]


@pytest.mark.parametrize("key", ["what", "layer", "digits", "indices"])
def test_an_empty_list_is_refused(key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key}: must be a list of at least one"):
        options(f"{key}=[]")


def test_one_value_is_a_list_of_one() -> None:
    chosen = options("digits=2", "layer=conv1", "what=dream")
    assert chosen.digits == [2]
    assert chosen.layer == ["conv1"]
    assert chosen.kinds == ["dream"]
    assert options("indices=5").indices == [5]
    with pytest.raises(ConfigError, match="indices: must be a list of"):
        options("indices=x")


@pytest.mark.parametrize("what", ["all", "[all]", "[all,filters]"])
def test_all_is_every_kind(what: str) -> None:
    chosen = options(f"what={what}")
    assert chosen.is_all
    assert chosen.kinds == list(KINDS)


def test_a_kind_named_twice_is_drawn_once() -> None:
    chosen = options("what=[dream,filters,dream]")
    assert chosen.kinds == ["dream", "filters"]
    assert not chosen.is_all
    with pytest.raises(ConfigError, match="what: must be one of filters"):
        options("what=null")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_file_that_explains_its_keys(kind: str) -> None:
    group = composed(config_name="visualize").get(kind, {})
    assert set(group) == set(KINDS[kind].model_fields)
    path = conf_folder() / "visualize" / f"{kind}.yaml"
    lines = path.read_text(encoding="utf-8").splitlines() if group else []
    for key in group:
        (index,) = [number for number, line in enumerate(lines) if line.startswith(f"{key}:")]
        assert lines[index - 1].startswith("#"), f"{path}: {key}"
