"""The command that reads an exported file back, as it is printed."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
import yaml
from conftest import Runner


def tasks_of_last_run(mtlab: Runner, *arguments: str) -> tuple[list[str], dict[str, Any]]:
    outcome = mtlab(*arguments, "trainer.epochs=0", "hydra.run.dir=run")
    assert outcome.code == 0, outcome.err
    values = yaml.safe_load((mtlab.folder / "run" / "config.yaml").read_text())
    return values["tasks"], values["dataset"]["tasks"]


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
    names, tasks = tasks_of_last_run(mtlab, *command[1:])
    if "dataset=shapes" in overrides:
        assert names == ["a", "b", "c"]
        c = tasks["c"]
        assert (c["kind"], c["range"], c["activation"]) == ("regression", [0, 1], "sigmoid")
        assert c["loss"] == ("mse" if option == "dataset=three_targets" else "huber")
    else:
        assert names == ["digit", "parity"]
        assert tasks["threshold"] == {"by": "threshold", "at": 5}


def test_a_word_that_is_left_out_is_asked_for(mtlab: Runner) -> None:
    outcome = mtlab("data")
    assert outcome.code == 2
    assert "did you mean data export?" in outcome.err
