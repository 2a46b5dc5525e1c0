"""The command that reads an exported file back, as it is printed."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Runner, composed

from mtlab.commands.data_export import reading_command
from mtlab.config.compose import to_dataset_config
from mtlab.config.preset import literal
from mtlab.data.shapes import OUTLINES


def tasks_of_last_run(
    mtlab: Runner, *arguments: str
) -> tuple[list[str], dict[str, Any], list[str] | None]:
    """The tasks learned, those of the dataset, and the names of the first label's classes."""
    outcome = mtlab(*arguments, "trainer.epochs=0", "hydra.run.dir=run")
    assert outcome.code == 0, outcome.err
    values = yaml.safe_load((mtlab.folder / "run" / "config.yaml").read_text())
    return values["tasks"], values["dataset"]["tasks"], values["dataset"]["class_names"]


@pytest.mark.parametrize(
    ("overrides", "option"),
    [
        (["dataset=shapes", "dataset.num_images=480"], "dataset=three_targets"),
        (["dataset=shapes", "dataset.num_images=480", "dataset.tasks.c.loss=huber"], "dataset=npz"),
        (["dataset=digits", "dataset.limit=100"], "dataset=npz"),
    ],
)
def test_what_is_printed_reads_the_file_with_the_same_tasks(
    mtlab: Runner, overrides: list[str], option: str
) -> None:
    outcome = mtlab("data", "export", *overrides, "output=some.npz")
    assert outcome.code == 0, outcome.err
    (line,) = [line for line in outcome.out.splitlines() if line.startswith("read it by: ")]
    command = shlex.split(line.removeprefix("read it by: "))
    assert command[:2] == ["mtlab", option]
    names, tasks, class_names = tasks_of_last_run(mtlab, *command[1:])
    if "dataset=shapes" in overrides:
        assert names == ["a", "b", "c"]
        c = tasks["c"]
        assert (c["kind"], c["range"], c["activation"]) == ("regression", [0, 1], "sigmoid")
        assert c["loss"] == ("mse" if option == "dataset=three_targets" else "huber")
        assert class_names == list(OUTLINES)
    else:
        assert class_names is None
        assert names == ["digit", "parity"]
        assert tasks["threshold"] == {"by": "threshold", "at": 5}


def test_class_names_are_printed_as_they_have_to_be_typed(mtlab: Runner) -> None:
    names = ["null", "T-shirt/top", "ankle boot", "it's", "007", "e", "on", "x_1", "café", "9"]
    typed = f"dataset.class_names={literal(names)}"
    outcome = mtlab("data", "export", "dataset=digits", typed, "dataset.limit=100", "output=s.npz")
    assert outcome.code == 0, outcome.err
    command = shlex.split(outcome.out.rpartition("read it by: ")[2])
    assert tasks_of_last_run(mtlab, *command[1:])[2] == names


def test_more_class_names_than_can_be_read_are_left_out() -> None:
    config = to_dataset_config(composed("dataset=digits"))
    few, many = (reading_command(config, ["y"], ["x"] * n, Path("y.npz")) for n in (32, 33))
    assert "dataset.class_names=[x,x," in few
    assert "class_names" not in many


def test_a_word_that_is_left_out_is_asked_for(mtlab: Runner) -> None:
    outcome = mtlab("data")
    assert outcome.code == 2
    assert "did you mean data export or data show?" in outcome.err
