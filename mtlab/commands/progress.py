"""Showing a training as it goes: a line per epoch, and a bar where there is a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.progress import Progress as ProgressBar
from rich.progress import TaskID

from mtlab.objective.metrics import SplitMetrics
from mtlab.terminal import Terminal
from mtlab.training.events import EpochEnd, Event, Progress

MOST_LINES = 40


def show_progress(events: Iterable[Event], num_epochs: int, terminal: Terminal) -> Iterator[Event]:
    """Pass the events on, showing each; of very many epochs, about 40 get a line."""
    bar = terminal.progress()
    if bar is None:
        yield from _lines(events, num_epochs, terminal)
        return
    with bar:
        task = bar.add_task("", total=num_epochs, figures="")
        for event in _lines(events, num_epochs, terminal):
            _advance(bar, task, event, num_epochs)
            yield event


def _lines(events: Iterable[Event], num_epochs: int, terminal: Terminal) -> Iterator[Event]:
    between = -(-num_epochs // MOST_LINES)
    unsaid: EpochEnd | None = None
    for event in events:
        if isinstance(event, EpochEnd):
            unsaid = event
            if event.epoch % between == 0 or event.epoch == 1:
                terminal.say(epoch_line(event, num_epochs))
                unsaid = None
        yield event
    if unsaid is not None:
        terminal.say(epoch_line(unsaid, num_epochs))


def epoch_line(event: EpochEnd, num_epochs: int) -> str:
    """One epoch: train figures | validation figures | speed."""
    width = len(str(num_epochs))
    best = " *" if event.is_best else ""
    return (
        f"epoch {event.epoch:{width}d}/{num_epochs}"
        f"  train {_figures(event.train)}  |  val {_figures(event.val)}"
        f"  |  {event.num_samples / event.train_seconds:,.0f} images/s, {event.seconds:.2f} s{best}"
    )


def _advance(bar: ProgressBar, task: TaskID, event: Event, num_epochs: int) -> None:
    if isinstance(event, Progress):
        done = event.epoch - 1 + event.step / event.num_steps
        speed, epoch, train = event.samples_per_second, event.epoch, event.train
    else:
        done = event.epoch
        speed, epoch, train = event.num_samples / event.train_seconds, event.epoch, event.train
    bar.update(
        task,
        completed=done,
        description=f"epoch {epoch}/{num_epochs}",
        figures=f"{_figures(train)}  {speed:,.0f} images/s",
    )


def _figures(split: SplitMetrics) -> str:
    return f"loss {split.loss:.4f} {split.headline}"
