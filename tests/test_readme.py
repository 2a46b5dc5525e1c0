"""The README and CONTRIBUTING name what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mtlab.cli import COMMANDS

REPOSITORY = Path(__file__).resolve().parents[1]
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
OPTIONS = sorted(
    path.relative_to(REPOSITORY / "conf")
    for path in (REPOSITORY / "conf").glob("*/*.yaml")
    if path.parent.name != "visualize"  # no group of options, but the keys of each picture
)


@pytest.mark.parametrize("path", OPTIONS, ids=str)
def test_every_option_of_every_group_is_named(path: Path) -> None:
    assert f"`{path.stem}`" in README


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_shown(command: str) -> None:
    assert command == "train" or f"mtlab {command} " in README


def test_links_lead_to_files() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (REPOSITORY / target).exists(), target


EXAMPLES = re.findall(r"```python\n# (\S+)\n(.*?)```", CONTRIBUTING, flags=re.DOTALL)


@pytest.mark.parametrize(("path", "code"), EXAMPLES, ids=[path for path, _ in EXAMPLES])
def test_examples_stand_in_the_files_they_are_from(path: str, code: str) -> None:
    assert code in (REPOSITORY / path).read_text(encoding="utf-8")


def test_files_that_are_named_are_there() -> None:
    assert len(EXAMPLES) == 4
    for path in re.findall(r"`((?:mtlab|conf|tests)/[\w/.]+)`", CONTRIBUTING):
        assert (REPOSITORY / path).exists(), path
