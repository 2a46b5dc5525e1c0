"""How this process waits for threads, keeps freed memory, and bears the loss of its terminal."""

import ctypes
import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


def tune_for_training() -> None:
    """Set what the system's libraries are slow with by default; call it before torch is loaded.

    Nothing computed changes by it. A library that others import leaves such things alone, so only
    the command line calls this.
    """
    # Two threads that wait for each other in libgomp's long busy loop slow a run to a third where
    # other programs want the processor; without any, an idle one loses a third. Read by libgomp
    # when torch loads it; whoever sets it before has the last word.
    os.environ.setdefault("GOMP_SPINCOUNT", "5000")
    # Activations and gradients of tens of megabytes are freed and wanted again in every step. Each
    # time the system fills the new pages with zeros, which costs a network of 20 million parameters
    # a sixth of its training time and batches of 500 images a fifth of theirs. So malloc keeps what
    # is freed, up to a gigabyte; only glibc has mallopt(3).
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        m_trim_threshold, m_mmap_threshold = -1, -3  # of glibc's malloc.h
        mallopt(m_mmap_threshold, 2**30)
        mallopt(m_trim_threshold, 2**30)


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
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.EIO):
                raise  # a full disk is not a reader that went away
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
