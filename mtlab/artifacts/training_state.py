"""A training's state as a file: tensors as safetensors, the rest as JSON in its header."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from mtlab.artifacts.run_dir import write_whole
from mtlab.errors import RunFolderError

METADATA_KEY = "mtlab_state"
MISFITS = (LookupError, ValueError, TypeError, AttributeError, RuntimeError)
"""What comes of values that are not there, or are not what they should be."""


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Write nested dicts, lists and tuples of tensors, numbers, strings, booleans and None.

    Loading it executes nothing, and gives equal values to the bit; tensors come back on the
    processor and in row-major order.

    Raises:
        TypeError: Anything else in the state.
    """
    tensors: dict[str, torch.Tensor] = {}
    tree = json.dumps(_encode(state, "state", tensors))
    write_whole(path, save(tensors, {METADATA_KEY: tree}))


def read_state(path: Path) -> dict[str, Any]:
    """Read what `write_state` wrote.

    Raises:
        RunFolderError: No such file, or one that is damaged or something else.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tree = json.loads((file.metadata() or {})[METADATA_KEY])
            state = _decode(tree, file.get_tensor)
        if not isinstance(state, dict):
            raise TypeError("no dict")
    except (OSError, SafetensorError, *MISFITS) as error:
        raise _unusable(path, error) from error
    return state


def restore(path: Path, load_state_dict: Callable[[dict[str, Any]], None]) -> None:
    """Read a file into a trainer that was built as the one that wrote it.

    Raises:
        RunFolderError: As `read_state`, or the state of another training.
    """
    state = read_state(path)
    try:
        load_state_dict(state)
    except MISFITS as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: Exception) -> RunFolderError:
    return RunFolderError(
        str(path),
        rule="must hold the state of this run's training",
        found=f"{type(error).__name__}: {error}",
        remedy="train from the beginning",
    )


def _encode(value: object, name: str, tensors: dict[str, torch.Tensor]) -> object:
    """Plain values stand in the JSON as they are. What JSON has not is an object with one key:
    `{"tensor": name}`, `{"dict": [[key, node], ...]}` (keys may be numbers), `{"tuple": [...]}`.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case torch.Tensor():
            assert name not in tensors, name
            tensors[name] = value.detach().cpu().contiguous()
            return {"tensor": name}
        case dict():
            items = value.items()
            return {"dict": [[key, _encode(each, f"{name}.{key}", tensors)] for key, each in items]}
        case list() | tuple():
            nodes = [_encode(each, f"{name}.{index}", tensors) for index, each in enumerate(value)]
            return nodes if isinstance(value, list) else {"tuple": nodes}
    raise TypeError(f"{name}: a {type(value).__name__} cannot be kept in a training's state")


def _decode(node: object, get_tensor: Callable[[str], torch.Tensor]) -> object:
    match node:
        case {"tensor": str(name)}:
            return get_tensor(name)
        case {"dict": list(items)}:
            return {key: _decode(each, get_tensor) for key, each in items}
        case {"tuple": list(nodes)}:
            return tuple(_decode(each, get_tensor) for each in nodes)
        case list():
            return [_decode(each, get_tensor) for each in node]
        case dict():
            raise ValueError(f"an unknown kind of value, {', '.join(node)}")
    return node
