"""What the YAML files under conf/ say of groups and keys, and what values a key takes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import yaml

from mtlab.config.arguments import GROUPS, OPEN_KEYS
from mtlab.config.compose import conf_folder
from mtlab.config.run import RunConfig
from mtlab.config.schema_words import key_in_words
from mtlab.dotted import look_up

TOP = "train"
"""The file of the keys that stand in no group."""
NO_KEYS = ("defaults", "hydra")
KEY_LINE = re.compile(r"( *)([\w-]+):(?: |$)")


@dataclass(frozen=True)
class ConfFile:
    """A file under conf/, as `model/cnn`."""

    name: str

    @property
    def option(self) -> str:
        return self.name.rpartition("/")[2]

    @cached_property
    def text(self) -> str:
        return (conf_folder() / f"{self.name}.yaml").read_text(encoding="utf-8")

    @cached_property
    def values(self) -> dict[str, Any]:
        """With those of files of its group that it begins with."""
        own = _read(self.text)
        merged: dict[str, Any] = {}
        for base in self._bases:
            merged |= base.values
        return merged | {key: value for key, value in own.items() if key not in NO_KEYS}

    @property
    def _bases(self) -> list["ConfFile"]:
        group = self.name.rpartition("/")[0]
        listed = _read(self.text).get("defaults", []) if group else []
        return [
            ConfFile(f"{group}/{one}")
            for one in listed
            if one != "_self_" and isinstance(one, str) and not one.startswith("/")
        ]

    @property
    def header(self) -> str:
        """What the file says of itself, at its top."""
        lines = (line for line in self.text.splitlines() if not line.startswith("# @package"))
        return "\n".join(_comment_lines(lines))

    @cached_property
    def comments(self) -> dict[str, str]:
        """Per dotted key the lines right above it, or above the first of the keys it stands among;
        without any, those of the key that it belongs to.
        """
        found: dict[str, str] = {}
        for base in self._bases:
            found |= base.comments
        return found | read_comments(self.text)


def _comment_lines(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("#"):
            return
        yield line.removeprefix("#").removeprefix(" ")


def read_comments(text: str) -> dict[str, str]:
    """Comments of a YAML file by dotted key, see `ConfFile.comments`; the file's header is none."""
    found: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    comment: list[str] = []
    is_header, last = True, ""
    for line in text.splitlines():
        stripped = line.strip()
        key = KEY_LINE.match(line)
        if stripped.startswith("#"):
            comment.append(stripped.removeprefix("#").removeprefix(" "))
        elif not stripped:
            comment, last, is_header = [], "", False
        elif key:
            indent, name = len(key[1]), key[2]
            above = [(depth, one) for depth, one in above if depth < indent]
            parent = above[-1][1] if above else ""
            dotted = f"{parent}.{name}".strip(".")
            own = "" if is_header else "\n".join(comment)
            beside = last if last.rpartition(".")[0] == parent else ""
            found[dotted] = own or found.get(beside or parent, "")
            above.append((indent, dotted))
            comment, last, is_header = [], dotted, False
    return found


@cache
def _read(text: str) -> dict[str, Any]:
    # The parser in C reads the same YAML several times faster; wheels of PyYAML carry it.
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}


def group_files(group: str) -> list[ConfFile]:
    """The options of a group, by name."""
    paths = sorted((conf_folder() / group).glob("*.yaml"))
    return [ConfFile(f"{group}/{path.stem}") for path in paths]


def command_files() -> list[ConfFile]:
    """Those that keys of commands other than train stand in."""
    files = [ConfFile(path.stem) for path in sorted(conf_folder().glob("*.yaml"))]
    return [
        one for one in files if "hydra:" in one.text and "header:" in one.text and one.name != TOP
    ] + group_files("visualize")


@dataclass(frozen=True)
class KeyUse:
    """A key in one file.

    Attributes:
        path: Dotted, within the file.
    """

    file: ConfFile
    path: str

    @property
    def comment(self) -> str:
        return self.file.comments.get(self.path, "")

    @property
    def default(self) -> str:
        """As YAML writes it, in one line."""
        value = look_up(self.file.values, self.path)
        return (
            yaml.safe_dump(value, default_flow_style=True, width=10**6)
            .removesuffix("\n")
            .removesuffix("\n...")
        )


def keys_of(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Every dotted key that is typed behind `above`; what users name themselves is left out."""
    for name, value in values.items():
        key = f"{above}{name}"
        if isinstance(value, Mapping) and value and key not in OPEN_KEYS:
            yield from keys_of(value, f"{key}.")
        else:
            yield key


@cache
def all_uses() -> dict[str, list[KeyUse]]:
    """Every key as it is typed, `model.strides`, with each file that has it."""
    found: dict[str, list[KeyUse]] = {}
    files: list[tuple[str, ConfFile]] = [("", ConfFile(TOP))]
    files += [
        (f"{group}.", one)
        for group in GROUPS
        if group != "experiment"
        for one in group_files(group)
    ]
    for one in command_files():
        files.append((f"{one.option}." if "/" in one.name else "", one))
    for group, file in files:
        # Trackers stand side by side, each under its own name.
        prefix = f"{group}{file.option}." if group == "tracker." else group
        for key in keys_of(file.values, prefix):
            found.setdefault(key, []).append(KeyUse(file, key.removeprefix(prefix)))
    return found


def usual_options() -> dict[str, str]:
    """The file of each group that a run has without a word about it."""
    listed = _read(ConfFile(TOP).text)["defaults"]
    pairs = [one for one in listed if isinstance(one, dict)]
    return {group: option for pair in pairs for group, option in pair.items() if group in GROUPS}


def value_in_words(key: str, use: KeyUse) -> tuple[str, str]:
    """What the values of a run's key have to be, and an example; empty for other keys."""
    group, _, _ = key.partition(".")
    values: object = {group: use.file.values} if group in GROUPS else use.file.values
    if group == "tracker":
        values = {group: {use.file.option: use.file.values}}
    return key_in_words(RunConfig, values, key.split("."))
