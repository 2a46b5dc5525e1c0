"""What every group of keys is made of: types, ranges, and mistakes told in one line."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from mtlab.config.schema_words import Schema, in_words, locate
from mtlab.errors import ConfigError, did_you_mean


class Keys(BaseModel):
    """A group of keys. Every key is known, has its type and lies in its range, or it is an error.

    Alternatives are `Literal`, ranges the types below. A rule over several keys raises ConfigError
    in a `model_validator(mode="after")`; pydantic passes it on as it is.
    """

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=True
    )


def one_as_list(value: object) -> object:
    """A single value where a list of them is wanted."""
    return value if value is None or isinstance(value, list) else [value]


def _as_name(value: object) -> object:
    """YAML reads a name such as 3 as a number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


def described(what: str, example: str, **rules: Any) -> Any:  # noqa: ANN401 - pydantic's Field
    """A key whose rule is told in words of its own.

    Args:
        what: What its value has to be, behind "must be".
        rules: Other arguments of pydantic's `Field`, such as `pattern`.
    """
    return Field(description=what, examples=[example], **rules)


Name = Annotated[str, BeforeValidator(_as_name)]
Names = Annotated[list[Name], BeforeValidator(one_as_list)]
Whole = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
ShareBelowOne = Annotated[float, Field(ge=0, lt=1)]
ShareInside = Annotated[float, Field(gt=0, lt=1)]
OneOrMore = Annotated[list[Any], Field(min_length=1), BeforeValidator(one_as_list)]
"""One value or a list of them; a list from here on."""

NO_VALUE = "no value"
"""What is found where a key is missing."""

K = TypeVar("K", bound=Keys)


def read_keys(kind: type[K], values: object, group: str = "") -> K:
    """Plain values as a group of keys.

    Args:
        group: The key that the values stand under, for messages; empty for the top level.

    Raises:
        ConfigError: The first key that is unknown, missing, or has a wrong type or value.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise _explain(error, kind, values, group) from error


def _explain(error: ValidationError, kind: type[Keys], values: object, group: str) -> ConfigError:
    """The first mistake that pydantic found, in our words."""
    found = error.errors()[0]
    if (place := _place_of_truth_key(values, group)) is not None:
        return ConfigError(
            place,
            rule="must have names as keys, and YAML reads yes, no, on and off as true and false",
            found="true or false",
            remedy="write such a name in quotes, as in 'yes': ...",
        )
    path, schema = locate(kind, found["loc"])
    key = ".".join([group, *path] if group else path)
    value = found["input"]
    if found["type"] == "missing":
        return ConfigError(key, rule="must be set", found=NO_VALUE, remedy=_add_key(path, values))
    if found["type"] == "extra_forbidden":
        return _unknown_key(key, list(schema.get("properties", {})))
    if found["type"].startswith("union_tag"):
        return _unknown_variant(key, schema["discriminator"], value)
    if "properties" in schema or "discriminator" in schema:
        known = ", ".join(schema.get("properties", {}))
        remedy = f"write {{KEY: VALUE}} with some of {known}"
        if "discriminator" in schema:
            remedy = f"choose a file of the group, as in {key}=NAME"
        return ConfigError(key, rule="must be a group of keys", found=_shown(value), remedy=remedy)
    if path and "[" not in key and isinstance(values, Mapping):
        value = values
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else value
    rule, example = in_words(schema)
    if found["type"] == "finite_number":
        rule = rule.replace("a number", "a finite number")
    remedy = f"for example '{key}={example}'" if example else "see the key's comment in its file"
    if "[" in key:  # no override reaches into a list
        name = key.rpartition("]")[2].strip(".")
        remedy = f"for example {name}: {example}" if name else f"for example {example}"
    choices = schema.get("enum")
    if choices and isinstance(value, str):
        remedy = did_you_mean(value, choices, remedy)
    return ConfigError(key, rule=f"must be {rule}", found=_shown(value), remedy=remedy)


def _place_of_truth_key(values: object, place: str) -> str | None:
    """The mapping with a key that YAML did not read as a name; None where every key is one."""
    if not isinstance(values, Mapping):
        return None
    if any(isinstance(key, bool) for key in values):
        return place
    found = (_place_of_truth_key(one, f"{place}.{key}".strip(".")) for key, one in values.items())
    return next((one for one in found if one is not None), None)


def with_defaults_of(file: str) -> str:
    """The remedy for a file of a group of one's own that holds only the keys that differ."""
    return (
        f"begin your file with `defaults: [{file}, _self_]` to take what it leaves out from there"
    )


def _add_key(path: Sequence[str], values: object) -> str:
    """The remedy for a missing key: the file of its group that has all of them, where one has."""
    for name in path[:-1]:
        values = values.get(name) if isinstance(values, Mapping) else None
    alike = values if isinstance(values, Mapping) and len(path) > 1 else {}
    # A group of a single kind calls its file `default`.
    file = alike.get("source", alike.get("name", "default" if path[0] == "trainer" else None))
    return with_defaults_of(file) if isinstance(file, str) else "add the key to the YAML file"


def _unknown_key(key: str, known: list[str]) -> ConfigError:
    parent, _, name = key.rpartition(".")
    rule = f"must be a key of {parent}: " if parent else "must be a key that exists; there are "
    return ConfigError(
        key,
        rule=rule + ", ".join(known),
        found=name,
        remedy=did_you_mean(name, known, "leave it out"),
    )


def _unknown_variant(group: str, variants: Schema, values: object) -> ConfigError:
    """The key that picks the class of a group (`name`, `source`) has no class for its value."""
    key, choices = variants["propertyName"], list(variants["mapping"])
    found = values.get(key) if isinstance(values, Mapping) else values
    near = difflib.get_close_matches(str(found), choices, n=1) or choices
    return ConfigError(
        f"{group}.{key}".strip("."),
        rule=f"must be one of {', '.join(choices)}",
        found=_shown(found),
        remedy=f"in a file of your own keep the {key} of the one that it is like, as in"
        f" `{key}: {near[0]}`; the file itself may have any name",
    )


def _shown(value: object) -> object:
    """As YAML has it; a text that looks like a number or a truth value in its quotes."""
    if isinstance(value, str) and re.fullmatch(r"[-+.\de]+|true|false|null|", value, re.I):
        return f"'{value}', a text"
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else value
