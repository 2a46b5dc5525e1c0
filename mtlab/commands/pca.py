"""`mtlab pca`: a dataset in its principal components, as pictures and numbers."""

from __future__ import annotations

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from mtlab.artifacts.run_dir import RunFolder, write_whole
from mtlab.commands.result import ResultRecord
from mtlab.config.base import Keys, Name, Whole
from mtlab.config.compose import to_dataset_config, to_options
from mtlab.data.build import build_dataset
from mtlab.data.tasks import ClassificationTask
from mtlab.drawing.contact_sheet import write_contact_sheet
from mtlab.drawing.lettering import plain_drawing
from mtlab.errors import ConfigError
from mtlab.explore.pca import PcaKeys, PcaPictures
from mtlab.terminal import Terminal


class OwnKeys(Keys):
    """What `mtlab pca` is told beside its dataset; see conf/pca.yaml."""

    task: Name | None
    seed: Whole
    pca: PcaKeys


def pca(composed: DictConfig) -> None:
    """Hydra's job: read, fit, draw, and leave the numbers in summary.json."""
    hydra = HydraConfig.get()
    folder = RunFolder(Path(hydra.runtime.output_dir))
    with (
        Terminal(folder.log, quiet=False) as terminal,
        ResultRecord("pca", folder, terminal, list(hydra.overrides.task)) as record,
        plain_drawing(terminal.say),
    ):
        keys = to_options(composed, OwnKeys)
        config = to_dataset_config(composed)
        requested = None if keys.task is None else [keys.task]
        dataset = build_dataset(config, requested, "first", keys.seed)
        write_whole(folder.config, OmegaConf.to_yaml(composed, resolve=True))
        task = dataset.tasks[0]
        if not isinstance(task, ClassificationTask):
            raise ConfigError(
                "task",
                rule="must name a task with classes, which colour the points",
                found=task.name,
                remedy="choose another one",
            )
        PcaPictures(
            dataset,
            task,
            keys.pca,
            keys.seed,
            folder.figures,
            record.command,
            terminal,
            record.values,
        ).draw()
        sheet = write_contact_sheet(folder.path, f"principal components of {dataset.name}")
        terminal.say(f"all pictures: {sheet}")
