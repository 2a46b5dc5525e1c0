"""Sweeps: folder names, one line per job, a table at the end, failures that stop nothing."""

from __future__ import annotations

import csv
import io
import json

from conftest import Runner

QUICK = (
    "trainer.epochs=1",
    "dataset.limit=120",
    "trainer.figures=false",
    "model=cnn",
    "model.filters=[4]",
)


def test_every_combination_runs_in_a_folder_named_after_it(mtlab: Runner) -> None:
    outcome = mtlab(*QUICK, "-m", "model.filters=[4],[2,3]", "seed=0,1")
    assert outcome.code == 0, outcome.err
    (sweep,) = mtlab.folder.glob("outputs/multirun/*/*")
    names = [path.name for path in sorted(sweep.iterdir()) if path.is_dir()]
    assert [name.split("_")[0] for name in names] == ["0", "1", "2", "3"]
    assert all(set("[], /").isdisjoint(name) for name in names)
    rows = list(csv.DictReader(io.StringIO((sweep / "sweep.csv").read_text())))
    assert [(row["model.filters"], row["seed"]) for row in rows] == [
        ("[4]", "0"),
        ("[4]", "1"),
        ("[2,3]", "0"),
        ("[2,3]", "1"),
    ]
    assert all(float(row["digit accuracy, test"]) > 0 for row in rows)
    lines = [line for line in outcome.out.splitlines() if line.startswith("#")]
    assert len(lines) == 4
    assert "4 of 4 runs completed" in outcome.out
    text = (sweep / "sweep.txt").read_text()
    assert text in outcome.out


def test_flags_may_stand_between_overrides(mtlab: Runner) -> None:
    outcome = mtlab("trainer.epochs=0", "-m", "seed=1,2")
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("parameters (") == 2


def test_names_in_brackets_are_shown_as_they_are(mtlab: Runner) -> None:
    outcome = mtlab("-m", "trainer.epochs=0", "tasks=[digit,parity],[parity,digit]")
    assert outcome.code == 0, outcome.err
    for tasks in ("[digit, parity]", "[parity, digit]"):
        assert tasks in outcome.out.replace("[digit,parity]", tasks) or tasks in outcome.out
    assert "parity,digit" in outcome.out.split("sweep", 1)[1].replace(" ", "")


def test_a_failed_job_leaves_its_error_and_the_others_finish(mtlab: Runner) -> None:
    outcome = mtlab(*QUICK, "-m", "model.kernel_size=99,3")
    assert outcome.code == 1
    failed, completed = sorted(mtlab.folder.glob("outputs/multirun/*/*/*/summary.json"))
    summary = json.loads(failed.read_text())
    assert summary["status"] == "failed"
    assert "kernel of 99 must fit" in summary["error"]
    assert not (failed.parent / "model.safetensors").exists()
    assert json.loads(completed.read_text())["status"] == "completed"
    assert "1 of 2 runs completed" in outcome.out
    assert "kernel of 99" in outcome.out


def test_a_sweep_over_an_option_that_does_not_exist_starts_nothing(mtlab: Runner) -> None:
    outcome = mtlab(*QUICK, "-m", "optimizer=adam,adma")
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert "did you mean adam?" in outcome.err
    assert not list(mtlab.folder.glob("outputs/multirun/*/*/*/summary.json"))


def test_a_sweep_into_its_own_folder_again_keeps_the_first_runs(mtlab: Runner) -> None:
    arguments = (*QUICK, "-m", "seed=0,1", "hydra.sweep.dir=mine")
    assert mtlab(*arguments).code == 0
    before = [path.read_bytes() for path in sorted(mtlab.folder.glob("mine/*/summary.json"))]
    again = mtlab(*arguments)
    assert again.code == 1
    after = [path.read_bytes() for path in sorted(mtlab.folder.glob("mine/*/summary.json"))]
    assert before == after
