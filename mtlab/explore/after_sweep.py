"""What a study of perceptrons on pairs adds to its sweep: learning rates, and all pairs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from omegaconf import OmegaConf

from mtlab.artifacts.reading import read_summary
from mtlab.artifacts.run_dir import FIGURES, run_folders
from mtlab.config.base import Count, Keys, NotNegative, Positive, read_keys
from mtlab.config.run import RunConfig
from mtlab.dotted import flat
from mtlab.drawing.contact_sheet import write_contact_sheet
from mtlab.drawing.error_curves import ErrorCurve, draw_error_curves
from mtlab.errors import ConfigError
from mtlab.explore.perceptron_pairs import (
    LabelPair,
    PairLists,
    check_perceptron_on_labels,
    choose_pairs,
    train_pairs,
)
from mtlab.explore.perceptron_table import report
from mtlab.inference.loading import read_run_config
from mtlab.runner.build import build
from mtlab.runner.origin import command_line
from mtlab.terminal import Terminal

SEPARABLE = "separable"
"""The folder of the list of pairs, in the sweep's."""
LOG = "separable.txt"
"""Not mtlab.log, which would make the folder a run in the eyes of a report."""


class AfterSweepKeys(Keys):
    """The group `after_sweep` of an experiment on pairs, such as perceptron_pairs."""

    learning_rates: list[Positive]
    learning_rates_pair: LabelPair
    initial_scale: NotNegative
    separable: bool
    processes: Count | None
    published: PairLists


def add_to_sweep(folder: Path) -> None:
    """Do what `after_sweep` in the runs' configuration asks for, with the settings of the runs."""
    runs = [run for run in run_folders(folder) if read_summary(run).get("status") == "completed"]
    configs = [read_run_config(run) for run in runs]
    if not configs or configs[0].after_sweep is None:
        return
    keys = read_keys(AfterSweepKeys, configs[0].after_sweep, "after_sweep")
    if not (keys.learning_rates or keys.separable):
        return
    place = folder / SEPARABLE
    place.mkdir(exist_ok=True)
    with Terminal(place / LOG, quiet=False) as terminal:
        try:
            config = shared_settings(configs)
        except ConfigError as reason:
            terminal.say(f"learning rates and the list of separable pairs left out: {reason}")
            return
        typed = OmegaConf.select(OmegaConf.load(folder / "multirun.yaml"), "hydra.overrides.task")
        command = command_line(["-m", *map(str, typed or [])])
        if keys.learning_rates:
            terminal.say(str(_draw_learning_rates(config, keys, folder / FIGURES, command)))
        if keys.separable:
            results = train_pairs(config, choose_pairs(config, None), keys.processes, terminal)
            published = keys.published.get(config.dataset.name)
            report(results, published, place, command, terminal)
        sheet = write_contact_sheet(folder, f"pictures of {folder.name}")
        terminal.say(f"all pictures: {sheet}")


def shared_settings(configs: Sequence[RunConfig]) -> RunConfig:
    """What the runs have in common, which is all but their pair.

    Raises:
        ConfigError: Something else varied too, or the runs are not of perceptrons on labels.
    """
    no_preset = dict.fromkeys(("row", "rows", "published", "deviations"))
    without_pairs = []
    for config in configs:
        dataset = config.dataset.model_copy(update={"classes": None})
        without_pairs.append(config.model_copy(update={"dataset": dataset, **no_preset}))
    settings = [flat(config.as_values()) for config in without_pairs]
    first = settings[0]
    varied = [key for key in first if any(one.get(key) != first[key] for one in settings)]
    if varied:
        raise ConfigError(
            "after_sweep",
            rule="needs runs that differ in dataset.classes alone",
            found=", ".join(varied),
            remedy="see mtlab separable --help for one setting at a time",
        )
    check_perceptron_on_labels(without_pairs[0], [])
    return without_pairs[0]


def _draw_learning_rates(
    config: RunConfig, keys: AfterSweepKeys, figures: Path, command: str
) -> Path:
    """Train one pair at each learning rate, and draw the errors on one plot."""
    first, second = sorted(keys.learning_rates_pair)
    dataset = config.dataset.model_copy(update={"classes": [first, second]})
    curves = {}
    for rate in sorted(keys.learning_rates):
        rule = {"lr": rate, "initial_scale": keys.initial_scale}
        model = config.model.model_copy(update=rule)
        trainer = build(config.model_copy(update={"model": model, "dataset": dataset})).trainer
        losses = np.array([event.train.loss for event in trainer.fit()], dtype=np.float64)
        curves[f"lr {rate:g}"] = [ErrorCurve(losses, True, bool(trainer.converged))]
    title = (
        f"{config.dataset.name}, {first} against {second}: a perceptron at {len(curves)} learning"
        f" rates, initial weights of scale {keys.initial_scale:g}"
    )
    return draw_error_curves(curves, title, figures / "learning_rates.png", command)
