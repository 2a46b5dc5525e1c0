"""`mtlab pca`: a dataset in its principal components, as pictures and numbers."""

from omegaconf import DictConfig, OmegaConf

from mtlab.artifacts.run_dir import write_whole
from mtlab.config.compose import to_dataset_config, to_options
from mtlab.data.build import build_dataset
from mtlab.data.tasks import ClassificationTask
from mtlab.drawing.contact_sheet import write_contact_sheet
from mtlab.drawing.lettering import plain_drawing
from mtlab.errors import ConfigError
from mtlab.explore.pca import PcaCommandKeys, PcaPictures
from mtlab.runner.origin import hydra_origin
from mtlab.runner.record import Record


def pca(composed: DictConfig) -> None:
    """Hydra's job: read, fit, draw, and leave the numbers in summary.json."""
    with Record(hydra_origin(composed, "pca")) as record:
        keys = to_options(composed, PcaCommandKeys)
        requested = None if keys.task is None else [keys.task]
        dataset = build_dataset(to_dataset_config(composed), requested, "first", keys.seed)
        task = dataset.tasks[0]
        if not isinstance(task, ClassificationTask):
            raise ConfigError(
                "task",
                rule="must name a task with classes, which colour the points",
                found=task.name,
                remedy="choose another one",
            )
        record.begin()
        folder, terminal = record.folder, record.terminal
        write_whole(folder.config, OmegaConf.to_yaml(composed, resolve=True))
        with plain_drawing(terminal.say):
            PcaPictures(dataset, task, keys, record).draw()
        sheet = write_contact_sheet(folder.path, f"principal components of {dataset.name}")
        terminal.say(f"all pictures: {sheet}")
