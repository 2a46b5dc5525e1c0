"""Which pairs of labels one perceptron separates: each pair is trained, some at a time."""

import itertools
import multiprocessing
import os
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import AfterValidator, BeforeValidator, Field

from mtlab.config.base import Count, Keys, Positive, Share, described
from mtlab.config.model import PerceptronConfig
from mtlab.config.no_effect import check_perceptron, check_weighting
from mtlab.config.run import RunConfig
from mtlab.data.build import open_source
from mtlab.errors import ConfigError
from mtlab.runner.build import build
from mtlab.terminal import Terminal
from mtlab.training.trainer import EpochEnd

Pair = tuple[int, int]


def _check_two_differ(labels: list[int]) -> list[int]:
    if len(labels) != 2 or labels[0] == labels[1]:
        raise ValueError(labels)
    return labels


DIFFERENT = described("two different labels", "[0,1]")
LISTED = described("a list of pairs of two different labels", "[[0,1]]")
LabelPair = Annotated[list[int], AfterValidator(_check_two_differ), DIFFERENT]
LabelPairs = Annotated[list[LabelPair], LISTED]


class PublishedMeasures(Keys):
    """What others measured of a perceptron on a pair: iterations, seconds, accuracy on test."""

    pair: LabelPair
    iterations: Count
    seconds: Positive
    test_accuracy: Share


class PublishedPairs(Keys):
    """What others found for one dataset: the pairs that can be separated, and measures of some."""

    separable: LabelPairs
    measured: list[PublishedMeasures] = Field(default_factory=list)

    @property
    def pairs(self) -> set[Pair]:
        return {_ascending(pair) for pair in self.separable}

    def measures_of(self, pair: Pair) -> PublishedMeasures | None:
        return next((one for one in self.measured if _ascending(one.pair) == pair), None)


def _ascending(labels: Sequence[int]) -> Pair:
    return min(labels), max(labels)


def _as_group(value: object) -> object:
    """A list alone is that of the separable pairs, as runs of before have it."""
    return {"separable": value} if isinstance(value, list) else value


PairLists = dict[str, Annotated[PublishedPairs, BeforeValidator(_as_group)]]
"""By the name of their dataset."""


class SeparableKeys(Keys):
    """What `mtlab separable` is told beside a run's configuration; see conf/separable.yaml."""

    pairs: Annotated[LabelPairs, Field(min_length=1)] | None
    processes: Count | None
    published: PairLists


@dataclass(frozen=True)
class PairResult:
    """What a perceptron made of one pair of labels.

    Iterations are passes over the training images, the error is the mean |sign - label| of the
    last one, from 0 to 2. Accuracies, fractions, are those of the weights that the run keeps: of
    the best iteration on validation, unless trainer.keep says otherwise. Seconds are those of
    training alone, as in a run's `seconds.train`.
    """

    pair: Pair
    converged: bool
    iterations: int
    last_train_error: float
    kept_train_accuracy: float
    kept_test_accuracy: float
    seconds: float

    def __str__(self) -> str:
        outcome = "converged" if self.converged else f"error {self.last_train_error:.4f}"
        return (
            f"{self.pair[0]} and {self.pair[1]}: {outcome} after {self.iterations} iterations,"
            f" test accuracy {self.kept_test_accuracy:.4f} ({self.seconds:.1f} s)"
        )


def check_perceptron_on_labels(config: RunConfig, overrides: Sequence[str]) -> None:
    """Raises ConfigError for another model, no iterations, a key that a perceptron does not use,
    several tasks, or one that groups the labels: two of them may be one class of it.
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
    dataset = config.dataset
    names = config.tasks or (dataset.default_tasks or list(dataset.tasks))[:1]
    declared = [dataset.tasks[name] for name in names if name in dataset.tasks]
    are_labels = all(task.kind == "classification" and task.by == "label" for task in declared)
    if len(names) > 1 or not are_labels:
        raise ConfigError(
            "tasks",
            rule="must name one task that takes the labels as they are (by: label), since"
            " pairs of labels are told apart",
            found=names,
            remedy="leave it out, or choose another one",
        )
    check_weighting(names, overrides)


def choose_pairs(config: RunConfig, pairs: Sequence[Sequence[int]] | None) -> list[Pair]:
    """The pairs that are named, else all of `dataset.classes`, else all of the labels."""
    present = open_source(config.dataset).train().main_label.unique().tolist()
    chosen = [_ascending(pair) for pair in pairs or ()]
    if not chosen:
        chosen = list(itertools.combinations(sorted(config.dataset.classes or present), 2))
    for label in itertools.chain(*chosen):
        if label not in present:
            raise ConfigError(
                "pairs" if pairs else "dataset.classes",
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
    return list(dict.fromkeys(chosen))


def train_pairs(
    config: RunConfig, pairs: Sequence[Pair], processes: int | None, terminal: Terminal
) -> list[PairResult]:
    """Train so many pairs at a time (None: one per core), and tell each as it ends.

    The results come back in the order of the pairs' labels.
    """
    num_processes = min(processes or os.cpu_count() or 1, len(pairs))
    terminal.say(
        f"{len(pairs)} pairs of {config.dataset.name}, at most {config.trainer.epochs}"
        f" iterations each, {num_processes} at a time"
    )
    results = []
    with closing(_trained(config, pairs, num_processes)) as trained:
        for result in trained:
            terminal.say(str(result))
            results.append(result)
    return sorted(results, key=lambda result: result.pair)


def _trained(
    config: RunConfig, pairs: Sequence[Pair], num_processes: int
) -> Generator[PairResult, None, None]:
    if num_processes == 1:
        yield from (train_pair(config, pair) for pair in pairs)
        return
    # A fresh interpreter: torch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    # The rule's products are small: a thread for each of several processes is faster.
    with ProcessPoolExecutor(num_processes, context, torch.set_num_threads, (1,)) as pool:
        futures = [pool.submit(train_pair, config, pair) for pair in pairs]
        try:
            yield from (future.result() for future in as_completed(futures))
        except BaseException:
            # Whatever went wrong, or Ctrl-C: do not begin the pairs that wait, and do not wait for
            # those that run, which may take minutes.
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def train_pair(config: RunConfig, pair: Pair) -> PairResult:
    """The run that `mtlab model=perceptron 'dataset.classes=[a,b]'` is, without its folder."""
    dataset = config.dataset.model_copy(update={"classes": list(pair)})
    experiment = build(config.model_copy(update={"dataset": dataset}))
    trainer, task = experiment.trainer, experiment.dataset.tasks[0].name
    epochs = [event for event in trainer.fit() if isinstance(event, EpochEnd)]
    if config.trainer.keep == "best" and trainer.best is not None:
        trainer.model.load_state_dict(trainer.best.weights)
    test = experiment.measure(experiment.dataset.load_test())
    train = experiment.measure(experiment.train)
    return PairResult(
        pair=pair,
        converged=bool(trainer.converged),
        iterations=trainer.epoch,
        last_train_error=epochs[-1].train.loss,
        kept_train_accuracy=train.tasks[task]["accuracy"],
        kept_test_accuracy=test.tasks[task]["accuracy"],
        seconds=sum(epoch.train_seconds for epoch in epochs),
    )
