"""A run's summary.json from its first moment to its last, however it ends."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType

from mtlab.artifacts.provenance import command_line, versions
from mtlab.artifacts.run_dir import RunFolder
from mtlab.artifacts.summary import RunSummary, Status
from mtlab.errors import MtlabError
from mtlab.report.tables import result_table
from mtlab.terminal import Terminal


class RunRecord:
    """Writes summary.json as `running` at the start, and how the run ended at the end.

    A context: leaving it after `complete` writes `completed`, leaving it by an exception writes
    `failed` or `interrupted` with what was measured until then.

    Args:
        overrides: The overrides of the command line.
        job: Number of the job in its sweep, which says one line in place of a table; None for a
            run of its own.
    """

    def __init__(
        self, folder: RunFolder, terminal: Terminal, overrides: Sequence[str], job: int | None
    ) -> None:
        self._folder = folder
        self._terminal = terminal
        self._job = job
        self._started = time.perf_counter()
        self.summary = RunSummary(
            command=command_line(overrides),
            overrides=list(overrides),
            versions=versions(),
            started_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        )

    def __enter__(self) -> RunRecord:
        self._write(Status.running)
        return self

    def update(self) -> None:
        """Write down what is known so far, for whoever reads the folder of a run that is killed."""
        self._write(Status.running)

    def complete(self) -> None:
        """The run is done: write its summary and say what came out."""
        self._write(Status.completed)
        summary = self.summary
        if summary.test is not None:
            self._terminal.say(result_table(summary.as_dict()))
        timing = f"{summary.seconds.total:.1f} s in all"
        if summary.samples_per_second:
            timing += (
                f", {summary.seconds.train:.1f} s of training at"
                f" {summary.samples_per_second:,.0f} images/s"
            )
        self._terminal.say(f"{timing}; everything is in {self._folder.path}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            interrupted = isinstance(error, KeyboardInterrupt)
            known = isinstance(error, MtlabError)
            self.summary.error = str(error) if known else f"{type(error).__name__}: {error}"
            if interrupted:
                self.summary.error = f"after {self.summary.epochs} epochs"
            self._write(Status.interrupted if interrupted else Status.failed)
            # The command line shows the error itself; in a sweep the job's line does.
            self._terminal.log(f"{self.summary.status.value}: {self.summary.error}")
        if self._job is not None:
            self._terminal.say(self._line(), always=True)

    def _line(self) -> str:
        """What a sweep says about this run."""
        summary = self.summary
        if summary.status is not Status.completed:
            outcome = f"{summary.status.value}: {summary.error}"
        elif summary.test is None:
            outcome = f"{summary.parameters.total if summary.parameters else 0:,} parameters"
        else:
            outcome = f"test {summary.test.headline}"
        overrides = " ".join(summary.overrides)
        return f"#{self._job} {overrides}: {outcome} ({summary.seconds.total:.1f} s)"

    def _write(self, status: Status) -> None:
        self.summary.status = status
        self.summary.seconds.total = time.perf_counter() - self._started
        self._folder.write_summary(self.summary.as_dict())
