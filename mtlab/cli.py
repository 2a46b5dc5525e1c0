"""From the command line to a command: `mtlab [COMMAND] [Hydra's overrides and flags]`.

Nothing heavy is imported here: help and tab completion answer before torch would be loaded.
"""

from __future__ import annotations

import difflib
import os
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from mtlab import __version__
from mtlab.config.arguments import arrange
from mtlab.errors import MtlabError
from mtlab.process import lasting_output, tune_for_training

if TYPE_CHECKING:
    from omegaconf import DictConfig

EXIT_OK = 0
EXIT_SWEEP_WITH_FAILURES = 1
EXIT_MISTAKE = 2
EXIT_INTERRUPTED = 130

DEBUG_VARIABLE = "MTLAB_DEBUG"


@dataclass(frozen=True)
class Command:
    """A word that users type.

    Attributes:
        function: Its job, `module:name` below mtlab.commands.
        config_name: The primary config under conf/; empty for a command with options of its own in
            place of Hydra's overrides, which takes the words behind its own and returns the exit
            code.
        positional: The key that a word without `=` behind the command's is for; empty for none.
    """

    function: str
    config_name: str = ""
    positional: str = ""

    def load(self) -> Callable[[object], object]:
        """The function that does it."""
        module, _, name = self.function.partition(":")
        function: Callable[[object], object] = getattr(
            import_module(f"mtlab.commands.{module}"), name
        )
        return function


TRAIN = Command("train:train", "train")
COMMANDS = {
    "train": TRAIN,
    "rerun": Command("rerun:rerun", "rerun", "run"),
    "report": Command("report:report"),
    "visualize": Command("visualize:visualize", "visualize", "run"),
    "pca": Command("pca:pca", "pca"),
    "separable": Command("separable:separable", "separable"),
    "evaluate": Command("evaluate:evaluate_run", "evaluate", "run"),
    "predict": Command("predict:predict_file", "predict", "run"),
    "ensemble": Command("ensemble:ensemble", "ensemble", "runs"),
    "export": Command("export:export", "export", "run"),
    "data export": Command("data_export:data_export", "data_export"),
}
DEFAULT_COMMAND = "train"


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    tune_for_training()
    # A run that is told to stop by its process manager is recorded like one stopped by Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    if hasattr(signal, "SIGHUP"):
        # A terminal that goes away costs nothing but the terminal.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with lasting_output():
        return _run(typed)


def _run(typed: list[str]) -> int:
    try:
        return _dispatch(list(typed))
    except KeyboardInterrupt:
        print("mtlab: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:
        from mtlab.config.messages import explain

        command = COMMANDS.get(typed[0] if typed else "", TRAIN)
        line = explain(
            error,
            command.config_name or TRAIN.config_name,
            [word for word in typed if "=" in word],
            is_sweep=bool({"-m", "--multirun"} & set(typed)),
        )
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
    command = take_command(arguments)
    if not command.config_name:
        code = command.load()(arguments)
        assert isinstance(code, int)
        return code
    if command.positional and arguments and re.match(r"(?!-)[^=]+$", arguments[0]):
        arguments[0] = f"{command.positional}={arguments[0]}"
    arranged = arrange(arguments, COMMANDS)
    return run_hydra(command, with_row_shown(arranged) if command is TRAIN else arranged)


def take_command(arguments: list[str]) -> Command:
    """The command that the first words name, which are taken away; without a word, `train`.

    Raises:
        MtlabError: There is no such command.
    """
    name = DEFAULT_COMMAND
    if arguments and re.fullmatch(r"[a-z][\w-]*", arguments[0]):
        name = arguments.pop(0)
    longer = [known for known in COMMANDS if known.startswith(f"{name} ")]
    if arguments and f"{name} {arguments[0]}" in longer:
        name = f"{name} {arguments.pop(0)}"
    elif longer and {"-h", "--help"} & set(arguments):
        name = longer[0]
    if name not in COMMANDS:
        near = longer or difflib.get_close_matches(name, COMMANDS, n=1)
        raise MtlabError(
            "command",
            rule=f"must be one of {', '.join(COMMANDS)}",
            found=name,
            remedy=f"did you mean {near[0]}?" if near else "see mtlab --help",
        )
    return COMMANDS[name]


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


def with_row_shown(arranged: list[str]) -> list[str]:
    """Where `--cfg` shows a configuration, the overrides behind those of the preset's row.

    A job applies its row itself; `--cfg` comes to no job.
    """
    overrides = [word for word in arranged if "=" in word and not word.startswith("-")]
    flags = [word for word in arranged if word not in overrides]
    if not any(flag.partition("=")[0] in ("-c", "--cfg") for flag in flags):
        return arranged
    from hydra import compose, initialize_config_dir

    from mtlab.config.compose import conf_folder, plain, register_resolvers
    from mtlab.config.preset import named_row

    register_resolvers()
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        composed = compose(TRAIN.config_name, [*_search_path(flags), *overrides])
    row = named_row(plain(composed))
    return [*flags, *([] if row is None else row.as_overrides(overrides)), *overrides]


def _search_path(flags: list[str]) -> list[str]:
    """The user's own groups, `--config-dir FOLDER`, as an override."""
    for index, flag in enumerate(flags):
        name, _, folder = flag.partition("=")
        if name in ("-cd", "--config-dir"):
            path = Path(folder or flags[index + 1]).resolve()
            return [f"hydra.searchpath=['file://{path}']"]
    return []


def run_hydra(command: Command, arguments: list[str]) -> int:
    """Compose the configuration and run the command, once or for each job of a sweep."""
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from mtlab.artifacts.run_dir import remove_if_empty
    from mtlab.config.compose import conf_folder, register_resolvers
    from mtlab.sweep import SWEEP_FOLDERS, extend_sweep, finish_sweep

    register_resolvers()
    # Errors come to us as they are; we show them in one line.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    sys.argv = [sys.argv[0], *arguments]

    failures: list[Exception] = []

    def job(composed: DictConfig) -> None:
        # Caught here rather than by Hydra, which would print a line of its own about it.
        try:
            command.load()(composed)
        except (MtlabError, HydraException, OmegaConfBaseException, OSError) as error:
            if os.environ.get(DEBUG_VARIABLE):
                raise
            failures.append(error)
        finally:
            # Hydra makes the folder before the job can be refused.
            remove_if_empty(Path(HydraConfig.get().runtime.output_dir))

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
