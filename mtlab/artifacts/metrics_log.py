"""metrics.jsonl: one line per epoch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Readers of run folders import this module too, and do without torch.
if TYPE_CHECKING:
    from mtlab.training.trainer import EpochEnd


def as_line(event: EpochEnd) -> dict[str, Any]:
    """An epoch as a line holds it."""
    return {
        "epoch": event.epoch,
        "train": event.train.as_dict(),
        "val": event.val.as_dict(),
        "learning_rate": event.learning_rate,
        "seconds": event.seconds,
    }


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The epochs of a run in order; a last line that was cut off is left out."""
    epochs = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            epochs.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return epochs
