"""`mtlab separable`: which pairs of classes one perceptron separates within the limit."""

from dataclasses import asdict

from omegaconf import DictConfig, OmegaConf

from mtlab.artifacts.run_dir import write_whole
from mtlab.config.compose import to_options, to_run_config
from mtlab.drawing.contact_sheet import write_contact_sheet
from mtlab.explore.perceptron_pairs import (
    SeparableKeys,
    check_perceptron_on_labels,
    choose_pairs,
    train_pairs,
)
from mtlab.explore.perceptron_table import report
from mtlab.runner.origin import hydra_origin
from mtlab.runner.record import Record


def separable(composed: DictConfig) -> None:
    """Hydra's job: a perceptron per pair, some at a time, then table, picture and summary."""
    with Record(hydra_origin(composed, "separable")) as record:
        keys = to_options(composed, SeparableKeys)
        config = to_run_config(composed, own_keys=tuple(SeparableKeys.model_fields))
        check_perceptron_on_labels(config, record.origin.overrides)
        record.begin()
        folder, terminal = record.folder, record.terminal
        write_whole(folder.config, OmegaConf.to_yaml(composed, resolve=True))
        results = train_pairs(config, choose_pairs(config, keys.pairs), keys.processes, terminal)
        published = keys.published.get(config.dataset.name)
        record.values |= {
            "separable_pairs": [result.pair for result in results if result.converged],
            "published_pairs": None if published is None else sorted(published.pairs),
            "pairs": [asdict(result) for result in results],
        }
        report(results, published, folder.path, record.origin.command, terminal)
        sheet = write_contact_sheet(folder.path, f"separable pairs of {config.dataset.name}")
        terminal.say(f"all pictures: {sheet}")
