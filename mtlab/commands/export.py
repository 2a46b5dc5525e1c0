"""`mtlab export`: a trained run as one file that needs no mtlab."""

from pathlib import Path
from typing import Literal

from omegaconf import DictConfig
from pydantic import model_validator

from mtlab.artifacts.run_dir import output_path
from mtlab.config.base import Keys, Positive
from mtlab.config.compose import to_options
from mtlab.config.files import RunFolderKey
from mtlab.errors import ConfigError
from mtlab.inference.export import export_run
from mtlab.inference.loading import load_run

ENDINGS = {"onnx": ".onnx", "torch_export": ".pt2"}


class ExportOptions(Keys):
    """conf/export.yaml."""

    run: RunFolderKey
    format: Literal["onnx", "torch_export"]
    output: str | None
    tolerance: Positive

    @model_validator(mode="after")
    def _check_output(self) -> "ExportOptions":
        ending = ENDINGS[self.format]
        if self.output is not None and not self.output.endswith(ending):
            raise ConfigError(
                "output",
                rule=f"must name a {ending} file for format={self.format}",
                found=self.output,
                remedy=f"for example output=model{ending}",
            )
        return self


def export(composed: DictConfig) -> None:
    """Hydra's job: export, check, and say how close the file is."""
    options = to_options(composed, ExportOptions)
    asked = None if options.output is None else output_path(options.output)
    run = load_run(Path(options.run).expanduser())
    target = asked or run.folder / f"model{ENDINGS[options.format]}"
    difference = export_run(run, options.format, target, options.tolerance)
    channels, height, width = run.image_shape
    outputs = ", ".join(task.name for task in run.tasks)
    print(f"{target}: images (N, {channels}, {height}, {width}) float32 to {outputs}")
    tested_in = run.config.device.precision
    compared_in = "" if tested_in == "float32" else f" in float32 (it was tested in {tested_in})"
    print(f"predicts as the run does{compared_in}: largest difference {difference:.2g}")
