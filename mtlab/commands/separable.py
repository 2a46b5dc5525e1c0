"""`mtlab separable`: which pairs of classes one perceptron separates within the limit."""

from __future__ import annotations

import csv
import io
import itertools
import multiprocessing
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from rich.table import Table

from mtlab.artifacts.run_dir import RunFolder, write_whole
from mtlab.artifacts.summary import RunSummary
from mtlab.commands.experiment import prepare
from mtlab.commands.result import ResultRecord
from mtlab.commands.train import start
from mtlab.config.command_line import check_perceptron, find_override
from mtlab.config.compose import to_options, to_run_config
from mtlab.config.model import PerceptronConfig
from mtlab.config.options import SeparableOptions
from mtlab.config.schema import RunConfig
from mtlab.config.training import Keep
from mtlab.data.build import open_source
from mtlab.errors import ConfigError
from mtlab.objective.metrics import SplitMetrics
from mtlab.pictures.heat_map import PairGrid, draw_pair_grids
from mtlab.pictures.saving import save_picture
from mtlab.terminal import Terminal
from mtlab.training.perceptron import PerceptronState

PAIRS_CSV = "separable.csv"
Pair = tuple[int, int]


@dataclass(frozen=True)
class PairResult:
    """What a perceptron made of one pair of labels.

    Attributes:
        converged: Whether the training error fell to the tolerance within the limit.
        iterations: Passes over the training images.
        train_error: Mean |sign - label| after the last one, from 0 to 2.
        train_accuracy, test_accuracy: With the weights that the run keeps, fractions.
    """

    pair: Pair
    converged: bool
    iterations: int
    train_error: float
    train_accuracy: float
    test_accuracy: float
    seconds: float


def separable(composed: DictConfig) -> None:
    """Hydra's job: a perceptron per pair, some at a time, then table, picture and summary."""
    hydra = HydraConfig.get()
    folder = RunFolder(Path(hydra.runtime.output_dir))
    overrides = list(hydra.overrides.task)
    with (
        Terminal(folder.log, quiet=False) as terminal,
        ResultRecord("separable", folder, terminal, overrides) as record,
    ):
        config = to_run_config(composed, own_keys=("pairs", "processes"))
        options = to_options(composed, SeparableOptions)
        check(config, overrides)
        write_whole(folder.config, OmegaConf.to_yaml(composed, resolve=True))
        pairs = choose_pairs(config, options)
        num_processes = min(options.processes or os.cpu_count() or 1, len(pairs))
        terminal.say(
            f"{len(pairs)} pairs of {config.dataset.name}, at most {config.trainer.epochs}"
            f" iterations each, {num_processes} at a time"
        )
        results = sorted(
            train_pairs(config, pairs, num_processes, terminal), key=lambda result: result.pair
        )
        published = published_pairs(options, config.dataset.name)
        report(results, published, folder, record, terminal)


def check(config: RunConfig, overrides: list[str]) -> None:
    """Refuse what has no meaning here.

    Raises:
        ConfigError: Another model, no iterations, or a key that a perceptron does not use.
    """
    if not isinstance(config.model, PerceptronConfig):
        raise ConfigError("model", "must be perceptron here", config.model.name, "leave model= out")
    if config.trainer.epochs < 1:
        raise ConfigError(
            "trainer.epochs", "must be at least 1 iteration", config.trainer.epochs,
            "for example trainer.epochs=1001",
        )  # fmt: skip
    check_perceptron(config, overrides)
    typed = find_override(overrides, "mtl")
    if typed is not None:
        raise ConfigError(
            "mtl", "weighs the losses of several tasks, and a perceptron has one", typed,
            "leave it out",
        )  # fmt: skip


def choose_pairs(config: RunConfig, options: SeparableOptions) -> list[Pair]:
    """The pairs of the key `pairs`, else all of `dataset.classes`, else all of the labels.

    Raises:
        ConfigError: A label that the training images lack.
    """
    present = open_source(config.dataset).train().main_label.unique().tolist()
    chosen = [tuple(sorted(pair)) for pair in options.pairs or []]
    if not chosen:
        chosen = list(itertools.combinations(sorted(config.dataset.classes or present), 2))
    for label in itertools.chain(*chosen):
        if label not in present:
            raise ConfigError(
                "pairs", f"must hold labels of {config.dataset.name}: {present}", label,
                "choose among them",
            )  # fmt: skip
    return [(first, second) for first, second in dict.fromkeys(chosen)]


def train_pairs(
    config: RunConfig, pairs: list[Pair], num_processes: int, terminal: Terminal
) -> Iterator[PairResult]:
    """Train them, `num_processes` at a time; each is told as it ends."""
    if num_processes == 1:
        for pair in pairs:
            result = train_pair(config, pair)
            terminal.say(describe(result))
            yield result
        return
    # A fresh interpreter: torch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(num_processes, mp_context=context, initializer=_one_thread) as pool:
        futures = [pool.submit(train_pair, config, pair) for pair in pairs]
        try:
            for future in as_completed(futures):
                result = future.result()
                terminal.say(describe(result))
                yield result
        except BaseException:
            # Whatever went wrong, or Ctrl-C: do not begin the pairs that wait, and do not wait for
            # those that run, which may take minutes.
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def _one_thread() -> None:
    """The rule's products are small: a thread for each of several processes is faster."""
    torch.set_num_threads(1)


