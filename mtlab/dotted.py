"""Nested values by dotted keys, `trainer.epochs`."""

from collections.abc import Iterable, Mapping
from typing import Any


def look_up(values: Mapping[str, Any], key: str) -> object:
    """The value at a dotted key; None where the key leads nowhere."""
    found: object = values
    for name in key.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def flat(values: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested mappings as one with dotted keys; lists stay whole."""
    cells: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            cells |= flat(value, f"{above}{key}.")
        else:
            cells[f"{above}{key}"] = value
    return cells


def belongs(key: str, wholes: Iterable[str]) -> bool:
    """Whether a dotted key is one of those, or lies below one."""
    return any(key == whole or key.startswith(f"{whole}.") for whole in wholes)
