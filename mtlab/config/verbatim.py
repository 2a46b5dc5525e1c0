"""Values that are passed to Hydra within quotes, because its grammar would read them otherwise.

Imported before a command is chosen, so it imports nothing heavy.
"""

from __future__ import annotations

# Their values hold signs that mean something else to Hydra, as the = in the folders of a sweep.
VERBATIM_KEYS = ("keep", "run", "runs", "input", "output", "dataset.path")


def quote_verbatim(override: str) -> str:
    """`run=a=b` as Hydra reads it, `run="a=b"`; any other override as it is."""
    key, _, value = override.partition("=")
    is_plain = value not in ("", "null") and value[0] not in "[\"'" and "${" not in value
    # A comma separates the values of a sweep.
    if key not in VERBATIM_KEYS or not is_plain or "," in value:
        return override
    escaped = value.replace('"', '\\"')
    return f'{key}="{escaped}"'


def as_typed(override: str) -> str:
    """`quote_verbatim` undone, to show a command as it was typed."""
    key, _, value = override.partition("=")
    if key not in VERBATIM_KEYS or len(value) < 2 or not value[0] == value[-1] == '"':
        return override
    plain = f"{key}={value[1:-1]}".replace('\\"', '"')
    # Quotes that were typed because they are needed stay.
    return plain if quote_verbatim(plain) == override else override
