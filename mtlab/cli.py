"""From the command line to a command: `mtlab [COMMAND] [Hydra's overrides and flags]`.

Nothing heavy is imported here: help and tab completion answer before torch would be loaded.
"""

from __future__ import annotations

import difflib
import os
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from mtlab import __version__
from mtlab.config.verbatim import quote_verbatim
from mtlab.errors import MtlabError
from mtlab.process import tune_for_training

if TYPE_CHECKING:
    from omegaconf import DictConfig

EXIT_OK = 0
EXIT_SWEEP_WITH_FAILURES = 1
EXIT_MISTAKE = 2
EXIT_INTERRUPTED = 130

DEBUG_VARIABLE = "MTLAB_DEBUG"
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


@dataclass(frozen=True)
class Command:
    """A word that users type.

    Attributes:
        config_name: The primary config under conf/.
        module, function: Where its Hydra job stands.
    """

    config_name: str
    module: str
    function: str


@dataclass(frozen=True)
class PlainCommand:
    """A word with options of its own in place of Hydra's overrides, such as one that takes folders.

    Attributes:
        module, function: Takes the arguments behind the word, returns the exit code.
    """

    module: str
    function: str


TRAIN = Command("train", "mtlab.commands.train", "train")
COMMANDS: dict[str, Command | PlainCommand] = {
    "train": TRAIN,
    "report": PlainCommand("mtlab.commands.report", "report"),
    "visualize": Command("visualize", "mtlab.commands.visualize", "visualize"),
    "pca": Command("pca", "mtlab.commands.pca", "pca"),
    "separable": Command("separable", "mtlab.commands.separable", "separable"),
    "evaluate": Command("evaluate", "mtlab.commands.evaluate", "evaluate_run"),
    "predict": Command("predict", "mtlab.commands.predict", "predict_file"),
    "ensemble": Command("ensemble", "mtlab.commands.ensemble", "ensemble"),
    "export": Command("export", "mtlab.commands.export", "export"),
    "data export": Command("data_export", "mtlab.commands.data_export", "data_export"),
}
DEFAULT_COMMAND = "train"


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    tune_for_training()
    # A run that is told to stop by its process manager is recorded like one stopped by Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _dispatch(list(typed))
    except KeyboardInterrupt:
        print("mtlab: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:
        from mtlab.config.explain import explain

        command = COMMANDS.get(typed[0] if typed else "")
        config_name = command.config_name if isinstance(command, Command) else TRAIN.config_name
        line = explain(error, config_name, [word for word in typed if "=" in word])
        if line is None or os.environ.get(DEBUG_VARIABLE):
            raise
        print(f"mtlab: {line}", file=sys.stderr)
        return EXIT_MISTAKE


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _dispatch(arguments: list[str]) -> int:
    if "--version" in arguments:
        print(f"mtlab {__version__}")
        return EXIT_OK
    if any(argument.startswith("query=") for argument in arguments):
        complete_command()
    name = DEFAULT_COMMAND
    if arguments and re.fullmatch(r"[a-z][\w-]*", arguments[0]):
        name = arguments.pop(0)
    if arguments and f"{name} {arguments[0]}" in COMMANDS:
        name = f"{name} {arguments.pop(0)}"
    if name not in COMMANDS:
        near = [known for known in COMMANDS if known.startswith(f"{name} ")]
        near = near or difflib.get_close_matches(name, COMMANDS, n=1)
        raise MtlabError(
            "command", f"must be one of {', '.join(COMMANDS)}", name,
            f"did you mean {near[0]}?" if near else "see mtlab --help",
        )  # fmt: skip
    command = COMMANDS[name]
    if isinstance(command, PlainCommand):
        code: int = getattr(import_module(command.module), command.function)(arguments)
        return code
    arranged = arrange(arguments)
    return run_hydra(command, with_row_shown(arranged) if command is TRAIN else arranged)


def complete_command() -> None:
    """Complete a command's word; Hydra, which knows of none, completes what stands behind it.

    The shell gives the line so far in COMP_LINE.
    """
    line = os.environ.get("COMP_LINE", "")
    program, _, rest = line.partition(" ")
    first, space, behind = rest.lstrip().partition(" ")
    if space and first in COMMANDS:
        os.environ["COMP_LINE"] = f"{program} {behind}"
    elif not space:
        print(" ".join(name for name in COMMANDS if name.startswith(first)), end=" ")


def arrange(arguments: list[str]) -> list[str]:
    """Hydra's arguments, its flags first: it takes no overrides on both sides of a flag.

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
                    "flag", "must be one that exists", argument,
                    f"did you mean {near[0]}?" if near else "see mtlab --help",
                )  # fmt: skip
            if flag in FLAGS_ALONE:
                flags.append(argument)
            else:
                flags += _flag_value(argument, rest)
        elif argument.partition("=")[0] in GROUPS and (no_name := _no_name(argument)):
            raise MtlabError(
                argument.partition("=")[0], "must name a file of the group", no_name,
                "leave it out to keep the default, or see mtlab --help for the options",
            )  # fmt: skip
        elif argument.find("=") > 0 or argument.startswith("~"):
            overrides.append(_open_key(argument))
        else:
            commands = [name for name in COMMANDS if name.split()[0] == argument]
            raise MtlabError(
                "override", "must have the form KEY=VALUE or GROUP=OPTION", argument,
                f"put the command first: mtlab {commands[0]} ..." if commands
                else "see mtlab --help",
            )  # fmt: skip
    modes = [flag for flag in flags if flag.partition("=")[0] in FLAGS_OF_MODES]
    if len(modes) > 1:
        raise MtlabError(
            "flags", "only one of running, sweeping and showing at a time", " ".join(modes),
            f"leave out all but one, as in {modes[-1]}",
        )  # fmt: skip
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
            flag, f"must be followed by {', '.join(choices) or 'a value'}", value or "nothing",
            f"for example {flag} {choices[0] if choices else 'VALUE'}",
        )  # fmt: skip
    return [flag, value]


def with_row_shown(arranged: list[str]) -> list[str]:
    """Where `--cfg` shows a configuration, the overrides behind those of the experiment's row.

    A job applies its row itself; `--cfg` comes to no job.
    """
    overrides = [word for word in arranged if "=" in word and not word.startswith("-")]
    flags = [word for word in arranged if word not in overrides]
    if not any(flag.partition("=")[0] in ("-c", "--cfg") for flag in flags):
        return arranged
    from hydra import compose, initialize_config_dir

    from mtlab.config.compose import conf_folder, register_resolvers
    from mtlab.config.rows import row_overrides

    register_resolvers()
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        composed = compose(TRAIN.config_name, [*_search_path(flags), *overrides])
    return [*flags, *row_overrides(composed, overrides), *overrides]


def _search_path(flags: list[str]) -> list[str]:
    """The user's own groups, `--config-dir FOLDER`, as an override."""
    for index, flag in enumerate(flags):
        name, _, folder = flag.partition("=")
        if name in ("-cd", "--config-dir"):
            path = Path(folder or flags[index + 1]).resolve()
            return [f"hydra.searchpath=['file://{path}']"]
    return []


def _open_key(argument: str) -> str:
    """Let a key that is not in the YAML yet be set where names are the user's own, and
    paths and expressions stand there without the quotes that Hydra wants.
    """
    key = argument.partition("=")[0]
    is_open = any(key == open_key or key.startswith(f"{open_key}.") for open_key in OPEN_KEYS)
    return f"++{argument}" if is_open else quote_verbatim(argument)


def run_hydra(command: Command, arguments: list[str]) -> int:
    """Compose the configuration and run the command, once or for each job of a sweep."""
    import hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from mtlab.commands.sweep import SWEEP_FOLDERS, extend_sweep, finish_sweep
    from mtlab.config.compose import conf_folder, register_resolvers

    register_resolvers()
    # Errors come to us as they are; we show them in one line.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    sys.argv = [sys.argv[0], *arguments]

    failures: list[Exception] = []

    def job(composed: DictConfig) -> None:
        # Caught here rather than by Hydra, which would print a line of its own about it.
        try:
            getattr(import_module(command.module), command.function)(composed)
        except (MtlabError, HydraException, OmegaConfBaseException, OSError) as error:
            if os.environ.get(DEBUG_VARIABLE):
                raise
            failures.append(error)

    start = hydra.main(
        version_base="1.3", config_path=str(conf_folder()), config_name=command.config_name
    )(job)
    SWEEP_FOLDERS.clear()
    num_not_completed = 0
    try:
        start()
    finally:
        for folder in SWEEP_FOLDERS:
            num_not_completed += finish_sweep(folder)
    # Not after Ctrl-C: this may take minutes.
    for folder in SWEEP_FOLDERS:
        extend_sweep(folder)
    if SWEEP_FOLDERS:
        return EXIT_SWEEP_WITH_FAILURES if failures or num_not_completed else EXIT_OK
    for failure in failures:
        raise failure
    return EXIT_OK
