"""What the JSON schema of a group of keys says, in words."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel

Schema = Mapping[str, Any]


def key_in_words(kind: type[BaseModel], values: object, path: Sequence[str]) -> tuple[str, str]:
    """What the value at a key has to be, and an example of one; empty where the key is unknown.

    Args:
        values: Nested, with the keys that choose the classes of groups (`name`, `source`).
    """
    location: list[str] = []
    whole = _schema_of(kind)
    for part in path:
        _, node = locate(kind, location)
        if "discriminator" in node:
            chosen = values if isinstance(values, Mapping) else {}
            location.append(str(chosen.get(node["discriminator"]["propertyName"])))
            _, node = locate(kind, location)
        properties = node.get("properties", {})
        if part not in properties and not isinstance(node.get("additionalProperties"), dict):
            return "", ""
        location.append(part)
        values = values.get(part) if isinstance(values, Mapping) else None
    return in_words(resolved(locate(kind, location)[1], whole))


def locate(kind: type[BaseModel], location: Sequence[str | int]) -> tuple[list[str], Schema]:
    """The key at pydantic's location, and its part of the JSON schema.

    A location also names the chosen classes of unions, which are no keys. An entry of a list is
    told by the list, unless it is a group of its own; an alternative is told by the whole key.
    """
    whole = _schema_of(kind)
    path: list[str] = []
    node: Schema = whole
    for part in location:
        node = resolved(node, whole)
        if "discriminator" in node:
            node = {"$ref": node["discriminator"]["mapping"][part]}
        elif "oneOf" in node:  # classes that are told apart by a key of their own
            classes = [resolved(one, whole) for one in node["oneOf"]]
            node = next((one for one in classes if part in one.get("properties", ())), node)
        elif isinstance(part, int) and "oneOf" in node.get("items", ()):
            path[-1] += f"[{part}]"
            node = node["items"]
        elif isinstance(part, int) or "anyOf" in node:
            break
        else:
            path.append(part)
            inner = node.get("properties", {}).get(part, node.get("additionalProperties"))
            # An unknown key has no part of its own: it is told by what is known beside it.
            node = inner if isinstance(inner, dict) else node
    return path, resolved(node, whole)


@cache
def _schema_of(kind: type[BaseModel]) -> Schema:
    return kind.model_json_schema()


def resolved(node: Schema, whole: Schema) -> Schema:
    """Follow references, and the one alternative of `X | None`."""
    while True:
        choices = [one for one in node.get("anyOf", ()) if one.get("type") != "null"]
        if "$ref" in node:
            node = whole["$defs"][node["$ref"].rpartition("/")[2]]
        elif len(choices) == 1:
            words = {key: node[key] for key in ("description", "examples") if key in node}
            node = {**resolved(choices[0], whole), **words, "nullable": True}
        else:
            return node


def in_words(schema: Schema) -> tuple[str, str]:
    """What a value has to be, and an example of one; `("a whole number of at least 1", "3")`."""
    words, example = _type_in_words(schema)
    return words + (" or null" if schema.get("nullable") else ""), example


def _type_in_words(schema: Schema) -> tuple[str, str]:  # noqa: PLR0911 - a case for each type
    if "description" in schema:
        return schema["description"], schema["examples"][0]
    if "enum" in schema or "const" in schema:
        choices = [_as_choice(one) for one in schema.get("enum") or [schema["const"]]]
        return f"one of {', '.join(choices)}", choices[0]
    if "$ref" in schema:
        return "a group of keys", "{KEY: VALUE}"
    if "anyOf" in schema:
        parts = [in_words(one) for one in schema["anyOf"] if one.get("type") != "null"]
        null = ["null"] if len(parts) < len(schema["anyOf"]) else []
        return ", or ".join([*(words for words, _ in parts), *null]), parts[0][1]
    match schema.get("type"):
        case "integer":
            return f"a whole number{_limits(schema)}", _example(schema, 3)
        case "number":
            return f"a number{_limits(schema)}", _example(schema, 0.5)
        case "boolean":
            return "true or false", "true"
        case "string":
            return "a text", "name"
        case "array":
            return _list_in_words(schema)
        case "object":
            inner = schema.get("additionalProperties")
            words, example = in_words(inner if isinstance(inner, dict) else {})
            return f"a mapping of names to {words}", f"{{name: {example}}}"
        case _:
            return "another value", ""


def _as_choice(value: object) -> str:
    """Signs that would be lost in a sentence stand in quotes."""
    return str(value) if re.search(r"\w", str(value)) else json.dumps(value)


def _list_in_words(schema: Schema) -> tuple[str, str]:
    items = schema.get("items", {})
    _, example = in_words(items)
    singular = {"integer": "whole number", "number": "number", "string": "name"}
    one = singular.get(items.get("type"), "entry")
    many = "entries" if one == "entry" else f"{one}s"
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if least == most == 2:
        return f"a list of two {many}{_limits(items)}", f"[{example},{example}]"
    what = f"at least one {one}" if least else many
    return f"a list of {what}{_limits(items)}", f"[{example}]"


def _limits(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if high is None and below is None:
        if above is not None:
            return f" above {above:g}"
        return "" if low is None else f" of at least {low:g}"
    first = f"{above:g} (excluded)" if above is not None else f"{low or 0:g}"
    last = f"{below:g} (excluded)" if below is not None else f"{high:g}"
    return f" between {first} and {last}"


def _example(schema: Schema, usual: float) -> str:
    """A number in range, the usual one if it is."""
    low = schema.get("minimum", schema.get("exclusiveMinimum", usual))
    high = schema.get("maximum", schema.get("exclusiveMaximum", usual))
    return f"{max(low, min(usual, high)):g}"
