"""`mtlab`: compose a run, train it, measure it, and leave a folder that explains itself."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from hydra import compose
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from mtlab.artifacts.checkpoint import save_model
from mtlab.artifacts.metrics_log import MetricsLog
from mtlab.artifacts.run_dir import RunFolder, write_whole
from mtlab.artifacts.scatter import scatter_points
from mtlab.artifacts.summary import RunSummary
from mtlab.commands.cautions import cautions
from mtlab.commands.experiment import Experiment, prepare
from mtlab.commands.progress import show_progress
from mtlab.commands.record import RunRecord
from mtlab.config.compose import to_after_sweep, to_run_config
from mtlab.config.protocol import EXPERIMENT, are_comparable, deviations
from mtlab.config.rows import find_row, published_figures, with_row
from mtlab.config.training import Keep, WeightsConfig
from mtlab.data.dataset import Split
from mtlab.data.tasks import RegressionTask
from mtlab.errors import MtlabError
from mtlab.report.figures import draw_run_figures
from mtlab.terminal import Terminal
from mtlab.training.build import build_trainer
from mtlab.training.events import EpochEnd
from mtlab.training.predict import predict
from mtlab.training.state import copy_weights
from mtlab.training.trainer import Trainer

PATH_KEYS = ("path", "root")
"""Keys of the group `dataset` that name a file or a folder."""


def train(composed: DictConfig) -> None:
    """Hydra's job: one run in its own folder."""
    hydra = HydraConfig.get()
    overrides = list(hydra.overrides.task)
    job = int(hydra.job.num) if hydra.mode == RunMode.MULTIRUN else None
    folder = RunFolder(Path(hydra.runtime.output_dir))
    with (
        Terminal(folder.log, quiet=job is not None) as terminal,
        RunRecord(folder, terminal, overrides, job) as record,
    ):
        save_hydra_files(folder, composed)
        summary = record.summary
        summary.experiment = HydraConfig.get().runtime.choices.get(EXPERIMENT)
        composed = with_row(composed, overrides, compose_again)
        # Once before anything can fail, and again with what the run decides.
        save_config(folder.config, composed)
        note_study(summary, composed, overrides)
        record.update()
        # Read at the end of a sweep; a mistake in it is told before the first run.
        to_after_sweep(composed)
        experiment = prepare(to_run_config(composed), overrides, summary)
        save_config(folder.config, composed, experiment)
        note_published(summary, composed, experiment)
        record.update()
        terminal.say(describe(summary))
        for line in cautions(experiment.config, experiment.dataset):
            terminal.say(line)
        if experiment.config.trainer.epochs > 0:
            trainer = train_to_the_end(experiment, folder, terminal, summary)
            measure(experiment, trainer, folder, summary)
            if experiment.config.trainer.figures:
                draw_run_figures(summary.as_dict(), folder.path, terminal.say)
        record.complete()


def save_hydra_files(folder: RunFolder, composed: DictConfig) -> None:
    """What Hydra would have written: the overrides, and the configurations as composed."""
    folder.hydra.mkdir()
    hydra = OmegaConf.create({"hydra": HydraConfig.get()})
    overrides = list(hydra.hydra.overrides.task)
    write_whole(folder.hydra / "overrides.yaml", OmegaConf.to_yaml(OmegaConf.create(overrides)))
    write_whole(folder.hydra / "config.yaml", OmegaConf.to_yaml(composed))
    write_whole(folder.hydra / "hydra.yaml", OmegaConf.to_yaml(hydra))


def compose_again(overrides: list[str]) -> DictConfig:
    """Compose this job's configuration from other overrides; Hydra's own ones stay."""
    hydra = HydraConfig.get()
    return compose(hydra.job.config_name, [*hydra.overrides.hydra, *overrides])


def save_config(path: Path, composed: DictConfig, experiment: Experiment | None = None) -> None:
    """The whole configuration resolved; of an experiment's table only the run's own row.

    The dataset's file and folder stand there in full, so that the run can be measured again from
    any folder.

    Args:
        experiment: With what the run decided on: its tasks, and what suits them.
    """
    values = OmegaConf.to_container(composed, resolve=True)
    assert isinstance(values, dict)
    row = find_row(composed)
    for key in PATH_KEYS:
        typed = OmegaConf.select(composed, f"dataset.{key}")
        if isinstance(typed, str):  # anything else has not been checked yet
            values["dataset"][key] = str(Path(typed).expanduser().absolute())
    values["rows"] = {} if row is None else {row.name: values["rows"][row.name]}
    if experiment is not None:
        decided = experiment.config
        values["tasks"] = [task.name for task in experiment.dataset.tasks]
        values["trainer"]["monitor"] = decided.trainer.monitor
        if isinstance(decided.mtl, WeightsConfig) and values["mtl"]["name"] != decided.mtl.name:
            values["mtl"] = asdict(decided.mtl)
        if len(values["tasks"]) == 1:
            values["mtl"] = None  # there is nothing to weigh
    write_whole(path, OmegaConf.to_yaml(values))


