"""Finding runs, and naming what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_runs import write_run

from mtlab.artifacts.run_dir import Status
from mtlab.errors import RunFolderError
from mtlab.report.analyse.settings import compare_settings
from mtlab.report.read.folders import collect


def test_runs_are_found_at_any_depth_in_order_of_their_jobs(tmp_path: Path):
    for job in (10, 9, 2):
        write_run(tmp_path / "multirun" / "day" / f"{job}_seed={job}", seed=job)
    write_run(tmp_path / "single")
    names = [run.name for run in collect([tmp_path]).runs]
    assert names == [
        "multirun/day/job 2",
        "multirun/day/job 9",
        "multirun/day/job 10",
        "single",
    ]


def test_a_run_named_twice_is_read_once(tmp_path: Path):
    run = write_run(tmp_path / "sweep" / "0")
    assert len(collect([tmp_path, tmp_path / "sweep", run]).runs) == 1


def test_a_cut_off_summary_is_named_and_the_rest_is_read(tmp_path: Path):
    write_run(tmp_path / "0")
    broken = write_run(tmp_path / "1")
    text = (broken / "summary.json").read_text()
    (broken / "summary.json").write_text(text[: len(text) // 2])
    collection = collect([tmp_path])
    assert len(collection.runs) == 1
    (problem,) = collection.problems
    assert problem.place == str(broken)
    assert problem.what.startswith("summary.json: must be a run's summary; found Unterminated")
    assert "name the folder" not in problem.what


@pytest.mark.parametrize("content", ["", "[]", "null", '{"status": "odd"}', "\x00"])
def test_any_broken_summary_is_named(tmp_path: Path, content: str):
    write_run(tmp_path / "0")
    broken = write_run(tmp_path / "1")
    (broken / "summary.json").write_text(content)
    assert [problem.place for problem in collect([tmp_path]).problems] == [str(broken)]


def test_a_run_without_a_summary_is_named(tmp_path: Path):
    write_run(tmp_path / "0")
    (write_run(tmp_path / "1") / "summary.json").unlink()
    (tmp_path / "2" / ".hydra").mkdir(parents=True)
    said = "summary.json: is missing: the run ended before it began"
    assert [problem.what for problem in collect([tmp_path]).problems] == [said, said]


def test_epochs_that_are_missing_are_named(tmp_path: Path):
    (write_run(tmp_path / "0", epochs=3) / "metrics.jsonl").write_text("")
    collection = collect([tmp_path])
    assert collection.runs[0].epochs == ()
    assert "0 of 3 epochs" in collection.problems[0].what


def test_a_last_epoch_that_is_cut_off_leaves_the_ones_before(tmp_path: Path):
    run = write_run(tmp_path / "0", epochs=3, status="running")
    text = (run / "metrics.jsonl").read_text()
    (run / "metrics.jsonl").write_text(text[:-40])
    collection = collect([tmp_path])
    assert len(collection.runs[0].epochs) == 2
    assert collection.problems == []


def test_a_killed_run_has_the_epochs_that_it_wrote(tmp_path: Path):
    write_run(tmp_path / "0", epochs=3, status="running")
    summary = json.loads((tmp_path / "0" / "summary.json").read_text())
    (tmp_path / "0" / "summary.json").write_text(json.dumps(summary | {"epochs": 0}))
    (run,) = collect([tmp_path]).runs
    assert (run.number_at("epochs"), len(run.epochs)) == (3, 3)


def test_what_a_run_left_unresolved_differs_from_nothing(tmp_path: Path):
    """One failed before its configuration was resolved, and has what Hydra composed."""
    write_run(tmp_path / "0", settings={"trainer.monitor": "accuracy", "optimizer.lr": 1})
    early = write_run(
        tmp_path / "1",
        status="failed",
        settings={"trainer.monitor": "auto", "optimizer.lr": 2, "dataset.root": "${oc.env:X}"},
    )
    (early / ".hydra").mkdir()
    (early / "config.yaml").rename(early / ".hydra" / "config.yaml")
    assert compare_settings(collect([tmp_path]).runs).varied == ["optimizer.lr"]


def test_a_missing_configuration_is_named_or_hydras_taken(tmp_path: Path):
    without = write_run(tmp_path / "0")
    (without / "config.yaml").unlink()
    early = write_run(tmp_path / "1")
    (early / ".hydra").mkdir()
    (early / "config.yaml").rename(early / ".hydra" / "config.yaml")
    collection = collect([tmp_path])
    assert [bool(run.settings) for run in collection.runs] == [False, True]
    assert [problem.place for problem in collection.problems] == [str(without)]


def test_values_of_the_wrong_type_are_taken_for_missing(tmp_path: Path):
    run = write_run(
        tmp_path / "0",
        tasks=("digit",),
        parameters="many",
        test={"digit": 3},
        classes=("a", "b"),
        seconds=None,
        published=[1],
    )
    (run / "confusion.json").write_text(json.dumps({"test": {"digit": [[1], [2, 3]]}}))
    (found,) = collect([tmp_path]).runs
    assert found.number_at("parameters.total") is None
    assert found.number_at("test.digit.accuracy") is None
    assert found.published == {}
    assert found.confusion("digit") is None


def test_statuses_are_read(tmp_path: Path):
    for status in Status:
        write_run(tmp_path / status.value, status=status.value)
    assert {run.status for run in collect([tmp_path]).runs} == set(Status)


def test_an_empty_folder_beside_a_full_one_is_named(tmp_path: Path):
    write_run(tmp_path / "full" / "0")
    (tmp_path / "empty").mkdir()
    (problem,) = collect([tmp_path / "full", tmp_path / "empty"]).problems
    assert (problem.place, problem.what) == (str(tmp_path / "empty"), "holds no run")


def test_folders_without_any_run_are_a_mistake(tmp_path: Path):
    with pytest.raises(RunFolderError, match="must hold at least one run"):
        collect([tmp_path])


def test_a_folder_that_does_not_exist_is_a_mistake(tmp_path: Path):
    with pytest.raises(RunFolderError, match="no such folder"):
        collect([tmp_path / "nowhere"])


def test_a_file_is_said_to_be_one(tmp_path: Path):
    (tmp_path / "report.md").touch()
    with pytest.raises(RunFolderError, match=r"must be a folder with runs in it; found a file"):
        collect([tmp_path / "report.md"])
