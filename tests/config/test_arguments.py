"""Paths reach Hydra within quotes and are shown without them."""

from __future__ import annotations

import pytest

from mtlab.config.arguments import as_typed, quote_verbatim


@pytest.mark.parametrize(
    ("typed", "quoted"),
    [
        ("run=/tmp/runs/cnn", 'run="/tmp/runs/cnn"'),
        ("run=a=b", 'run="a=b"'),
        ('run=a"b', 'run="a\\"b"'),
        ("what=all", "what=all"),
        ("run=null", "run=null"),
        ("run=a,b", "run=a,b"),
        ("run='a b'", "run='a b'"),
    ],
)
def test_a_value_is_quoted_for_hydra_and_shown_as_typed(typed: str, quoted: str) -> None:
    assert quote_verbatim(typed) == quoted
    assert as_typed(quoted) == typed
