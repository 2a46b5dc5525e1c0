"""Sinks receive every event in order, and are closed however training ends."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from typing import Any

import pytest
from conftest import Runner, composed

from mtlab.config.compose import to_run_config
from mtlab.runner.build import build
from mtlab.runner.sinks import Sink, closing_all
from mtlab.runner.train import train
from mtlab.training.trainer import EpochEnd, Event

QUICK = ("model=mlp", "dataset.limit=100", "trainer.epochs=3", "device=cpu")


class Notes(Sink):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.epochs: list[int] = []
        self.is_closed = False

    def receive(self, event: Event) -> None:
        if isinstance(event, EpochEnd):
            self.epochs.append(event.epoch)

    def finish(self, summary: Mapping[str, Any]) -> None:
        raise AssertionError("training alone finishes no run")

    def close(self) -> None:
        self.is_closed = True


def test_every_sink_receives_every_epoch_and_is_closed() -> None:
    sinks = [Notes(), Notes()]
    with closing_all(sinks):
        train(build(to_run_config(composed(*QUICK))).trainer, sinks)
    assert [sink.epochs for sink in sinks] == [[1, 2, 3], [1, 2, 3]]
    assert all(sink.is_closed for sink in sinks)


def test_sinks_are_closed_when_training_fails() -> None:
    sinks = [Notes(), Notes()]
    with pytest.raises(KeyboardInterrupt), closing_all(sinks):
        raise KeyboardInterrupt
    assert all(sink.is_closed for sink in sinks)


def test_the_csv_tracker_holds_what_metrics_jsonl_holds(mtlab: Runner) -> None:
    choice = ("tracker=[csv]", 'tracker.csv.delimiter=";"')
    outcome = mtlab(*QUICK, *choice, "trainer.figures=false")
    assert outcome.code == 0, outcome.err
    folder = mtlab.only_run()
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    rows = list(csv.DictReader((folder / "metrics.csv").read_text().splitlines(), delimiter=";"))
    assert len(rows) == len(lines) == 3
    for row, line in zip(rows, lines, strict=True):
        assert int(row["epoch"]) == line["epoch"]
        assert float(row["val.digit.accuracy"]) == line["val"]["digit"]["accuracy"]
        assert float(row["train.loss"]) == line["train"]["loss"]


def test_a_tracker_changes_nothing_that_is_measured(mtlab: Runner) -> None:
    quick = (*QUICK, "trainer.figures=false")
    assert mtlab(*quick, "hydra.run.dir=without").code == 0
    assert mtlab(*quick, "tracker=[csv]", "hydra.run.dir=with").code == 0
    weights = [
        (mtlab.folder / name / "model.safetensors").read_bytes() for name in ("without", "with")
    ]
    assert weights[0] == weights[1]


def test_the_star_behind_an_epoch_is_explained_once(mtlab: Runner) -> None:
    outcome = mtlab(*QUICK, "trainer.figures=false", "trainer.monitor=loss")
    lines = outcome.out.splitlines()
    starred = [index for index, line in enumerate(lines) if line.endswith(" *")]
    assert len(starred) > 1
    told = "* best on validation so far, by trainer.monitor"
    assert [index for index, line in enumerate(lines) if line == told] == [starred[0] + 1]
