"""`mtlab data show`: samples, counts and pixel statistics of a dataset, as pictures and numbers."""

from omegaconf import DictConfig, OmegaConf

from mtlab.artifacts.csv_lines import csv_text
from mtlab.artifacts.run_dir import write_whole
from mtlab.config.compose import to_dataset_config, to_options
from mtlab.data.build import build_dataset
from mtlab.drawing.contact_sheet import write_contact_sheet
from mtlab.drawing.lettering import plain_drawing
from mtlab.explore.dataset_show import DatasetPictures, DataShowKeys
from mtlab.runner.origin import hydra_origin
from mtlab.runner.record import Record

COUNTS = "counts.csv"


def data_show(composed: DictConfig) -> None:
    """Hydra's job: read, count, draw, and leave the numbers in summary.json and counts.csv."""
    with Record(hydra_origin(composed, "data show")) as record:
        keys = to_options(composed, DataShowKeys)
        # Pixels as they are read say more about the data than standardised ones.
        config = to_dataset_config(composed).model_copy(update={"normalisation": "unit"})
        dataset = build_dataset(config, keys.tasks, "defaults", keys.seed)
        record.begin()
        folder, terminal = record.folder, record.terminal
        write_whole(folder.config, OmegaConf.to_yaml(composed, resolve=True))
        with plain_drawing(terminal.say):
            counts = DatasetPictures(dataset, keys, record).draw()
        if counts:
            write_whole(folder.path / COUNTS, csv_text(counts))
            terminal.say(str(folder.path / COUNTS))
        sheet = write_contact_sheet(folder.path, f"{dataset.name}: samples, counts, pixels")
        terminal.say(f"all pictures: {sheet}")
