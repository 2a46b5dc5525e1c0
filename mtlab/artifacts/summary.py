"""How a run ended, as summary.json says it; `mtlab.runner.summary` makes the rest of that file."""

from __future__ import annotations

from enum import Enum


class Status(Enum):
    """`running` also stands in the folder of a run that was killed."""

    running = "running"
    completed = "completed"
    failed = "failed"
    interrupted = "interrupted"
