"""What receives the events of a training: the folder's files, the terminal, trackers."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from mtlab.objective.metrics import SplitMetrics
from mtlab.terminal import Fitting, Terminal
from mtlab.training.trainer import EpochEnd, Event, Progress

MOST_LINES = 40


class Sink:
    """Receives what the loop yields, in order. Each method does nothing unless a sink says more.

    `receive` must not change what it is given, and should be quick: training waits for it.
    """

    def receive(self, event: Event) -> None:
        """Take an event as it happens."""

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Take the summary of a run that has completed."""

    def close(self) -> None:
        """Let go of files and terminals; called once, however training ends."""


@contextmanager
def closing_all(sinks: Sequence[Sink]) -> Iterator[None]:
    """Close every sink at the end, also when one of them fails to close."""
    with ExitStack() as stack:
        for sink in sinks:
            stack.callback(sink.close)
        yield


class MetricsFile(Sink):
    """metrics.jsonl: a line per epoch as it ends, so that an interrupted run keeps what it has."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def receive(self, event: Event) -> None:
        if isinstance(event, EpochEnd):
            self._file.write(json.dumps(as_line(event), allow_nan=False) + "\n")
            self._file.flush()

    def close(self) -> None:
        self._file.close()


def as_line(event: EpochEnd) -> dict[str, Any]:
    """An epoch as a line of metrics.jsonl holds it; weights of the tasks only where they change."""
    moving = {} if event.weights is None else {"weights": event.weights}
    return {
        "epoch": event.epoch,
        "train": event.train.as_dict(),
        "val": event.val.as_dict(),
        "learning_rate": event.learning_rate,
        **moving,
        "seconds": event.seconds,
    }


class EpochLines(Sink):
    """A line per epoch on the terminal and a bar where there is one; of many epochs, about 40."""

    def __init__(self, terminal: Terminal, num_epochs: int) -> None:
        self._terminal = terminal
        self._num_epochs = num_epochs
        self._epochs_between = -(-num_epochs // MOST_LINES)
        self._unsaid: EpochEnd | None = None
        self._is_star_explained = False
        self._bar = terminal.progress()
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task("", total=num_epochs, figures="")

    def receive(self, event: Event) -> None:
        if isinstance(event, EpochEnd):
            self._unsaid = event
            if event.epoch % self._epochs_between == 0 or event.epoch == 1:
                self._say_last()
        self._move_bar(event)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._say_last()

    def _say_last(self) -> None:
        if self._unsaid is not None:
            self._terminal.say(epoch_line(self._unsaid, self._num_epochs))
            if self._unsaid.is_best and not self._is_star_explained:
                self._terminal.say("* best on validation so far, by trainer.monitor")
                self._is_star_explained = True
            self._unsaid = None

    def _move_bar(self, event: Event) -> None:
        if self._bar is None:
            return
        if isinstance(event, Progress):
            done, speed = event.epoch - 1 + event.step / event.num_steps, event.samples_per_second
        else:
            done, speed = float(event.epoch), event.num_samples / event.train_seconds
        self._bar.update(
            self._task,
            completed=done,
            description=f"epoch {event.epoch}/{self._num_epochs}",
            figures=Fitting(
                f"{_in_short(event.train)}  {speed:,.0f} images/s",
                _in_short(event.train),
                _loss(event.train),
                "",
            ),
        )


def epoch_line(event: EpochEnd, num_epochs: int) -> Fitting:
    """One epoch: training metrics | validation metrics | speed; validation where room is scarce."""
    epoch = f"epoch {event.epoch:{len(str(num_epochs))}d}/{num_epochs}"
    train, val = _in_short(event.train), _in_short(event.val)
    speed = f"{event.num_samples / event.train_seconds:,.0f} images/s, {event.seconds:.2f} s"
    best = " *" if event.is_best else ""
    return Fitting(
        f"{epoch}  train {train}  |  val {val}  |  {speed}{best}",
        f"{epoch}  train {train}  |  val {val}{best}",
        f"{epoch}  train {_loss(event.train)}  |  val {val}{best}",
        f"{epoch}  val {val}{best}",
        f"{epoch}  val {event.val.headline}{best}",
        f"{epoch}  train {_loss(event.train)}  |  val {_loss(event.val)}{best}",
        f"{epoch}  val {_loss(event.val)}{best}",
    )


def _in_short(split: SplitMetrics) -> str:
    return f"{_loss(split)} {split.headline}"


def _loss(split: SplitMetrics) -> str:
    return f"loss {split.loss:.4f}"
