"""Runs that were killed or failed early keep their place in their study."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from made_runs import write_run

from mtlab.report.analyse.groups import group_runs
from mtlab.report.analyse.run_charts import curve_charts
from mtlab.report.read.folders import collect


def write_killed(folder: Path, **configuration: object) -> Path:
    """What a run that was killed left before its summary said more than its command."""
    write_run(folder)
    summary = {
        "status": "running",
        "command": "mtlab",
        "overrides": ["experiment=grid", "seed=0"],
        "experiment": None,
        "row": None,
        "tasks": None,
        "dataset": None,
        "published": None,
        "parameters": None,
    }
    (folder / "summary.json").write_text(json.dumps(summary))
    config = yaml.safe_load((folder / "config.yaml").read_text())
    (folder / "config.yaml").write_text(yaml.safe_dump({**config, **configuration}))
    return folder


def test_experiment_row_dataset_and_tasks_come_from_the_other_files(tmp_path: Path):
    rows = {"8 wide": {"published": {"epochs": 3, "seconds.train": {"cpu": 2}}}}
    write_killed(tmp_path / "0", rows=rows, published={"epochs": 9}, tasks=None)
    (run,) = collect([tmp_path]).runs
    assert (run.preset, run.row, run.dataset, run.tasks) == (
        "grid",
        "8 wide",
        "digits",
        ("digit",),
    )
    assert run.published == {"epochs": 3}


def test_a_killed_run_has_its_curves(tmp_path: Path):
    write_killed(tmp_path / "0")
    (chart,) = curve_charts(group_runs(collect([tmp_path]).runs))
    assert chart.topic == "digits · digit"
    assert {line.x for panel in chart.content for line in panel.lines} == {(1, 2, 3)}


def test_a_killed_run_is_grouped_with_those_of_its_row(tmp_path: Path):
    write_killed(tmp_path / "0", rows={"8 wide": {}})
    write_run(tmp_path / "1", seed=1, experiment="grid", row="8 wide", settings={"rows.8 wide": {}})
    (group,) = group_runs(collect([tmp_path]).runs)
    assert len(group.runs) == 2
    assert group.first.name == "1"


def test_a_completed_summary_stays_as_it_was_written(tmp_path: Path):
    write_run(tmp_path / "0", overrides=["experiment=grid"], published=None)
    (run,) = collect([tmp_path]).runs
    assert (run.preset, run.published) == ("", {})
