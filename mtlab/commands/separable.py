"""`mtlab separable`: which pairs of classes one perceptron separates within the limit."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict

import torch
from omegaconf import DictConfig, OmegaConf

from mtlab.artifacts.run_dir import write_whole
from mtlab.commands.separable_result import Pair, PairResult, describe, published_pairs, report
from mtlab.config.arguments import find_override
from mtlab.config.compose import to_options, to_run_config
from mtlab.config.model import PerceptronConfig
from mtlab.config.no_effect import check_perceptron
from mtlab.config.pairs import SeparableOptions
from mtlab.config.run import RunConfig
from mtlab.data.build import open_source
from mtlab.drawing.contact_sheet import write_contact_sheet
from mtlab.errors import ConfigError
from mtlab.objective.metrics import SplitMetrics
from mtlab.runner.build import build
from mtlab.runner.origin import hydra_origin
from mtlab.runner.record import Record
from mtlab.terminal import Terminal


def separable(composed: DictConfig) -> None:
    """Hydra's job: a perceptron per pair, some at a time, then table, picture and summary."""
    with Record(hydra_origin(composed, "separable")) as record:
        config = to_run_config(composed, own_keys=("pairs", "processes", "published"))
        options = to_options(composed, SeparableOptions)
        check(config, record.origin.overrides)
        record.begin()
        folder, terminal = record.folder, record.terminal
        write_whole(folder.config, OmegaConf.to_yaml(composed, resolve=True))
        pairs = choose_pairs(config, options)
        results = train_all(config, pairs, options.processes, terminal)
        published = published_pairs(options.published, config.dataset.name)
        record.values |= {
            "separable_pairs": [result.pair for result in results if result.converged],
            "published_pairs": None if published is None else sorted(published),
            "pairs": [asdict(result) for result in results],
        }
        report(results, published, folder.path, record.origin.command, terminal)
        sheet = write_contact_sheet(folder.path, f"separable pairs of {config.dataset.name}")
        terminal.say(f"all pictures: {sheet}")


def check(config: RunConfig, overrides: Sequence[str]) -> None:
    """Refuse what has no meaning here.

    Raises:
        ConfigError: Another model, no iterations, a key that a perceptron does not use, or tasks
            whose classes are not the labels.
    """
    if not isinstance(config.model, PerceptronConfig):
        raise ConfigError(
            "model",
            rule="must be perceptron here",
            found=config.model.name,
            remedy="leave model= out",
        )
    if config.trainer.epochs < 1:
        raise ConfigError(
            "trainer.epochs",
            rule="must be at least 1 iteration",
            found=config.trainer.epochs,
            remedy="for example trainer.epochs=1001",
        )
    check_perceptron(config, overrides)
    typed = find_override(overrides, "mtl")
    if typed is not None:
        raise ConfigError(
            "mtl",
            rule="weighs the losses of several tasks, and a perceptron has one",
            found=typed,
            remedy="leave it out",
        )
    check_task(config)


def check_task(config: RunConfig) -> None:
    """Refuse tasks whose classes are not the labels: two labels may be one class of theirs.

    Raises:
        ConfigError: Several tasks, or one that groups the labels.
    """
    names = config.tasks or (config.dataset.default_tasks or list(config.dataset.tasks))[:1]
    declared = [config.dataset.tasks[name] for name in names if name in config.dataset.tasks]
    are_labels = all(task.kind == "classification" and task.by == "label" for task in declared)
    if len(names) > 1 or not are_labels:
        raise ConfigError(
            "tasks",
            rule="must name one task that takes the labels as they are (by: label), since"
            " pairs of labels are told apart",
            found=names,
            remedy="leave it out, or choose another one",
        )


def choose_pairs(config: RunConfig, options: SeparableOptions) -> list[Pair]:
    """The pairs of the key `pairs`, else all of `dataset.classes`, else all of the labels.

    Raises:
        ConfigError: A label that the training images lack, or fewer than two of them.
    """
    present = open_source(config.dataset).train().main_label.unique().tolist()
    chosen = [tuple(sorted(pair)) for pair in options.pairs or []]
    if not chosen:
        chosen = list(itertools.combinations(sorted(config.dataset.classes or present), 2))
    for label in itertools.chain(*chosen):
        if label not in present:
            raise ConfigError(
                "pairs" if options.pairs else "dataset.classes",
                rule=f"must hold labels of {config.dataset.name}: {present}",
                found=label,
                remedy="choose among them",
            )
    if not chosen:
        raise ConfigError(
            "dataset",
            rule="must have images of at least two labels",
            found=f"the labels {present}",
            remedy="choose another one",
        )
    return [(first, second) for first, second in dict.fromkeys(chosen)]


def train_all(
    config: RunConfig, pairs: list[Pair], processes: int | None, terminal: Terminal
) -> list[PairResult]:
    """Train every pair, some at a time; the results in the order of the pairs' labels.

    Args:
        processes: Pairs that are trained at the same time; None for one per core.
    """
    num_processes = min(processes or os.cpu_count() or 1, len(pairs))
    terminal.say(
        f"{len(pairs)} pairs of {config.dataset.name}, at most {config.trainer.epochs}"
        f" iterations each, {num_processes} at a time"
    )
    results = train_pairs(config, pairs, num_processes, terminal)
    return sorted(results, key=lambda result: result.pair)


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
    dataset = config.dataset.model_copy(update={"classes": list(pair)})
    experiment = build(config.model_copy(update={"dataset": dataset}))
    trainer = experiment.trainer
    assert trainer.converged is not None
    last: SplitMetrics | None = None
    for event in trainer.fit():
        last = event.train
    assert last is not None
    if config.trainer.keep == "best" and trainer.best is not None:
        trainer.model.load_state_dict(trainer.best.weights)
    task = experiment.dataset.tasks[0].name
    test = experiment.measure(experiment.dataset.load_test())
    train = experiment.measure(experiment.train)
    return PairResult(
        pair=pair,
        converged=trainer.converged,
        iterations=trainer.epoch,
        last_train_error=last.loss,
        kept_train_accuracy=train.tasks[task]["accuracy"],
        kept_test_accuracy=test.tasks[task]["accuracy"],
        seconds=time.perf_counter() - started,
    )
