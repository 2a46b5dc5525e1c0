"""A command's jobs under Hydra: one, or one for each point of a sweep."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mtlab.config.arguments import as_typed
from mtlab.errors import MtlabError

if TYPE_CHECKING:
    from omegaconf import DictConfig


@dataclass
class Jobs:
    """What has become of a command's jobs.

    Attributes:
        folders: Of each job that began.
        sweep: The folder of a sweep; None for a single job.
        failures: Of jobs that failed; the others of a sweep go on.
        num_not_completed: Runs of the sweep that failed, or were killed.
    """

    folders: list[Path] = field(default_factory=list)
    sweep: Path | None = None
    failures: list[Exception] = field(default_factory=list)
    num_not_completed: int = 0


def run_jobs(
    command: Callable[["DictConfig"], object], config_name: str, arguments: Sequence[str]
) -> Jobs:
    """Compose the configuration and run the command, once or for each job of a sweep.

    Args:
        config_name: The command's primary config under conf/.
        arguments: Hydra's flags, then overrides.

    Raises:
        Exception: Whatever keeps a configuration from being composed, or a job alone from ending.
    """
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from mtlab.artifacts.run_dir import remove_if_empty
    from mtlab.config.compose import conf_folder, register_resolvers
    from mtlab.sweep_end import SWEEP_FOLDERS, finish_sweep

    register_resolvers()
    jobs = Jobs()
    there_before = _existing_folders(arguments)

    def job(composed: "DictConfig") -> None:
        folder = Path(HydraConfig.get().runtime.output_dir)
        jobs.folders.append(folder)
        # Caught here rather than by Hydra, which would print a line of its own about it.
        try:
            command(composed)
        except (MtlabError, HydraException, OmegaConfBaseException, OSError) as error:
            if os.environ.get("MTLAB_DEBUG"):
                raise
            jobs.failures.append(error)
        finally:
            # Hydra makes the folder before the job can be refused.
            remove_if_empty(folder, there_before)

    start = hydra.main(version_base="1.3", config_path=str(conf_folder()), config_name=config_name)
    SWEEP_FOLDERS.clear()
    try:
        with _called_with(arguments):
            start(job)()
    finally:
        for folder in SWEEP_FOLDERS:
            jobs.sweep = folder
            jobs.num_not_completed += finish_sweep(folder)
    if jobs.sweep is not None:
        from mtlab.explore.after_sweep import add_to_sweep

        # Not after Ctrl-C: this may take minutes.
        add_to_sweep(jobs.sweep)
    elif jobs.failures:
        raise jobs.failures[0]
    return jobs


def _existing_folders(arguments: Sequence[str]) -> set[Path]:
    """The folders that hydra.run.dir names, and those above it, as far as they are there."""
    named = [
        as_typed(word).partition("=")[2] for word in arguments if word.startswith("hydra.run.dir=")
    ]
    paths = [Path(folder).absolute() for folder in (*named, "outputs")]
    return {place for path in paths for place in (path, *path.parents) if place.exists()}


@contextmanager
def _called_with(arguments: Sequence[str]) -> Iterator[None]:
    """Hydra reads its arguments, and that errors come to us as they are, from the process."""
    typed, is_full = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv = [*typed[:1], *arguments]
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        yield
    finally:
        sys.argv = typed
        if is_full is None:
            del os.environ["HYDRA_FULL_ERROR"]
        else:
            os.environ["HYDRA_FULL_ERROR"] = is_full
