"""`mtlab export`: a trained run as one file that needs no mtlab."""

from __future__ import annotations

import math
from pathlib import Path

from omegaconf import DictConfig

from mtlab.artifacts.run_dir import output_path
from mtlab.config.compose import to_options
from mtlab.config.device import Precision
from mtlab.config.run_options import ExportFormat, ExportOptions
from mtlab.errors import MtlabError
from mtlab.inference.export import (
    StandaloneNetwork,
    export_onnx,
    export_torch,
    largest_difference,
)
from mtlab.inference.loading import LoadedRun, load_run

FILE_NAMES = {ExportFormat.onnx: "model.onnx", ExportFormat.torch_export: "model.pt2"}


def export(composed: DictConfig) -> None:
    """Hydra's job: write beside the target, compare the answers, then put it in place."""
    options = to_options(composed, ExportOptions)
    asked = None if options.output is None else output_path(options.output)
    run = load_run(Path(options.run or "").expanduser())
    target = asked or run.folder / FILE_NAMES[options.format]
    unchecked = target.with_name(f".unchecked_{target.name}")
    network = StandaloneNetwork(run).eval()
    write = export_onnx if options.format is ExportFormat.onnx else export_torch
    try:
        difference = largest_difference(network, write(network, run, unchecked), run)
        if math.isinf(difference):
            raise MtlabError(
                str(target),
                rule="must answer as the run does, in finite numbers",
                found="NaN, infinite or missing answers",
                remedy="use the other format, or train again",
            )
        if difference > options.tolerance:
            raise MtlabError(
                str(target),
                rule=f"must answer as the run does, within {options.tolerance:g}",
                found=f"a difference of {difference:g}",
                remedy="raise tolerance, or use the other format",
            )
        unchecked.replace(target)
    finally:
        unchecked.unlink(missing_ok=True)
    channels, height, width = run.image_shape
    outputs = ", ".join(task.name for task in run.tasks)
    print(f"{target}: images (N, {channels}, {height}, {width}) float32 to {outputs}")
    print(f"answers as the run does{_precision(run)}: largest difference {difference:.2g}")


def _precision(run: LoadedRun) -> str:
    """What the answers were compared in, where the run was tested in something else."""
    tested_in = run.config.device.precision
    if tested_in is Precision.float32:
        return ""
    return f" in float32 (it was tested in {tested_in.value})"
