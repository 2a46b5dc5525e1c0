"""`mtlab predict`: what a trained run or an ensemble predicts for images in a file."""

from pathlib import Path

from omegaconf import DictConfig

from mtlab.artifacts.run_dir import output_path, write_whole
from mtlab.config.base import Count, Keys
from mtlab.config.compose import to_device_config, to_options
from mtlab.config.device import DeviceConfig
from mtlab.config.files import ImagesFile, PredictionsFile, RunFolderKey
from mtlab.data.array_files import read_array
from mtlab.inference.predictor import load


class PredictOptions(Keys):
    """conf/predict.yaml."""

    run: RunFolderKey
    input: ImagesFile
    array: str
    output: PredictionsFile
    probabilities: bool
    batch_size: Count


def predict_file(composed: DictConfig) -> None:
    """Hydra's job: read the images, ask the run, write its predictions."""
    options = to_options(composed, PredictOptions)
    target = output_path(options.output)
    any_device = DeviceConfig(name="auto", threads=None, precision="float32")
    device = to_device_config(composed, any_device)
    predictor = load(
        options.run,
        device=device.name,
        precision=composed.device.precision,
        threads=device.threads,
        batch_size=options.batch_size,
    )
    source = Path(options.input).expanduser()
    predictions = predictor.predict(read_array(source, options.array, "array"), subject=str(source))
    if target.suffix == ".csv":
        write_whole(target, predictions.as_csv(options.probabilities))
    else:
        predictions.save_npz(target, options.probabilities)
    print(f"{len(predictions):,} images, tasks {', '.join(predictions.tasks)}; written to {target}")
