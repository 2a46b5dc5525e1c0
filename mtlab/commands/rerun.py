"""`mtlab rerun FOLDER`: make the run of a folder again, from its config.yaml alone."""

from pathlib import Path

from omegaconf import DictConfig

from mtlab.config.base import Keys
from mtlab.config.compose import to_options
from mtlab.config.files import RunFolderKey
from mtlab.inference.loading import read_run_config
from mtlab.report.write.result_tables import show_result
from mtlab.runner.origin import hydra_origin
from mtlab.runner.run_record import RunRecord
from mtlab.runner.train import run


class RerunOptions(Keys):
    """conf/rerun.yaml."""

    run: RunFolderKey


def rerun(composed: DictConfig) -> None:
    """Hydra's job: the same run in a folder of its own, to the bit on the same machine."""
    options = to_options(composed, RerunOptions)
    with RunRecord(hydra_origin(composed, "rerun")) as record:
        folder = Path(options.run).expanduser()
        config = read_run_config(folder)
        run(record, config, repeated=folder)
        show_result(
            record.summary(), record.folder.path, record.terminal.say, config.trainer.figures
        )
