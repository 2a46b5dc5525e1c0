"""mtlab: a command-line laboratory for multi-task learning on small images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtlab.inference.predictor import Predictor

__version__ = "0.1.0"


def load(
    folder: str | Path,
    *,
    device: str = "auto",
    precision: str | None = None,
    threads: int | None = None,
    batch_size: int = 250,
) -> Predictor:
    """A trained run or an ensemble from its folder, ready to predict for images.

    `mtlab.load(folder).predict(images)` gives typed predictions per task,
    `.predict_array(images)` the array `(N, tasks)`. Nothing in the folder is executed or unpickled.

    Args:
        folder: A run's folder, outputs/DATE/TIME, or an ensemble's.
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
    # torch is loaded here, not with the package: help and completion answer without it.
    from mtlab.inference.predictor import load as load_predictor

    return load_predictor(
        folder, device=device, precision=precision, threads=threads, batch_size=batch_size
    )
