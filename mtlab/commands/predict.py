"""`mtlab predict`: what a trained run or an ensemble predicts for images or pictures in files."""

from pathlib import Path

from omegaconf import DictConfig
from pydantic import model_validator

from mtlab.artifacts.run_dir import output_path, write_whole
from mtlab.config.base import Count, Keys
from mtlab.config.compose import to_device_config, to_options
from mtlab.config.device import DeviceConfig
from mtlab.config.files import ImagesPlace, PredictionsFile, RunFolderKey
from mtlab.data.array_files import read_array
from mtlab.data.picture_files import is_picture
from mtlab.errors import ConfigError
from mtlab.inference.pictures import inversion_notes, read_pictures
from mtlab.inference.predictor import Predictions, load


class PredictOptions(Keys):
    """conf/predict.yaml."""

    run: RunFolderKey
    input: ImagesPlace
    array: str
    invert: bool
    output: PredictionsFile | None
    probabilities: bool
    batch_size: Count

    @property
    def source(self) -> Path:
        return Path(self.input).expanduser()

    @property
    def is_of_pictures(self) -> bool:
        return self.source.is_dir() or is_picture(self.source)

    @model_validator(mode="after")
    def _check(self) -> "PredictOptions":
        if self.is_of_pictures:
            return self
        if self.source.suffix not in (".npy", ".npz"):
            raise ConfigError(
                "input",
                rule="must be a .npy or .npz file, a .png or .jpg picture, or a folder of pictures",
                found=self.input,
                remedy="for example input=photo.png",
            )
        if self.output is None or self.invert:
            key = "output" if self.output is None else "invert"
            raise ConfigError(
                key,
                rule="must name a .csv or .npz file, since the input is an array of images"
                if self.output is None
                else "is for pictures, and the input is an array",
                found="null" if self.output is None else "true",
                remedy="for example output=y.csv"
                if self.output is None
                else "invert the array itself, as in 255 - X",
            )
        return self


def predict_file(composed: DictConfig) -> None:
    """Hydra's job: read the images, ask the run, say or write its predictions."""
    options = to_options(composed, PredictOptions)
    target = None if options.output is None else output_path(options.output)
    any_device = DeviceConfig(name="auto", threads=None, precision="float32")
    device = to_device_config(composed, any_device)
    predictor = load(
        options.run,
        device=device.name,
        precision=composed.device.precision,
        threads=device.threads,
        batch_size=options.batch_size,
    )
    source = options.source
    names = None
    if options.is_of_pictures:
        pictures = read_pictures(source, predictor.image_shape, options.invert)
        images, names = pictures.images, pictures.names
        for note in (*pictures.notes, *inversion_notes(pictures, predictor.pixel_statistics)):
            print(note)
    else:
        images = read_array(source, options.array, "array")
    predictions = predictor.predict(images, subject=str(source))
    if target is None:
        _print(predictions, names or [])
    elif target.suffix == ".csv":
        write_whole(target, predictions.as_csv(options.probabilities, names))
    else:
        predictions.save_npz(target, options.probabilities, names)
    if target is not None:
        tasks = ", ".join(predictions.tasks)
        print(f"{len(predictions):,} images, tasks {tasks}; written to {target}")


def _print(predictions: Predictions, names: list[str]) -> None:
    """A line per task; of several pictures behind the name of each."""
    for image, name in enumerate(names):
        lines = predictions.in_words(image)
        print(*(lines if len(names) == 1 else [name, *(f"  {line}" for line in lines)]), sep="\n")
