"""From the command line to a command: `mtlab [COMMAND] [Hydra's overrides and flags]`.

Nothing heavy is imported here: help and tab completion answer before torch would be loaded.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from mtlab import __version__
from mtlab.config.arguments import (
    FLAGS_WITH_VALUE,
    SHOWS,
    arrange,
    override_key,
    own_groups,
    without_quotes,
)
from mtlab.dotted import belongs
from mtlab.errors import MtlabError, did_you_mean
from mtlab.jobs import run_jobs
from mtlab.process import lasting_output, tune_for_training

if TYPE_CHECKING:
    from mtlab.artifacts.latest import Wanted

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
    "best": Command("best:best"),
    "explain": Command("explain:explain"),
    "visualize": Command("visualize:visualize", "visualize", "run"),
    "pca": Command("pca:pca", "pca"),
    "separable": Command("separable:separable", "separable"),
    "summary": Command("summary:summary", "summary", "run"),
    "evaluate": Command("evaluate:evaluate_run", "evaluate", "run"),
    "predict": Command("predict:predict_file", "predict", "run"),
    "ensemble": Command("ensemble:ensemble", "ensemble", "runs"),
    "export": Command("export:export", "export", "run"),
    "data export": Command("data_export:data_export", "data_export"),
    "data show": Command("data_show:data_show", "data_show"),
}

FOLDER_KEYS: dict[str, Wanted] = {"run": "run", "runs": "sweep", "model.init_from": "run"}
"""Keys of folders, and what `latest` means for each."""


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
    words = typed
    try:
        with lasting_output():
            words = without_quotes(typed)
            return _dispatch(list(words))
    except KeyboardInterrupt:
        print("mtlab: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:
        from mtlab.config.messages import explain

        command = COMMANDS.get(words[0] if words else "", TRAIN)
        told = explain(error, command.config_name or TRAIN.config_name, words)
        if told is None or os.environ.get("MTLAB_DEBUG"):
            raise
        print(f"mtlab: {told}", file=sys.stderr)
        return EXIT_MISTAKE


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _dispatch(arguments: list[str]) -> int:
    if "--version" in arguments:
        print(f"mtlab {__version__}")
        return EXIT_OK
    is_completion = {"-sc", "--shell-completion"} & set(arguments)
    if is_completion and any(argument.startswith("query=") for argument in arguments):
        completed = complete_command()
        if completed is None or not completed.config_name:
            return EXIT_OK
        command = completed
    else:
        command = take_command(arguments)
    if not command.config_name:
        code = command.run([said_folder(word, "either") for word in arguments])
        assert isinstance(code, int)
        return code
    arranged = arrange(with_folders(arguments, command.positional), COMMANDS)
    if command is COMMANDS["rerun"]:
        refuse_changes(arranged)
    elif command is TRAIN:
        arranged = with_row_shown(arranged)
    jobs = run_jobs(command.run, command.config_name, arranged)
    is_whole = jobs.sweep is None or not (jobs.failures or jobs.num_not_completed)
    return EXIT_OK if is_whole else EXIT_SWEEP_WITH_FAILURES


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
            remedy=f"did you mean {' or '.join(longer)}?" if longer else near,
        )
    return COMMANDS[name]


def with_folders(arguments: list[str], positional: str) -> list[str]:
    """The first word that is a folder's as the key that it is for, and `latest` as its folder."""
    words = list(arguments)
    for index, word in enumerate(words):
        is_flags = index > 0 and words[index - 1] in FLAGS_WITH_VALUE
        if is_flags or not re.match("[^-~]", word):
            continue
        if positional and ("=" not in word or Path(word).is_dir()):
            words[index] = f"{positional}={word}"
            break
    for index, word in enumerate(words):
        key, _, value = word.partition("=")
        if key in FOLDER_KEYS:
            words[index] = f"{key}={said_folder(value, FOLDER_KEYS[key])}"
    return words


def said_folder(word: str, wanted: Wanted) -> str:
    """A folder as it was typed; for the word `latest` the one that it stands for, which is said."""
    if word != "latest":
        return word
    from mtlab.artifacts.latest import named_folder

    folder = named_folder(word, wanted)
    print(f"latest: {folder}")
    return str(folder)


def refuse_changes(arguments: list[str]) -> None:
    """A rerun is the run itself.

    Raises:
        MtlabError: A setting, with the command that makes the run with it.
    """
    from mtlab.artifacts.reading import read_summary

    typed = [word for word in arguments if not word.startswith("-") and "=" in word]
    folder = next((word.partition("=")[2] for word in typed if word.startswith("run=")), "")
    changes = [word for word in typed if not belongs(override_key(word), ("run", "hydra"))]
    if not changes:
        return
    try:
        own = read_summary(Path(folder.strip('"')).expanduser())["command"]
    except (MtlabError, KeyError):
        own = "mtlab ..."
    raise MtlabError(
        "rerun",
        rule="makes a run again as it was, and takes no changes but hydra.run.dir=FOLDER",
        found=" ".join(changes),
        remedy=f"type the run's own command with them behind it: {own} {shlex.join(changes)}",
    )


def complete_command() -> Command | None:
    """Complete a command's words; Hydra, which knows of none, completes what stands behind them.

    The shell gives the line so far in COMP_LINE. The command that Hydra is to complete for comes
    back; None where a word of it is still missing.
    """
    program, _, rest = os.environ.get("COMP_LINE", "").partition(" ")
    rest = rest.lstrip()
    for name, command in COMMANDS.items():
        if rest.startswith(f"{name} "):
            os.environ["COMP_LINE"] = f"{program} {rest.removeprefix(f'{name} ')}"
            return command
    number = rest.count(" ")
    words = dict.fromkeys(name.split()[number] for name in COMMANDS if name.startswith(rest))
    print(" ".join(words), end=" ")
    return None if number and words else TRAIN


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

    register_resolvers()
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        composed = compose(TRAIN.config_name, [*own_groups(flags), *overrides])
    row = named_row(plain(composed))
    return [*flags, *([] if row is None else row.as_overrides(overrides)), *overrides]
