"""A folder's summary.json from the first moment of a run to its last, however it ends."""

import platform
import time
from datetime import datetime
from importlib import metadata
from typing import Any, Self

from mtlab import __version__
from mtlab.artifacts.run_dir import RunFolder, Status, write_whole
from mtlab.errors import MtlabError
from mtlab.runner.origin import Origin
from mtlab.terminal import Terminal


class Record:
    """Writes summary.json as `running` at the start, and how the command ended at the end.

    A context, for commands that measure without training; `RunRecord` is a training's. The folder
    is written into from `begin` on: a command that is refused before leaves none, unless it is a
    job of a sweep, whose table tells of it.

    Attributes:
        values: What is measured, for summary.json; may be filled in as it comes.
        folder, terminal: From `begin` on.
    """

    folder: RunFolder
    terminal: Terminal

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.values: dict[str, Any] = {}
        self._status = Status.running
        self._error: str | None = None
        self._has_begun = False
        self._started = time.perf_counter()
        self._started_at = datetime.now().astimezone().isoformat(timespec="seconds")

    def leave_out(self, seconds: float) -> None:
        """Not to be counted: what was no work of its own."""
        self._started += seconds

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.perf_counter() - self._started

    def begin(self) -> None:
        """Claim the folder, and write down what is known, for whoever reads that of a killed run.

        Raises:
            RunFolderError: It cannot be written, or holds a run already.
        """
        self.folder = RunFolder(self.origin.folder)
        self.terminal = Terminal(self.folder.log, quiet=self.origin.job is not None)
        self._has_begun = True
        self.folder.hydra.mkdir(exist_ok=True)
        for name, text in self.origin.hydra_files.items():
            write_whole(self.folder.hydra / name, text)
        self.folder.write_summary(self.summary())

    def summary(self) -> dict[str, Any]:
        """summary.json."""
        start = {
            "status": self._status.value,
            "error": self._error,
            "command": self.origin.command,
            "overrides": list(self.origin.overrides),
            "started_at": self._started_at,
        }
        return start | self.measured() | {"versions": versions()}

    def measured(self) -> dict[str, Any]:
        """What stands between the beginning and the versions; `kind` tells it from a run's."""
        return {"kind": self.origin.word, **self.values, "seconds": {"total": self.seconds}}

    def closing_words(self) -> str:
        """The last line of a command that went well."""
        return f"{self.seconds:.1f} s; everything is in {self.folder.path}"

    def job_words(self) -> str:
        """What a sweep says of a job that went well."""
        return ""

    def interruption(self) -> str:
        """How far a command came that was interrupted."""
        return "interrupted"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        job = self.origin.job
        if error is not None and not self._has_begun:
            if job is None:
                return
            self.begin()
        self._note_ending(error)
        self.folder.write_summary(self.summary())
        failure = error and f"{self._status.value}: {self._error}"
        with self.terminal:
            if failure:
                # The command line shows the error itself; in a sweep the job's line does.
                self.terminal.log(failure)
            else:
                self.terminal.say(self.closing_words())
            if job is not None:
                outcome = failure or self.job_words()
                words = " ".join(self.origin.overrides)
                line = f"#{job} {words}: {outcome} ({self.seconds:.1f} s)"
                self.terminal.say(line, always=True)

    def _note_ending(self, error: BaseException | None) -> None:
        if error is None:
            self._status = Status.completed
        elif isinstance(error, KeyboardInterrupt):
            self._status, self._error = Status.interrupted, self.interruption()
        else:
            known = isinstance(error, MtlabError)
            self._status = Status.failed
            self._error = str(error) if known else f"{type(error).__name__}: {error}"


def versions() -> dict[str, str]:
    """Versions of mtlab, Python and the packages that results depend on."""
    packages = ("torch", "numpy", "hydra-core", "omegaconf", "scikit-learn")
    own = {"mtlab": __version__, "python": platform.python_version()}
    return own | {package: metadata.version(package) for package in packages}
