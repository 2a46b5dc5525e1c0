"""From the command line to a command: `mtlab [COMMAND] [Hydra's overrides and flags]`.

Nothing heavy is imported here: help and tab completion answer before torch would be loaded.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from mtlab import __version__
from mtlab.config.arguments import SHOWS, arrange
from mtlab.errors import MtlabError, did_you_mean
from mtlab.process import lasting_output, tune_for_training

if TYPE_CHECKING:
    from omegaconf import DictConfig

EXIT_OK = 0
EXIT_SWEEP_WITH_FAILURES = 1
EXIT_MISTAKE = 2
EXIT_INTERRUPTED = 130


@dataclass(frozen=True)
class Command:
    """A word that users type.

    Attributes:
        job: Its function, `module:name` below mtlab.commands.
        config_name: The primary config under conf/; empty for a command with options of its own in
            place of Hydra's overrides, which takes the words behind its own and returns the exit
            code.
        positional: The key that a word without `=` behind the command's is for; empty for none.
    """

    job: str
    config_name: str = ""
    positional: str = ""

    def run(self, composed_or_words: object) -> object:
        module, _, name = self.job.partition(":")
        return getattr(import_module(f"mtlab.commands.{module}"), name)(composed_or_words)


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


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    tune_for_training()
    # A run that is told to stop by its process manager is recorded like one stopped by Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    if hasattr(signal, "SIGHUP"):
        # A terminal that goes away costs nothing but the terminal.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return _run(sys.argv[1:] if arguments is None else arguments)


def _run(typed: list[str]) -> int:
    try:
        with lasting_output():
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
        if line is None or os.environ.get("MTLAB_DEBUG"):
            raise
        print(f"mtlab: {line}", file=sys.stderr)
        return EXIT_MISTAKE


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _dispatch(arguments: list[str]) -> int:
    if "--version" in arguments:
        print(f"mtlab {__version__}")
        return EXIT_OK
    is_completion = {"-sc", "--shell-completion"} & set(arguments)
    if is_completion and any(argument.startswith("query=") for argument in arguments):
        complete_command()
    command = take_command(arguments)
    if not command.config_name:
        code = command.run(arguments)
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
    name = "train"
    if arguments and re.fullmatch(r"[a-z][\w-]*", arguments[0]):
        name = arguments.pop(0)
    longer = [known for known in COMMANDS if known.startswith(f"{name} ")]
    if arguments and f"{name} {arguments[0]}" in longer:
        name = f"{name} {arguments.pop(0)}"
    elif longer and {"-h", "--help"} & set(arguments):
        name = longer[0]
    if name not in COMMANDS:
        near = did_you_mean(name, COMMANDS, "see mtlab --help")
        raise MtlabError(
            "command",
            rule=f"must be one of {', '.join(COMMANDS)}",
            found=name,
            remedy=f"did you mean {longer[0]}?" if longer else near,
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
    if not SHOWS & set(arranged):
        return arranged
    overrides = [word for word in arranged if "=" in word and not word.startswith("-")]
    flags = [word for word in arranged if word not in overrides]
    from hydra import compose, initialize_config_dir

    from mtlab.config.compose import conf_folder, plain, register_resolvers
    from mtlab.config.preset import named_row

    own_groups = [
        f"hydra.searchpath=['file://{Path(folder).resolve()}']"
        for flag, folder in pairwise(flags)
        if flag in ("-cd", "--config-dir")
    ][:1]
    register_resolvers()
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        composed = compose(TRAIN.config_name, [*own_groups, *overrides])
    row = named_row(plain(composed))
    return [*flags, *([] if row is None else row.as_overrides(overrides)), *overrides]


def existing_folders(arguments: list[str]) -> set[Path]:
    """The folders that hydra.run.dir names, and those above it, as far as they are there."""
    named = [word.partition("=")[2] for word in arguments if word.startswith("hydra.run.dir=")]
    paths = [Path(folder).absolute() for folder in (*named, "outputs")]
    return {place for path in paths for place in (path, *path.parents) if place.exists()}


def run_hydra(command: Command, arguments: list[str]) -> int:
    """Compose the configuration and run the command, once or for each job of a sweep."""
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from mtlab.artifacts.run_dir import remove_if_empty
    from mtlab.config.compose import conf_folder, register_resolvers
    from mtlab.sweep import SWEEP_FOLDERS, finish_sweep

    register_resolvers()
    # Errors come to us as they are; we show them in one line.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    sys.argv = [sys.argv[0], *arguments]

    failures: list[Exception] = []
    there_before = existing_folders(arguments)

    def job(composed: DictConfig) -> None:
        # Caught here rather than by Hydra, which would print a line of its own about it.
        try:
            command.run(composed)
        except (MtlabError, HydraException, OmegaConfBaseException, OSError) as error:
            if os.environ.get("MTLAB_DEBUG"):
                raise
            failures.append(error)
        finally:
            # Hydra makes the folder before the job can be refused.
            remove_if_empty(Path(HydraConfig.get().runtime.output_dir), there_before)

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
    if SWEEP_FOLDERS:
        from mtlab.explore.after_sweep import add_to_sweep

        # Not after Ctrl-C: this may take minutes.
        for folder in SWEEP_FOLDERS:
            add_to_sweep(folder)
        return EXIT_SWEEP_WITH_FAILURES if failures or num_not_completed else EXIT_OK
    for failure in failures:
        raise failure
    return EXIT_OK
