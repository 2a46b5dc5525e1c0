"""Range checks for configuration values; each failure names key, rule, value and remedy."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mtlab.errors import ConfigError


def require(holds: bool, key: str, rule: str, found: object, remedy: str) -> None:
    """Raise ConfigError unless the rule holds."""
    if not holds:
        raise ConfigError(key, rule=rule, found=found, remedy=remedy)


def check_between(
    value: float,
    key: str,
    low: float,
    high: float = math.inf,
    *,
    low_open: bool = False,
    high_open: bool = False,
) -> None:
    """Require `low <= value <= high` (or `<`, where a side is open); NaN is never in range."""
    above = value > low if low_open else value >= low
    below = value < high if high_open else value <= high
    if high == math.inf:
        rule = f"must be a number {'above' if low_open else 'of at least'} {low:g}"
        below = math.isfinite(value)
    else:
        rule = (
            f"must lie between {low:g}{' (excluded)' if low_open else ''}"
            f" and {high:g}{' (excluded)' if high_open else ''}"
        )
    require(above and below, key, rule, value, f"set {key} to such a number")


def check_each_at_least(values: Sequence[int], key: str, low: int) -> None:
    """Require whole numbers, each at least `low`."""
    for value in values:
        whole = isinstance(value, int) and not isinstance(value, bool)
        require(
            whole and value >= low,
            key,
            f"must hold whole numbers of at least {low}",
            list(values),
            f"for example {key}=[{max(low, 1)}]",
        )


def check_number_or_list(
    value: object, key: str, low: int, *, high: float = math.inf, null_allowed: bool = False
) -> None:
    """Require a whole number, or a list of them, from `low` to `high`; None where allowed."""
    if value is None and null_allowed:
        return
    entries = value if isinstance(value, list) else [value]
    limits = f"of at least {low}" if high == math.inf else f"from {low} to {high:g}"
    require(
        all(
            isinstance(entry, int) and not isinstance(entry, bool) and low <= entry <= high
            for entry in entries
        ),
        key,
        f"must be a whole number {limits}, or a list with one per layer",
        value,
        f"for example {key}={max(low, 1)} or '{key}=[{max(low, 1)},{max(low, 1)}]'",
    )
