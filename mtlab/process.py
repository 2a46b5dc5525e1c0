"""How this process waits for threads, keeps freed memory, and bears the loss of its terminal."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

KEPT_BYTES = 2**30
"""Freed memory of at most this size stays with the process; beyond it, it goes back."""

# The numbers of glibc's malloc.h, for mallopt(3).
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3


def tune_for_training() -> None:
    """Set what the system's libraries are slow with by default; call it before torch is loaded.

    Nothing computed changes by it. A library that others import leaves such things alone, so only
    the command line calls this.
    """
    # Two threads that wait for each other in libgomp's long busy loop slow a run to a third where
    # other programs want the processor; without any, an idle one loses a third. Read by libgomp
    # when torch loads it; whoever sets it before has the last word.
    os.environ.setdefault("GOMP_SPINCOUNT", "5000")
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Let malloc keep large blocks for the next step instead of handing them back.

    Activations and gradients of tens of megabytes are freed and wanted again in every step. Each
    time the system fills the new pages with zeros, which costs a network of 20 million parameters
    a sixth of its training time and batches of 500 images a fifth of theirs. Only glibc has
    mallopt; elsewhere nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, KEPT_BYTES)
        mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)


class LastingOutput:
    """A stream that whoever reads it may close: what is written from then on is lost, no more.

    `mtlab ... | head -1` and a terminal window that is closed would fail the run otherwise.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_gone = False

    def write(self, text: str) -> int:
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, action: Callable[[], object]) -> None:
        if self._is_gone:
            return
        try:
            action()
        except OSError:
            self._is_gone = True
            # Python writes what it still holds to the same place when it ends.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


@contextmanager
def lasting_output() -> Iterator[None]:
    """Within this context, standard output may go away without anybody noticing."""
    before = sys.stdout
    sys.stdout = LastingOutput(before)
    try:
        yield
        sys.stdout.flush()
    finally:
        sys.stdout = before
