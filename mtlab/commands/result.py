"""summary.json of a command that measures something without training one run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Any

from mtlab.artifacts.provenance import command_line, versions
from mtlab.artifacts.run_dir import RunFolder
from mtlab.artifacts.summary import Status
from mtlab.errors import MtlabError
from mtlab.terminal import Terminal


class ResultRecord:
    """Writes summary.json as `running` at the start, and how the command ended at the end.

    A context: leaving it writes `completed`, or `failed` or `interrupted` with the error.

    Attributes:
        values: What the command finds, for summary.json.

    Args:
        kind: The command's name; it stands in the summary, where a run has none.
        overrides: The overrides of the command line.
    """

    def __init__(
        self, kind: str, folder: RunFolder, terminal: Terminal, overrides: Sequence[str]
    ) -> None:
        self._folder = folder
        self._terminal = terminal
        self._started = time.perf_counter()
        self._origin = {
            "command": command_line([kind, *overrides]),
            "overrides": list(overrides),
            "started_at": datetime.now().astimezone().isoformat(timespec="seconds"),
        }
        self._kind = kind
        self.values: dict[str, Any] = {}

    @property
    def command(self) -> str:
        return str(self._origin["command"])

    def __enter__(self) -> ResultRecord:
        self._write(Status.running, None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self._write(Status.completed, None)
            self._terminal.say(f"{self._seconds():.1f} s; everything is in {self._folder.path}")
            return
        interrupted = isinstance(error, KeyboardInterrupt)
        known = isinstance(error, MtlabError)
        told = str(error) if known else f"{type(error).__name__}: {error}"
        status = Status.interrupted if interrupted else Status.failed
        self._write(status, "interrupted" if interrupted else told)
        self._terminal.log(f"{status.value}: {told}")

    def _seconds(self) -> float:
        return time.perf_counter() - self._started

    def _write(self, status: Status, error: str | None) -> None:
        self._folder.write_summary(
            {
                "status": status.value,
                "error": error,
                "kind": self._kind,
                **self._origin,
                **self.values,
                "seconds": {"total": self._seconds()},
                "versions": versions(),
            }
        )
