"""A training's state as a file: the same values back, and nothing else is read."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from mtlab.artifacts.training_state import METADATA_KEY, read_state, restore, write_state
from mtlab.errors import RunFolderError

STATE = {
    "none": None,
    "numbers": [1, -0.1, 1e300, math.inf, True, 2**62],
    "pair": (0.9, 0.999),
    "by number": {0: {"step": torch.tensor(3.0)}, 1: {}},
    "words": {"tensor": "no tensor", "dict": [1]},
    "double": torch.tensor([1 / 3, math.pi], dtype=torch.float64),
    "generator": torch.Generator().manual_seed(1).get_state(),
    "maps": torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last),
    "empty": torch.zeros(0, 3),
}


def same(found: object, expected: object) -> bool:
    if isinstance(expected, torch.Tensor):
        assert isinstance(found, torch.Tensor)
        return found.dtype == expected.dtype and torch.equal(found, expected)
    if isinstance(expected, dict):
        assert isinstance(found, dict)
        pairs = zip(found.items(), expected.items(), strict=True)
        return all(key == name and same(one, other) for (key, one), (name, other) in pairs)
    return type(found) is type(expected) and found == expected


def test_values_come_back_to_the_bit_with_their_types(tmp_path: Path) -> None:
    write_state(tmp_path / "state", STATE)
    assert same(read_state(tmp_path / "state"), STATE)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_other_objects_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"state\.a\.0: a .*Path"):
        write_state(tmp_path / "state", {"a": [tmp_path]})
    assert not list(tmp_path.iterdir())


def saved(path: Path, tree: object) -> None:
    save_file({"x": torch.zeros(1)}, path, {METADATA_KEY: json.dumps(tree)})


@pytest.mark.parametrize(
    "tree",
    [[], 1, {"tensor": "y"}, {"call": "x"}, {"dict": [1]}, {"dict": [[[], 1]]}, {}],
    ids=str,
)
def test_a_file_that_was_tampered_with_is_refused_in_one_line(tree: object, tmp_path: Path) -> None:
    saved(tmp_path / "state", tree)
    with pytest.raises(RunFolderError, match="must hold the state") as told:
        read_state(tmp_path / "state")
    assert "\n" not in str(told.value)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"{}", b"\xff" * 100):
        (tmp_path / "state").write_bytes(content)
        with pytest.raises(RunFolderError):
            read_state(tmp_path / "state")
    save_file({"x": torch.zeros(1)}, tmp_path / "state")
    for path in (tmp_path / "state", tmp_path / "nowhere", tmp_path):
        with pytest.raises(RunFolderError, match="must hold the state"):
            read_state(path)


def test_the_state_of_another_network_is_refused_in_one_line(tmp_path: Path) -> None:
    write_state(tmp_path / "state", torch.nn.Linear(2, 2).state_dict())
    with pytest.raises(RunFolderError, match="size mismatch") as told:
        restore(tmp_path / "state", torch.nn.Linear(3, 2).load_state_dict)
    assert "\n" not in str(told.value)
