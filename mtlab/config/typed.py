"""Plain values from YAML as the dataclass of their group, with the key of whatever does not fit."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from omegaconf import OmegaConf
from omegaconf.errors import ConfigKeyError, MissingMandatoryValue, OmegaConfBaseException

from mtlab.errors import ConfigError

T = TypeVar("T")

EXAMPLES = {
    "int": "3",
    "float": "0.5",
    "list[int]": "[3]",
    "list[float]": "[0.5]",
    "list[str]": "[name]",
}


def to_dataclass(group: str, values: object, kind: type[T]) -> T:
    """Convert a group's plain values to its dataclass.

    Args:
        group: The key that the values stand under, for messages; empty for top-level keys.

    Raises:
        ConfigError: An unknown or missing key, or a value of another type; it names the key.
    """
    if not isinstance(values, dict):
        raise ConfigError(
            group,
            rule="must be a group of keys",
            found=values,
            remedy=f"see mtlab {group}=... --help",
        )
    _check_booleans(group, kind, values)
    schema = OmegaConf.structured(kind)
    try:
        built = OmegaConf.to_object(OmegaConf.merge(schema, OmegaConf.create(values)))
    except OmegaConfBaseException as error:
        raise _explain(group, kind, values, error) from error
    assert isinstance(built, kind)
    return built


def _explain(
    group: str, kind: type, values: dict[str, Any], error: OmegaConfBaseException
) -> ConfigError:
    path = str(error.full_key or error.key or "")
    name = re.split(r"[.\[]", path, maxsplit=1)[0]
    known = {field.name: field for field in dataclasses.fields(kind)}
    key = f"{group}.{path}".strip(".").replace("lambda_", "lambda")
    if name not in known:
        names = ", ".join(known).replace("lambda_", "lambda")
        owner = group or "the command"
        return ConfigError(
            key, rule=f"must be a key of {owner}: {names}", found=name, remedy="leave it out"
        )
    if isinstance(error, ConfigKeyError) and dataclasses.is_dataclass(error.object_type):
        return _unknown_key(key, [field.name for field in dataclasses.fields(error.object_type)])
    if isinstance(error, MissingMandatoryValue):
        return ConfigError(
            key, rule="must be set", found="no value", remedy="add the key to the YAML file"
        )
    found = OmegaConf.select(OmegaConf.create(values), path)
    return ConfigError(
        key,
        rule=_type_in_words(str(known[name].type), str(error.msg).splitlines()[0]),
        found="null" if found is None else found,
        remedy=_example(key, str(known[name].type)),
    )


def _unknown_key(key: str, known: Sequence[str]) -> ConfigError:
    """A key of a task or of a head that neither has."""
    parent, _, name = key.rpartition(".")
    near = difflib.get_close_matches(name, known, n=1)
    return ConfigError(
        key,
        rule=f"must be a key of {parent}: {', '.join(known)}",
        found=name,
        remedy=f"did you mean {near[0]}?" if near else "leave it out",
    )


def _check_booleans(group: str, kind: type, values: dict[str, Any]) -> None:
    """OmegaConf would take numbers and words for true and false."""
    for field in dataclasses.fields(kind):
        value = values.get(field.name)
        if field.type == "bool" and not isinstance(value, bool):
            key = f"{group}.{field.name}".strip(".")
            raise ConfigError(
                key, rule="must be true or false", found=value, remedy=f"for example {key}=true"
            )


def _example(key: str, annotation: str) -> str:
    value = EXAMPLES.get(annotation.removesuffix(" | None"))
    whole = key.partition("[")[0]
    return f"for example '{whole}={value}'" if value else "see the key's comment in its YAML file"


def _type_in_words(annotation: str, message: str) -> str:
    """What a value of this type looks like, from the dataclass's annotation."""
    choices = re.search(r"expected one of \[(.*)\]", message)
    if choices:
        return f"must be one of {choices.group(1)}"
    words = {
        "int": "a whole number",
        "float": "a number",
        "str": "a text",
        "list[int]": "a list of whole numbers",
        "list[float]": "a list of numbers",
        "list[str]": "a list of names",
        "dict[str, float]": "numbers by name",
    }
    optional = " or null" if annotation.endswith(" | None") else ""
    plain = words.get(annotation.removesuffix(" | None"))
    return f"must be {plain}{optional}" if plain else f"has the wrong type: {message}"
