"""Paths reach Hydra within quotes and are shown without them."""

from __future__ import annotations

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

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


WINDOWS = [
    r"C:\data\x.npz",
    r"C:\new\table (x86)\a b=c.npz",
    "C:\\runs\\",
    "D:\\a\\\\",
    r"\\server\share\x.npz",
    r"C:\it's\{a}\[b]\#1 %TEMP%~1.npz",
    r'C:\a\"b".npz',
]


@pytest.mark.parametrize("path", WINDOWS)
@pytest.mark.parametrize("key", ["dataset.path", "dataset.root", "run", "hydra.run.dir"])
def test_a_path_of_windows_comes_whole_through_hydras_grammar(key: str, path: str) -> None:
    quoted = quote_verbatim(f"{key}={path}")
    assert OverridesParser.create().parse_override(quoted).value() == path
    assert as_typed(quoted) == f"{key}={path}"