def note_study(summary: RunSummary, composed: DictConfig, overrides: Sequence[str]) -> None:
    """The row of the study's table that the run is, and where it does not keep to the study."""
    row = find_row(composed)
    summary.row = None if row is None else row.name
    if summary.experiment is not None:
        summary.deviations = deviations(composed, summary.experiment, overrides, compose_again)


def note_published(summary: RunSummary, composed: DictConfig, experiment: Experiment) -> None:
    """What was published for the run, which means nothing for another dataset or model."""
    if are_comparable(composed, summary.deviations or {}):
        summary.published = published_figures(composed, experiment.device.type)
        summary.published_on = composed.published_on


def describe(summary: RunSummary) -> str:
    """One line on what is about to be trained."""
    assert summary.parameters is not None and summary.device is not None and summary.tasks
    return (
        f"{summary.model} on {summary.dataset}: tasks {', '.join(summary.tasks)};"
        f" {summary.samples['train']:,} training and {summary.samples['val']:,} validation images;"
        f" {summary.parameters.total:,} parameters; {summary.flops_per_sample:,} operations per"
        f" image; {summary.device.type}, {summary.device.precision}"
    )


def train_to_the_end(
    experiment: Experiment, folder: RunFolder, terminal: Terminal, summary: RunSummary
) -> Trainer:
    """Iterate over the loop; every epoch goes to metrics.jsonl, the terminal and the summary."""
    trainer = start(experiment)
    with MetricsLog(folder.metrics) as metrics:
        for event in show_progress(trainer.fit(), experiment.config.trainer.epochs, terminal):
            if isinstance(event, EpochEnd):
                metrics.append(event)
                summary.note_epoch(event)
    return trainer


def start(experiment: Experiment) -> Trainer:
    """The trainer of a run that begins."""
    return build_trainer(
        experiment.config,
        experiment.model,
        experiment.objective,
        experiment.monitor,
        experiment.train,
        experiment.val,
        experiment.device,
        experiment.augmentation,
    )


def measure(
    experiment: Experiment, trainer: Trainer, folder: RunFolder, summary: RunSummary
) -> None:
    """Keep the weights that validation chose, read the test split for the first time, measure."""
    started = time.perf_counter()
    last = copy_weights(trainer.model)
    kept, summary.kept_epoch = last, summary.epochs
    if experiment.config.trainer.keep is Keep.best and trainer.best is not None:
        kept, summary.kept_epoch = trainer.best.weights, trainer.best.epoch
    trainer.model.load_state_dict(kept)
    # Before the test split is read: whatever is wrong with it, the weights are safe.
    save_model(folder.weights, trainer.model, experiment.dataset)
    test = load_test(experiment, folder).to(experiment.device.torch_device)
    summary.samples["test"] = len(test)
    splits = {"train": experiment.train, "val": experiment.val, "test": test}
    figures = {name: experiment.measure(split) for name, split in splits.items()}
    summary.converged = trainer.converged
    if trainer.converged is not None and kept is not last:
        # The last weights of pairs that cannot be separated jump about: both are reported.
        trainer.model.load_state_dict(last)
        summary.last = {name: experiment.measure(split) for name, split in splits.items()}
        trainer.model.load_state_dict(kept)
    summary.train, summary.val, summary.test = figures["train"], figures["val"], figures["test"]
    confusions = {
        name: {task: matrix.tolist() for task, matrix in split.confusions.items()}
        for name, split in figures.items()
    }
    write_whole(folder.confusions, json.dumps(confusions) + "\n")
    save_scatter(experiment, test, folder)
    summary.seconds.evaluate += time.perf_counter() - started


def load_test(experiment: Experiment, folder: RunFolder) -> Split:
    """Read the test split.

    Raises:
        MtlabError: What is wrong with it; the message names the model, which is kept.
    """
    try:
        return experiment.dataset.load_test()
    except MtlabError as error:
        kept = f"the trained model is kept in {folder.weights}"
        remedy = f"{error.remedy}; {kept}" if error.remedy else kept
        raise type(error)(
            error.subject, rule=error.rule, found=error.found, remedy=remedy
        ) from error


def save_scatter(experiment: Experiment, test: Split, folder: RunFolder) -> None:
    """Keep the test split's true and predicted values of every regression task."""
    names = [task.name for task in experiment.dataset.tasks if isinstance(task, RegressionTask)]
    if names:
        batch_size = experiment.config.trainer.eval_batch_size
        outputs = predict(experiment.model, test.images, batch_size, experiment.device)
        points = {name: scatter_points(test.targets[name], outputs[name]) for name in names}
        write_whole(folder.scatter, json.dumps({"test": points}) + "\n")
