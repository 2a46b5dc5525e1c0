"""Which test images, classes and kinds of pictures are shown."""

from __future__ import annotations

import pytest
import torch
from conftest import composed

from mtlab.commands.sitting import spread_over_values, study_classes
from mtlab.config.compose import to_options
from mtlab.config.options import VisualizeOptions, What
from mtlab.errors import ConfigError


def options(*overrides: str) -> VisualizeOptions:
    return to_options(
        composed("run=somewhere", *overrides, config_name="visualize"), VisualizeOptions
    )


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
    with pytest.raises(ConfigError, match=f"{key}: must not be an empty list"):
        options(f"{key}=[]")


def test_one_value_is_a_list_of_one() -> None:
    chosen = options("digits=2", "layer=conv1", "what=dream")
    assert chosen.digits == [2]
    assert chosen.layer_names == ["conv1"]
    assert chosen.chosen() == [What.dream]
    assert options("indices=5").indices == [5]
    with pytest.raises(ConfigError, match="indices: must hold whole numbers"):
        options("indices=x")


@pytest.mark.parametrize("what", ["all", "[all]", "[all,filters]"])
def test_all_is_every_kind(what: str) -> None:
    chosen = options(f"what={what}")
    assert chosen.is_all
    assert chosen.chosen() == list(What)


def test_a_kind_named_twice_is_drawn_once() -> None:
    chosen = options("what=[dream,filters,dream]")
    assert chosen.chosen() == [What.dream, What.filters]
    assert not chosen.is_all
    with pytest.raises(ConfigError, match="what: must be one of filters"):
        options("what=null")
