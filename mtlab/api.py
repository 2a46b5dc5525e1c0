"""mtlab from Python: what the command line does, with its results at hand."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mtlab.config.arguments import arrange, as_override
from mtlab.errors import MtlabError

if TYPE_CHECKING:
    from mtlab.inference.predictor import Predictor
    from mtlab.jobs import Jobs
    from mtlab.results import Run, Runs

# torch, Hydra and pydantic are loaded in the functions: help and completion answer without them.

MULTIRUN = "-m"


def train(
    *overrides: str,
    config_dir: str | Path | None = None,
    quiet: bool = False,
    **settings: object,
) -> "Run":
    """One run, as `mtlab OVERRIDES` makes it: the same weights, folder and messages.

        run = mtlab.train("model=cnn", "dataset=mnist", epochs=2, seed=1)
        run.test["digit"]["accuracy"]

    Args:
        overrides: As they are typed, `"model=cnn"` or `"optimizer.lr=0.01"`.
        config_dir: A folder with groups of your own.
        quiet: Print nothing; the run's mtlab.log has it all the same.
        settings: Keys to their values. A group (`model="cnn"`), a top-level key (`seed=1`,
            `tasks=["digit"]`), a short name (`epochs`, `batch_size`, `lr`, `limit`, `classes`,
            `lambda_`, and `folder`, where to write), or any dotted key in a mapping:
            `**{"model.filters": [32, 64]}`. A text is taken as it would be typed.

    Raises:
        mtlab.errors.MtlabError: What the command line would say in one line.
    """
    from mtlab.results import Run

    words = [*overrides, *(as_override(name, value) for name, value in settings.items())]
    return Run(run_command("train", words, (), config_dir, quiet).folders[0])


def sweep(
    *overrides: str,
    config_dir: str | Path | None = None,
    quiet: bool = False,
    **settings: object,
) -> "Runs":
    """A run for every combination of values, as `mtlab -m OVERRIDES` makes them.

        sweep = mtlab.sweep("dataset=mnist", "mtl.lambda=0,0.5,1", seed=[0, 1])
        pandas.DataFrame(sweep.records())

    Runs that fail are rows of the table; the others go on.

    Args:
        overrides, config_dir, quiet: See `train`; values are separated by commas.
        settings: See `train`, but that a list holds values to sweep over. A list as one of the
            values is a list within it: `**{"model.filters": [[32], [32, 64]]}`.

    Raises:
        mtlab.errors.MtlabError: What the command line would say in one line; and where every run
            failed, what was wrong with the first.
    """
    from mtlab.results import Runs

    several = (as_override(name, value, is_sweep=True) for name, value in settings.items())
    jobs = run_command("train", [*overrides, *several], (MULTIRUN,), config_dir, quiet)
    assert jobs.sweep is not None
    return Runs(jobs.sweep)


def runs(folder: str | Path = "outputs") -> "Runs":
    """Every run below a folder, ready for a table.

        pandas.DataFrame(mtlab.runs("outputs").records())

    Args:
        folder: `latest` is the newest run, or the sweep that it was part of.

    Raises:
        mtlab.errors.RunFolderError: No such folder, or no run in it.
    """
    from mtlab.artifacts.latest import named_folder
    from mtlab.results import Runs

    return Runs(named_folder(folder, "either"))


def load(
    folder: str | Path,
    *,
    device: str = "auto",
    precision: str | None = None,
    threads: int | None = None,
    batch_size: int = 250,
) -> "Predictor":
    """A trained run or an ensemble from its folder, ready to predict for images.

    `mtlab.load(folder).predict(images)` gives typed predictions per task,
    `.predict_array(images)` the array `(N, tasks)`. Nothing in the folder is executed or unpickled.

    Args:
        folder: A run's folder, outputs/DATE/TIME, or an ensemble's; `latest`, the newest run that
            has completed.
        device: `auto`, `cpu` or `cuda`.
        precision: `float32` or `bfloat16`; None: the one that the folder's test figures were
            measured in.
        threads: CPU threads, at least 1; None: one per core.
        batch_size: Images per forward pass, at least 1.

    Raises:
        mtlab.errors.RunFolderError: Not a run's folder, or one that is damaged.
        mtlab.errors.ConfigError: A device, a precision, a number of threads or a batch size that
            does not exist.
    """
    from mtlab.artifacts.latest import named_folder
    from mtlab.inference.predictor import load as load_predictor

    return load_predictor(
        named_folder(folder, "run") if isinstance(folder, str) else folder,
        device=device,
        precision=precision,
        threads=threads,
        batch_size=batch_size,
    )


def run_command(
    word: str,
    overrides: Sequence[str],
    flags: Sequence[str] = (),
    config_dir: str | Path | None = None,
    quiet: bool = False,
) -> "Jobs":
    """Run a command of the command line in this process.

    Args:
        word: The command's word.

    Raises:
        MtlabError: What the command line would say in one line; of a sweep, where every run failed.
    """
    from mtlab.cli import COMMANDS, with_folders
    from mtlab.config.messages import explain
    from mtlab.jobs import run_jobs

    command = COMMANDS[word]
    own_groups = () if config_dir is None else ("--config-dir", str(config_dir))
    words = [*flags, *own_groups, *overrides]
    for override in overrides:
        _check_is_override(override)
    try:
        with _as_guest(), contextlib.redirect_stdout(io.StringIO() if quiet else sys.stdout):
            arranged = arrange(with_folders(words, positional=""))
            jobs = run_jobs(command.run, command.config_name, arranged)
        if jobs.failures and len(jobs.failures) == len(jobs.folders):
            raise jobs.failures[0]
    except Exception as error:
        told = explain(error, command.config_name, words)
        if told is None or told is error or os.environ.get("MTLAB_DEBUG"):
            raise
        raise told from error
    return jobs


def _check_is_override(word: object) -> None:
    if not isinstance(word, str) or word.startswith("-"):
        raise MtlabError(
            "override",
            rule="must be a text of the form KEY=VALUE or GROUP=OPTION",
            found=repr(word),
            remedy="mtlab.sweep(...) stands for -m, config_dir=FOLDER for --config-dir",
        )


@contextlib.contextmanager
def _as_guest() -> Iterator[None]:
    """Leave torch's threads, its random numbers and a Hydra of the caller's as they were."""
    import torch
    from hydra.core.global_hydra import GlobalHydra

    owner, threads = GlobalHydra.instance().hydra, torch.get_num_threads()
    GlobalHydra.instance().clear()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_num_threads(threads)
        GlobalHydra.instance().hydra = owner
