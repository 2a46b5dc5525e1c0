"""What was typed as Hydra takes it: flags first, keys that may be new, texts without quotes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator

from mtlab.config.verbatim import quote_verbatim
from mtlab.errors import MtlabError

# Keys below these may be new: every dataset has tasks of its own, and users add some.
OPEN_KEYS = ("mtl.weights", "dataset.tasks", "model.heads")
# Hydra's flags, see mtlab --hydra-help.
FLAGS_ALONE = {
    "-m", "--multirun", "-r", "--run", "-h", "--help", "--hydra-help", "--resolve",
    "-sc", "--shell-completion",
}  # fmt: skip
FLAGS_WITH_VALUE = {
    "-c", "--cfg", "-p", "--package", "-cp", "--config-path", "-cn", "--config-name",
    "-cd", "--config-dir", "-i", "--info", "--experimental-rerun",
}  # fmt: skip
GROUPS = ("dataset", "model", "mtl", "optimizer", "scheduler", "augmentation", "device", "trainer")
FLAG_CHOICES = dict.fromkeys(("-c", "--cfg"), ("job", "hydra", "all")) | dict.fromkeys(
    ("-i", "--info"), ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
)
FLAGS_OF_MODES = {
    "-m", "--multirun", "-r", "--run", "-c", "--cfg", "-sc", "--shell-completion", "-i", "--info",
}  # fmt: skip


def arrange(arguments: list[str], commands: Iterable[str] = ()) -> list[str]:
    """Hydra's arguments, its flags first: it takes no overrides on both sides of a flag.

    Args:
        commands: Words that ought to have stood in front.

    Raises:
        MtlabError: A word that is neither an override nor a flag.
    """
    flags: list[str] = []
    overrides: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        flag = argument.partition("=")[0]
        if argument.startswith("-"):
            if flag not in FLAGS_ALONE | FLAGS_WITH_VALUE:
                near = difflib.get_close_matches(flag, FLAGS_ALONE | FLAGS_WITH_VALUE, n=1)
                raise MtlabError(
                    "flag",
                    rule="must be one that exists",
                    found=argument,
                    remedy=f"did you mean {near[0]}?" if near else "see mtlab --help",
                )
            if flag in FLAGS_ALONE:
                flags.append(argument)
            else:
                flags += _flag_value(argument, rest)
        elif argument.partition("=")[0] in GROUPS and (no_name := _no_name(argument)):
            raise MtlabError(
                argument.partition("=")[0],
                rule="must name a file of the group",
                found=no_name,
                remedy="leave it out to keep the default, or see mtlab --help for the options",
            )
        elif argument.find("=") > 0 or argument.startswith("~"):
            overrides.append(_open_key(argument))
        else:
            meant = [name for name in commands if name.split()[0] == argument]
            raise MtlabError(
                "override",
                rule="must have the form KEY=VALUE or GROUP=OPTION",
                found=argument,
                remedy=f"put the command first: mtlab {meant[0]} ..."
                if meant
                else "see mtlab --help",
            )
    modes = [flag for flag in flags if flag.partition("=")[0] in FLAGS_OF_MODES]
    if len(modes) > 1:
        raise MtlabError(
            "flags",
            rule="only one of running, sweeping and showing at a time",
            found=" ".join(modes),
            remedy=f"leave out all but one, as in {modes[-1]}",
        )
    return flags + overrides


def _no_name(argument: str) -> str | None:
    """The value of `GROUP=VALUE`, or one of several in a sweep, that Hydra reads as no name."""
    values = argument.partition("=")[2].split(",")
    return next((v for v in values if re.fullmatch(r"null|true|false|[-+\d.]+", v, re.I)), None)


def _flag_value(argument: str, rest: Iterator[str]) -> list[str]:
    """A flag with its value, `--flag=value` or `--flag value`, as two words."""
    flag, has_value, value = argument.partition("=")
    value = value if has_value else next(rest, "")
    choices = FLAG_CHOICES.get(flag, ())
    if not value or (choices and value not in choices):
        raise MtlabError(
            flag,
            rule=f"must be followed by {', '.join(choices) or 'a value'}",
            found=value or "nothing",
            remedy=f"for example {flag} {choices[0] if choices else 'VALUE'}",
        )
    return [flag, value]


def _open_key(argument: str) -> str:
    """Let a key that is not in the YAML yet be set where names are the user's own, and
    paths and expressions stand there without the quotes that Hydra wants.
    """
    key = argument.partition("=")[0]
    is_open = any(key == open_key or key.startswith(f"{open_key}.") for open_key in OPEN_KEYS)
    return f"++{argument}" if is_open else quote_verbatim(argument)
