"""The life of a run: built, trained, measured, and written down as it goes."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from omegaconf import OmegaConf

from mtlab.artifacts.run_dir import write_whole
from mtlab.config.model import LayeredKeys
from mtlab.config.no_effect import (
    check_overruled,
    check_perceptron,
    check_weighting,
    known_tasks,
)
from mtlab.config.run import RunConfig
from mtlab.runner.build import Experiment, build
from mtlab.runner.measure import measure
from mtlab.runner.run_record import RunRecord
from mtlab.runner.sinks import EpochLines, MetricsFile, Sink, closing_all
from mtlab.runner.trackers.build import build_trackers
from mtlab.runner.untrained import (
    classes_without_images,
    heads_without_tasks,
    tasks_with_gaps,
)
from mtlab.runner.warm_start import changes_since
from mtlab.training.trainer import Trainer


def run(
    record: RunRecord,
    config: RunConfig,
    overrides: Sequence[str] = (),
    repeated: Path | None = None,
) -> None:
    """Build a run, train it and measure it.

    Args:
        overrides: What was typed. The run does not depend on it; a setting that has no effect on
            this run is refused.
        repeated: The folder of the run that this one is to repeat.

    Raises:
        MtlabError: Parts that do not fit each other, before the folder is written into; a loss that
            is not finite, or a test split that cannot be measured, with the folder saying so.
    """
    record.config = config
    check_perceptron(config, overrides)
    check_overruled(config, overrides)
    if (known := known_tasks(config)) is not None:
        # Before a dataset is downloaded for it.
        check_weighting(known, overrides)
    experiment = build(config)
    check_weighting([task.name for task in experiment.dataset.tasks], overrides)
    record.config, record.experiment = experiment.config, experiment
    trainer = None
    if experiment.config.trainer.epochs:
        started = time.perf_counter()
        trainer = experiment.trainer
        # torch loads its compiler with the first optimizer; no run's time has torch's import in it.
        record.leave_out(time.perf_counter() - started)
    record.begin()
    write_whole(record.folder.config, OmegaConf.to_yaml(experiment.config.as_values()))
    for line in (
        _in_one_line(experiment),
        *experiment.dataset.notes,
        *tasks_with_gaps(experiment.dataset),
        *classes_without_images(experiment.dataset),
        *heads_without_tasks(config, experiment.dataset),
        *_told_of_start(experiment, repeated),
    ):
        record.terminal.say(line)
    if trainer is None:
        return
    folder = record.folder
    sinks = [
        record.history,
        MetricsFile(folder.metrics),
        EpochLines(record.terminal, experiment.config.trainer.epochs),
        *build_trackers(experiment.config.tracker, folder.path),
    ]
    with closing_all(sinks):
        train(trainer, sinks)
        record.measured_run = measure(experiment, folder)
        for sink in sinks:
            sink.finish(record.summary())


def train(trainer: Trainer, sinks: Sequence[Sink]) -> None:
    """Train to the end; every event goes to each sink in order."""
    for event in trainer.fit():
        for sink in sinks:
            sink.receive(event)


def _told_of_start(experiment: Experiment, repeated: Path | None) -> Iterator[str]:
    """What fine-tuning starts from, and what it leaves alone."""
    start, model = experiment.warm_start, experiment.config.model
    if start is not None:
        yield str(start)
    if repeated is not None:
        yield from changes_since(repeated, start)
    if isinstance(model, LayeredKeys) and model.freeze is not None:
        counts = experiment.parameters
        train = f"{counts.trainable:,} of {counts.total:,} parameters train"
        is_random = "" if start else "; the trunk keeps random weights, for want of model.init_from"
        yield f"model.freeze={model.freeze}: {train}{is_random}"


def _in_one_line(experiment: Experiment) -> str:
    config, device = experiment.config, experiment.device
    return (
        f"{config.model.name} on {config.dataset.name}: tasks {', '.join(config.tasks or ())};"
        f" {len(experiment.train):,} training and {len(experiment.val):,} validation images;"
        f" {experiment.parameters.total:,} parameters; {experiment.flops_per_sample:,} operations"
        f" per image; {device.type}, {device.precision}"
    )