def train_pair(config: RunConfig, pair: Pair) -> PairResult:
    """The run that `mtlab model=perceptron 'dataset.classes=[a,b]'` is, without its folder."""
    started = time.perf_counter()
    dataset = replace(config.dataset, classes=list(pair))
    experiment = prepare(replace(config, dataset=dataset), [], RunSummary())
    state, events = start(experiment)
    assert isinstance(state, PerceptronState)
    last: SplitMetrics | None = None
    for event in events:
        last = event.train
    assert last is not None
    if config.trainer.keep is Keep.best and state.best is not None:
        state.model.load_state_dict(state.best.weights)
    task = experiment.dataset.tasks[0].name
    test = experiment.measure(experiment.dataset.load_test())
    train = experiment.measure(experiment.train)
    return PairResult(
        pair=pair,
        converged=state.converged,
        iterations=state.epoch,
        train_error=last.loss,
        train_accuracy=train.tasks[task].as_dict()["accuracy"],
        test_accuracy=test.tasks[task].as_dict()["accuracy"],
        seconds=time.perf_counter() - started,
    )


def describe(result: PairResult) -> str:
    """One pair in one line."""
    outcome = "converged" if result.converged else f"error {result.train_error:.4f}"
    return (
        f"{result.pair[0]} and {result.pair[1]}: {outcome} after {result.iterations} iterations,"
        f" test accuracy {result.test_accuracy:.4f} ({result.seconds:.1f} s)"
    )


def published_pairs(options: SeparableOptions, dataset: str) -> set[Pair] | None:
    """What others found for this dataset; None where nothing is published."""
    listed = options.published.get(dataset)
    return None if listed is None else {(min(pair), max(pair)) for pair in listed}


def report(
    results: list[PairResult],
    published: set[Pair] | None,
    folder: RunFolder,
    record: ResultRecord,
    terminal: Terminal,
) -> None:
    """Write the table, the picture and the summary, and say the list."""
    found = [result.pair for result in results if result.converged]
    rows = [_row(result, published) for result in results]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(folder.path / PAIRS_CSV, text.getvalue())
    record.values |= {
        "separable_pairs": found,
        "published_pairs": None if published is None else sorted(published),
        "pairs": [asdict(result) for result in results],
    }
    draw(results, published, folder, record)
    table = Table(title="pairs", title_justify="left")
    for name in rows[0]:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*row.values())
    terminal.say(table)
    terminal.say(f"{len(found)} of {len(results)} converged: {_listed(found)}")
    if published is not None:
        tried = {result.pair for result in results}
        terminal.say(f"published: {_listed(sorted(published))}")
        terminal.say(
            f"in both: {_listed(sorted(published & set(found)))}; only here:"
            f" {_listed(sorted(set(found) - published))}; only published:"
            f" {_listed(sorted((published & tried) - set(found)))}"
        )


def _row(result: PairResult, published: set[Pair] | None) -> dict[str, str]:
    row = {
        "pair": f"{result.pair[0]} {result.pair[1]}",
        "converged": "yes" if result.converged else "no",
        "iterations": str(result.iterations),
        "train_error": f"{result.train_error:.4f}",
        "train_accuracy": f"{result.train_accuracy:.4f}",
        "test_accuracy": f"{result.test_accuracy:.4f}",
        "seconds": f"{result.seconds:.1f}",
    }
    if published is not None:
        row["published"] = "yes" if result.pair in published else "no"
    return row


def _listed(pairs: list[Pair]) -> str:
    return ", ".join(f"{first}-{second}" for first, second in pairs) or "none"


def draw(
    results: list[PairResult],
    published: set[Pair] | None,
    folder: RunFolder,
    record: ResultRecord,
) -> None:
    """Iterations of each pair as a grid; frames mark the published pairs."""
    labels = sorted({label for result in results for label in result.pair})
    places = {label: place for place, label in enumerate(labels)}
    errors = np.full((len(labels), len(labels)), np.nan)
    iterations, marked = errors.copy(), np.zeros(errors.shape, dtype=bool)
    for result in results:
        first, second = (places[label] for label in result.pair)
        errors[second, first] = result.train_error
        iterations[second, first] = result.iterations
        marked[second, first] = published is not None and result.pair in published
    num_converged = sum(result.converged for result in results)
    frames = "" if published is None else "frames: published as separable"
    figure = draw_pair_grids(
        [PairGrid(frames, iterations, lambda value: f"{value:.0f}", marked)],
        [str(label) for label in labels],
        f"{num_converged} of {len(results)} pairs separated by one perceptron",
        "iterations", highest=float(np.nanmax(iterations)), gamma=0.5,
    )  # fmt: skip
    folder.figures.mkdir(exist_ok=True)
    numbers = {"train_error": errors, "iterations": iterations, "published": marked}
    save_picture(figure, folder.figures / "pairs.png", numbers, command=record.command, vector=True)
