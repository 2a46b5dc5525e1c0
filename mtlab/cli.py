"""From the command line to a command: `mtlab [COMMAND] [Hydra's overrides and flags]`.

Nothing heavy is imported here: help and tab completion answer before torch would be loaded.
"""

from __future__ import annotations

import difflib
import os
import re
import signal
import sys
from dataclasses import dataclass
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING

from mtlab import __version__
from mtlab.errors import MtlabError

if TYPE_CHECKING:
    from omegaconf import DictConfig

EXIT_OK = 0
EXIT_SWEEP_WITH_FAILURES = 1
EXIT_MISTAKE = 2
EXIT_INTERRUPTED = 130

DEBUG_VARIABLE = "MTLAB_DEBUG"
# Keys below these may be new: every dataset has tasks of its own, and users add some.
OPEN_KEYS = ("mtl.weights.", "dataset.tasks.")


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


COMMANDS = {
    "train": Command("train", "mtlab.commands.train", "train"),
    "visualize": Command("visualize", "mtlab.commands.visualize", "visualize"),
    "pca": Command("pca", "mtlab.commands.pca", "pca"),
    "separable": Command("separable", "mtlab.commands.separable", "separable"),
}
DEFAULT_COMMAND = "train"


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    # A run that is told to stop by its process manager is recorded like one stopped by Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _dispatch(arguments)
    except KeyboardInterrupt:
        print("mtlab: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:
        from mtlab.config.explain import explain

        line = explain(error)
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
    name = DEFAULT_COMMAND
    if arguments and re.fullmatch(r"[a-z][\w-]*", arguments[0]):
        name = arguments.pop(0)
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        raise MtlabError(
            "command", f"must be one of {', '.join(COMMANDS)}", name,
            f"did you mean {near[0]}?" if near else "see mtlab --help",
        )  # fmt: skip
    return run_hydra(COMMANDS[name], [_open_key(argument) for argument in arguments])


def _open_key(argument: str) -> str:
    """Let a key that is not in the YAML yet be set where names are the user's own."""
    return f"++{argument}" if argument.startswith(OPEN_KEYS) else argument


def run_hydra(command: Command, arguments: list[str]) -> int:
    """Compose the configuration and run the command, once or for each job of a sweep."""
    import hydra

    from mtlab.commands.sweep import SWEEP_FOLDERS, finish_sweep
    from mtlab.config.compose import conf_folder, register_resolvers

    register_resolvers()
    # Errors come to us as they are; we show them in one line.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    sys.argv = [sys.argv[0], *arguments]

    def job(composed: DictConfig) -> None:
        getattr(import_module(command.module), command.function)(composed)

    start = hydra.main(
        version_base="1.3", config_path=str(conf_folder()), config_name=command.config_name
    )(job)
    SWEEP_FOLDERS.clear()
    try:
        start()
    except (Exception, KeyboardInterrupt):
        # A failed job ends a sweep with its exception once the other jobs are done.
        folder = SWEEP_FOLDERS.pop() if SWEEP_FOLDERS else None
        if folder is None or not finish_sweep(folder):
            raise
        return EXIT_SWEEP_WITH_FAILURES
    for folder in SWEEP_FOLDERS:
        finish_sweep(folder)
    return EXIT_OK
