"""The README, the pages of docs/ and CONTRIBUTING name what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mtlab.cli import COMMANDS
from mtlab.visualize.build import KINDS

REPOSITORY = Path(__file__).resolve().parents[1]
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PAGES = {
    path: path.read_text(encoding="utf-8")
    for path in (REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md")))
}
COMPOSE = PAGES[REPOSITORY / "docs" / "compose.md"]
LOOK = PAGES[REPOSITORY / "docs" / "look.md"]
OPTIONS = sorted(
    path.relative_to(REPOSITORY / "conf")
    for path in (REPOSITORY / "conf").glob("*/*.yaml")
    if path.parent.name != "visualize"  # no group of options, but the keys of each picture
)


@pytest.mark.parametrize("path", OPTIONS, ids=str)
def test_every_option_of_every_group_is_named(path: Path) -> None:
    assert f"`{path.stem}`" in COMPOSE


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_shown(command: str) -> None:
    assert command == "train" or f"mtlab {command} " in README


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_picture_is_listed(kind: str) -> None:
    assert f"| `{kind}` |" in LOOK


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", PAGES[path]):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_to_headings_of_other_pages_lead_there(path: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]+\.md)#([^)]+)\)", PAGES[path]):
        headings = re.findall(r"^#+ (.+)$", (path.parent / target).read_text(), flags=re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}


EXAMPLES = re.findall(r"```python\n# (\S+)\n(.*?)```", CONTRIBUTING, flags=re.DOTALL)


@pytest.mark.parametrize(("path", "code"), EXAMPLES, ids=[path for path, _ in EXAMPLES])
def test_examples_stand_in_the_files_they_are_from(path: str, code: str) -> None:
    assert code in (REPOSITORY / path).read_text(encoding="utf-8")


def test_files_that_are_named_are_there() -> None:
    assert len(EXAMPLES) == 4
    for path in re.findall(r"`((?:mtlab|conf|tests)/[\w/.]+)`", CONTRIBUTING):
        assert (REPOSITORY / path).exists(), path
