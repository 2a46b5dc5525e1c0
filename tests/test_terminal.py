"""What fits into a narrow terminal is shown whole; what does not is left out."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from mtlab.objective.metrics import SplitMetrics
from mtlab.runner.sinks import EpochLines
from mtlab.terminal import Fitting, Terminal
from mtlab.training.trainer import EpochEnd, Event, Progress

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def split(loss: float) -> SplitMetrics:
    tasks = {name: {"loss": loss, "accuracy": 0.9375} for name in ("digit", "parity", "threshold")}
    return SplitMetrics(loss=loss, tasks=tasks, confusions={})


def written(terminal: Terminal, width: int) -> io.StringIO:
    """What the terminal, now of this width, will write."""
    file = io.StringIO()
    terminal.console = Console(
        file=file, width=width, force_terminal=True, highlight=False, color_system=None
    )
    return file


def test_the_longest_text_that_fits_is_shown() -> None:
    line = Fitting("loss 0.1250 digit 0.9375", "loss 0.1250", "")
    assert [line.within(width) for width in (24, 23, 11, 10)] == [
        *line.texts[:2],
        "loss 0.1250",
        "",
    ]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 100, 160])
def test_no_number_of_an_epoch_is_cut(tmp_path: Path, width: int) -> None:
    with Terminal(tmp_path / "mtlab.log", quiet=False) as terminal:
        file = written(terminal, width)
        lines = EpochLines(terminal, 2)
        epoch = EpochEnd(1, split(0.125), split(0.25), 0.001, 1.25, 2.5, 4000, is_best=True)
        events: list[Event] = [Progress(1, 5, 10, split(0.5), 3200.0), epoch]
        for event in events:
            lines.receive(event)
        lines.close()
        terminal.say("912,908 parameters; 16,542,208 operations; /a/path/" + "that/is/long/" * 8)
    shown = ESCAPES.sub("", file.getvalue())
    whole = ("0.1250", "0.2500", "0.5000", "0.9375", "3,200", "2.50", "912,908", "16,542,208")
    for number in re.findall(r"\d[\d,.]*\.\d+|\d+,[\d,]+", shown):
        assert number in whole
    told = [line.rstrip() for line in re.split(r"[\r\n]", shown)]
    assert all(len(line) <= width for line in told if "/a/path" not in line)
    assert any(line.startswith("epoch 1/2") and line.endswith("*") for line in told)
    assert any(line.endswith("/a/path/" + "that/is/long/" * 8) for line in told)
    # The log has everything, whatever the terminal's width.
    log = (tmp_path / "mtlab.log").read_text()
    assert (
        "train loss 0.1250 digit 0.9375 parity 0.9375 threshold 0.9375  |  val loss 0.2500" in log
    )
