"""A trained run, or an ensemble of several, as a function from images to predictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from mtlab.artifacts.reading import read_configuration
from mtlab.artifacts.run_dir import member_folders
from mtlab.config.base import Count, Keys, read_keys
from mtlab.data.array_files import to_images
from mtlab.data.tasks import RegressionTask
from mtlab.device import Device, select_device
from mtlab.errors import RunFolderError
from mtlab.inference.loading import LoadedRun, load_run
from mtlab.inference.predictions import ClassPrediction, Predictions, ValuePrediction
from mtlab.inference.votes import Votes, mean_votes, votes_of


class Predictor:
    """Predicts for images; several members vote with their mean probabilities and values.

    Args:
        members: With the same tasks and image size, their models on the device.
        batch_size: Images per forward pass.
    """

    def __init__(self, members: Sequence[LoadedRun], device: Device, batch_size: int) -> None:
        self.tasks = members[0].tasks
        self.image_shape = members[0].image_shape
        self.device = device
        self._members = tuple(members)
        self._batch_size = batch_size

    def predict(self, images: npt.ArrayLike, subject: str = "images") -> Predictions:
        """Every task's predictions.

        Args:
            images: `(N, H, W)` or `(N, H, W, C)`, uint8 in [0, 255] or floats on the scale of the
                training images ([0, 1] where those were bytes). N may be 0.
            subject: What the array is called, for messages.

        Raises:
            DataError: Another image size, another type of number, NaN or infinite pixels, or
                pixels on another scale; see `PixelStatistics.check`.
        """
        pixels = to_images(images, self.image_shape, subject)
        for member in self._members:
            member.pixel_statistics.check(pixels, subject)
        # A network cannot be asked about no images at all: it gets one, whose votes are left out.
        asked = pixels if len(pixels) else torch.zeros(1, *self.image_shape)
        votes = mean_votes([self._votes(member, asked) for member in self._members])
        found = {task: votes[task][: len(pixels)].numpy() for task in votes}
        return Predictions(
            {
                task.name: ValuePrediction(task, found[task.name])
                if isinstance(task, RegressionTask)
                else ClassPrediction(task, found[task.name])
                for task in self.tasks
            }
        )

    def predict_array(self, images: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """`(N, H, W)` to `(N, tasks)`: labels and values, in the order of the tasks.

        A class is given as the label that the training data call it by, in 1, 2, ... as in 0, 7;
        one that is made of several labels (by: groups, parity or threshold) as its number from 0.
        """
        return self.predict(images).as_array()

    def _votes(self, member: LoadedRun, pixels: torch.Tensor) -> Votes:
        normalise = member.pixel_statistics.for_pixels(pixels.dtype).apply
        return votes_of(member, pixels, self._batch_size, self.device, normalise)


class LoadOptions(Keys):
    """What `load` can be told."""

    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["float32", "bfloat16"] | None
    threads: Count | None
    batch_size: Count


def load(
    folder: str | Path,
    *,
    device: str = "auto",
    precision: str | None = None,
    threads: int | None = None,
    batch_size: int = 250,
) -> Predictor:
    """See `mtlab.load`."""
    if not isinstance(folder, str | Path):
        raise RunFolderError(
            "folder",
            rule="must name the folder of a run",
            found=repr(folder),
            remedy="runs lie under outputs/DATE/TIME",
        )
    values = {"device": device, "precision": precision, "threads": threads}
    options = read_keys(LoadOptions, values | {"batch_size": batch_size})
    path = Path(folder).expanduser()
    members = [load_run(member) for member in member_folders(path) or [path]]
    first = members[0]
    for run in members[1:]:
        if (run.tasks, run.image_shape) != (first.tasks, first.image_shape):
            raise RunFolderError(
                str(run.folder),
                rule=f"must have the tasks, labels and image size of {first.folder}",
                found="others",
                remedy="train the members on the same dataset",
            )
    # An ensemble's configuration has the key where a run's has it.
    tested_in = read_configuration(path)[0]["device"]["precision"]
    chosen = select_device(options.device, options.precision or tested_in, options.threads)
    for run in members:
        chosen.place(run.model)
    return Predictor(members, chosen, options.batch_size)
