"""`mtlab`: compose a run, train it, measure it, and leave a folder that explains itself."""

from omegaconf import DictConfig

from mtlab.config.base import read_keys
from mtlab.config.compose import read_run
from mtlab.report.write.result_tables import show_result
from mtlab.runner.origin import compose_again, hydra_origin
from mtlab.runner.run_record import RunRecord
from mtlab.runner.train import run


def train(composed: DictConfig) -> None:
    """Hydra's job: one run in its own folder."""
    origin = hydra_origin(composed)
    with RunRecord(origin) as record:
        config = read_run(composed, origin.overrides, origin.preset, compose_again)
        if config.after_sweep is not None:
            # Used at the end of a sweep; a mistake in it is told before the first run.
            from mtlab.explore.after_sweep import AfterSweepKeys

            read_keys(AfterSweepKeys, config.after_sweep, "after_sweep")
        run(record, config, origin.overrides)
        show_result(
            record.summary(), record.folder.path, record.terminal.say, config.trainer.figures
        )
