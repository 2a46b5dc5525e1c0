"""A trained network as one file that needs no mtlab, checked before it is kept."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import nn

from mtlab.data.dataset import PixelStatistics
from mtlab.errors import MtlabError
from mtlab.inference.loading import LoadedRun
from mtlab.inference.votes import as_votes

BATCH_SIZES_TO_CHECK = (1, 3, 8)
EXPORT_BATCH_SIZE = 2
"""Any but 1, which export would take for a size that never changes."""

Network = Callable[[torch.Tensor], Sequence[torch.Tensor]]
"""From images to each task's probabilities or values."""


def export_run(
    run: LoadedRun, format: Literal["onnx", "torch_export"], target: Path, tolerance: float
) -> float:
    """Write beside the target, compare, put the file in place; returns `largest_difference`."""
    unchecked = target.with_name(f".unchecked_{target.name}")
    network = StandaloneNetwork(run).eval()
    write = export_onnx if format == "onnx" else export_torch
    try:
        difference = largest_difference(network, write(network, run, unchecked), run)
        if difference > tolerance:
            is_number = math.isfinite(difference)
            raise MtlabError(
                str(target),
                rule=f"must predict as the run does, within {tolerance:g} and in finite numbers",
                found=f"a difference of {difference:g}"
                if is_number
                else "NaN, infinite or missing predictions",
                remedy=f"{'raise tolerance' if is_number else 'train again'}, or use the other"
                " format",
            )
        unchecked.replace(target)
    finally:
        unchecked.unlink(missing_ok=True)
    return difference


class StandaloneNetwork(nn.Module):
    """From pixels to probabilities and values: standardisation, network, softmax; on the CPU."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, run: LoadedRun) -> None:
        super().__init__()
        self.model = run.model
        self.tasks = run.tasks
        mean, std = run.pixel_statistics.mean_and_std()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """`(N, channels, height, width)`, float32 on the scale of the training images, to each
        task's probabilities `(N, classes)` or values `(N,)`, in the order of the tasks.
        """
        outputs = self.model((images - self.mean) / self.std)
        return tuple(as_votes(self.tasks, outputs).values())


def export_torch(network: StandaloneNetwork, run: LoadedRun, path: Path) -> Network:
    """Write a torch.export program (.pt2); returns it as read back."""
    example = (torch.zeros(EXPORT_BATCH_SIZE, *run.image_shape),)
    batch = torch.export.Dim("batch", min=1)
    program = torch.export.export(network, example, dynamic_shapes=({0: batch},))
    torch.export.save(program, path)
    return torch.export.load(path).module()


def export_onnx(network: StandaloneNetwork, run: LoadedRun, path: Path) -> Network:
    """Write an ONNX file; returns it as onnxruntime runs it."""
    try:
        import onnxruntime
        import onnxscript  # noqa: F401 - torch.onnx needs it
    except ImportError as error:
        raise MtlabError(
            "format",
            rule="onnx needs the packages onnx, onnxscript and onnxruntime",
            found=str(error),
            remedy="pip install onnx onnxruntime onnxscript, or use format=torch_export",
        ) from error
    torch.onnx.export(
        network,
        (torch.zeros(EXPORT_BATCH_SIZE, *run.image_shape),),
        path,
        input_names=["images"],
        output_names=[task.name for task in run.tasks],
        dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def exported(images: torch.Tensor) -> Sequence[torch.Tensor]:
        predicted = session.run(None, {"images": images.numpy()})
        return [torch.from_numpy(np.asarray(one)) for one in predicted]

    return exported


def largest_difference(network: Network, exported: Network, run: LoadedRun) -> float:
    """How far a file's predictions are from the network's, over random images in several batches.

    Above 1 and below -1 it is a share of the prediction, since float32 rounds large numbers more
    coarsely. Infinite where one of either is NaN or infinite, or their shapes differ.
    """
    low, high = pixel_range(run.pixel_statistics)
    draw = torch.Generator().manual_seed(0)
    largest = 0.0
    for batch_size in BATCH_SIZES_TO_CHECK:
        images = low + (high - low) * torch.rand(batch_size, *run.image_shape, generator=draw)
        with torch.no_grad():
            wanted = network(images)
        for one, other in zip(wanted, exported(images), strict=True):
            if one.shape != other.shape:
                return math.inf
            difference = float(((one - other).abs() / one.abs().clamp(min=1)).max())
            # max() would pass over a NaN.
            if not math.isfinite(difference):
                return math.inf
            largest = max(largest, difference)
    return largest


def pixel_range(statistics: PixelStatistics) -> tuple[float, float]:
    """The least and the greatest pixel that an exported network is checked with.

    Those of the training images; 0 and 1 for bytes, and for training images of a single value.
    """
    low, high = statistics.low, statistics.high
    return (0.0, 1.0) if statistics.scale != 1 or low == high else (low, high)
