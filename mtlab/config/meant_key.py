"""The key that was meant by one that does not exist."""

import shlex
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import yaml

from mtlab.config.arguments import GROUPS, override_key
from mtlab.config.base import with_defaults_of
from mtlab.config.compose import conf_folder
from mtlab.dotted import flat, look_up

OWN_RULE = "model."
"""A perceptron learns by keys of its own, so they come before the optimizer's."""
EXACT, NEAR = 1.0, 0.6
"""How alike names have to be, as difflib counts."""


def meant_key(key: str, override: str | None, composed: Mapping[str, Any]) -> str:
    """What to type instead: the remedy for a key that does not exist.

    Args:
        key: Dotted.
        override: What was typed for it; None where the key stands in a file.
        composed: The configuration that it would have been a key of, nested.
    """
    parent, _, name = key.rpartition(".")
    there = sorted(flat(composed), key=lambda one: not one.startswith(OWN_RULE))
    below = look_up(composed, parent) if parent else composed
    beside = [f"{parent}.{one}".strip(".") for one in below] if isinstance(below, Mapping) else []
    groups = [group for group in GROUPS if group in composed and parent in ("", group)]
    elsewhere = _keys_of_files(groups)
    for candidates, cutoff in (
        (there, EXACT),
        (elsewhere, EXACT),
        (beside, NEAR),
        (there, NEAR),
        (elsewhere, NEAR),
    ):
        by_name = {one.rpartition(".")[2]: one for one in reversed(list(candidates))}
        near = get_close_matches(name, by_name, n=1, cutoff=cutoff)
        if not near:
            continue
        meant = by_name[near[0]]
        group = meant.partition(".")[0]
        files = f"{group}={', '.join(elsewhere[meant])}" if candidates is elsewhere else ""
        if meant == key:
            own_name = look_up(composed, f"{group}.name")
            is_left_out = own_name in elsewhere[meant]
            return with_defaults_of(str(own_name)) if is_left_out else f"it is a key of {files}"
        words = meant if override is None else override.lstrip("+~").replace(key, meant, 1)
        group_of_typed = override_key(words).rpartition(".")[0]
        is_below = override is not None and override_key(override) != key
        if is_below and not isinstance(look_up(composed, group_of_typed), Mapping):
            continue  # What was typed is a key of a group, and the near one is none.
        return f"did you mean {shlex.quote(words)}{files and f', a key of {files}'}?"
    return "see --cfg job for every key"


def _keys_of_files(groups: Sequence[str]) -> dict[str, list[str]]:
    """Every key of the groups' files, `model.widths`, and the files that have it."""
    found: dict[str, list[str]] = {}
    for group in groups:
        for path in sorted((conf_folder() / group).glob("*.yaml")):
            for name in yaml.safe_load(path.read_text(encoding="utf-8")) or {}:
                if name not in ("defaults", "name"):
                    found.setdefault(f"{group}.{name}", []).append(path.stem)
    return found
