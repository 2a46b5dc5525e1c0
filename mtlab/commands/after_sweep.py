"""What a study of perceptrons on pairs adds to its sweep: learning rates, and all pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from omegaconf import OmegaConf

from mtlab.artifacts.provenance import command_line
from mtlab.artifacts.reading import read_config, read_summary, run_folders
from mtlab.artifacts.run_dir import FIGURES
from mtlab.commands.separable import check, choose_pairs, train_all
from mtlab.commands.separable_result import published_pairs, report
from mtlab.config.model import PerceptronConfig
from mtlab.config.pairs import AfterSweepOptions, SeparableOptions
from mtlab.config.run import RunConfig
from mtlab.config.typed import to_dataclass
from mtlab.drawing.contact_sheet import write_contact_sheet
from mtlab.drawing.error_curves import ErrorCurve, draw_error_curves
from mtlab.errors import ConfigError
from mtlab.inference.loading import read_run_config
from mtlab.report.read.folders import read_runs
from mtlab.report.write.result_tables import varied_settings
from mtlab.runner.build import build
from mtlab.terminal import Terminal

SEPARABLE = "separable"
"""The folder of the list of pairs, in the sweep's."""
LOG = "separable.txt"
"""Not mtlab.log, which would make the folder a run in the eyes of a report."""


def add_to_sweep(folder: Path) -> None:
    """Do what `after_sweep` in the runs' configuration asks for, with the settings of the runs."""
    completed = [
        run for run in run_folders(folder) if read_summary(run).get("status") == "completed"
    ]
    keys = read_config(completed[0]).get("after_sweep") if completed else None
    if keys is None:
        return
    options = to_dataclass("after_sweep", keys, AfterSweepOptions)
    if not (options.learning_rates or options.separable):
        return
    place = folder / SEPARABLE
    place.mkdir(exist_ok=True)
    with Terminal(place / LOG, quiet=False) as terminal:
        try:
            config = shared_settings(run_folders(folder))
        except ConfigError as reason:
            terminal.say(f"learning rates and the list of separable pairs left out: {reason}")
            return
        command = sweep_command(folder)
        if options.learning_rates:
            terminal.say(str(draw_learning_rates(config, options, folder / FIGURES, command)))
        if options.separable:
            list_pairs(config, options, place, command, terminal)
        sheet = write_contact_sheet(folder, f"pictures of {folder.name}")
        terminal.say(f"all pictures: {sheet}")


def sweep_command(folder: Path) -> str:
    """What was typed for the sweep, as Hydra wrote it down."""
    written = OmegaConf.load(folder / "multirun.yaml")
    typed = OmegaConf.select(written, "hydra.overrides.task") or []
    return command_line(["-m", *map(str, typed)])


def shared_settings(runs: list[Path]) -> RunConfig:
    """What the runs have in common, which is all but their pair.

    Raises:
        ConfigError: Something else varied too, or the runs are not of perceptrons on labels.
    """
    found = read_runs(runs, {run: run.name for run in runs}, [])
    varied = set(varied_settings(found)) - {"dataset.classes", "row"}
    if varied:
        raise ConfigError(
            "after_sweep",
            rule="needs runs that differ in dataset.classes alone",
            found=", ".join(sorted(varied)),
            remedy="see mtlab separable --help for one setting at a time",
        )
    config = read_run_config(runs[0])
    dataset = config.dataset.model_copy(update={"classes": None})
    config = config.model_copy(update={"dataset": dataset})
    check(config, [])
    return config


def draw_learning_rates(
    config: RunConfig, options: AfterSweepOptions, figures: Path, command: str
) -> Path:
    """Train one pair at each learning rate, and draw the errors on one plot."""
    assert isinstance(config.model, PerceptronConfig)
    pair = options.learning_rates_pair
    curves = {}
    for rate in sorted(options.learning_rates):
        rule = {"lr": rate, "initial_scale": options.initial_scale}
        model = config.model.model_copy(update=rule)
        dataset = config.dataset.model_copy(update={"classes": sorted(pair)})
        trainer = build(config.model_copy(update={"model": model, "dataset": dataset})).trainer
        losses = np.array([event.train.loss for event in trainer.fit()], dtype=np.float64)
        curves[f"lr {rate:g}"] = ErrorCurve(losses, True, bool(trainer.converged))
    first, second = sorted(pair)
    title = (
        f"{config.dataset.name}, {first} against {second}: a perceptron at"
        f" {len(curves)} learning rates, initial weights of scale {options.initial_scale:g}"
    )
    return draw_error_curves(curves, title, figures / "learning_rates.png", command)


def list_pairs(
    config: RunConfig, options: AfterSweepOptions, place: Path, command: str, terminal: Terminal
) -> None:
    """What `mtlab separable` makes of all pairs with these settings."""
    all_pairs = SeparableOptions(pairs=None, processes=options.processes, published={})
    results = train_all(config, choose_pairs(config, all_pairs), options.processes, terminal)
    published = published_pairs(options.published, config.dataset.name)
    report(results, published, place, command, terminal)
