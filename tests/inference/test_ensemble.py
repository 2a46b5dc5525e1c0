"""An ensemble's folder in the hands of the commands that take a run's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Runner
from trained_runs import files_below, train_run

from mtlab import cli


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two seeds, which see the same test images."""
    folder = tmp_path_factory.mktemp("runs")
    settings = (
        "dataset=shapes",
        "dataset.num_images=100",
        "dataset.limit=null",
        "tasks=[a,c]",
        "model=cnn",
        "model.filters=[2]",
        "device.precision=bfloat16",
    )
    return [
        train_run(folder / str(seed), f"seed={seed}", "device.threads=1", *settings)
        for seed in (0, 1)
    ]


@pytest.fixture(scope="module")
def both(runs: list[Path]) -> Path:
    folder = runs[0].parent / "both"
    names = ",".join(map(str, runs))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDRA_FULL_ERROR", "1")
        patch.setattr("sys.argv", ["mtlab"])
        arguments = (f"runs=[{names}]", "device=cpu", "device.threads=1", "batch_size=7")
        assert cli.main(["ensemble", *arguments, f"hydra.run.dir={folder}"]) == 0
    return folder


def test_an_ensemble_is_measured_again_to_the_last_bit(mtlab: Runner, both: Path) -> None:
    outcome = mtlab("evaluate", f"run={both}", "output=figures.json")
    assert outcome.code == 0, outcome.err
    assert "to the last bit" in outcome.out
    found = json.loads(Path("figures.json").read_text())
    summary = json.loads((both / "summary.json").read_text())
    assert found["figures"] == summary["test"]
    assert found["samples"] == summary["samples"]["test"] == 20


def test_an_ensemble_answers_in_the_precision_that_its_members_were_tested_in(
    mtlab: Runner, both: Path, runs: list[Path]
) -> None:
    summary = json.loads((both / "summary.json").read_text())
    assert summary["precision"] == "bfloat16"
    for run, member in zip(runs, summary["members"], strict=True):
        own = json.loads((run / "summary.json").read_text())
        assert member["test"]["c"]["mae"] == own["test"]["c"]["mae"]
    folder = runs[0].parent / "exact"
    outcome = mtlab(
        "ensemble",
        f"runs={runs[0].parent / 'both' / 'members'}",
        "device.precision=float32",
        "device.threads=1",
        f"hydra.run.dir={folder}",
    )
    assert outcome.code == 0, outcome.err
    assert json.loads((folder / "summary.json").read_text())["precision"] == "float32"


@pytest.mark.parametrize("device", [(), ("device=cpu",), ("device.threads=1",)])
def test_what_is_not_typed_of_the_device_stays_as_the_run_had_it(
    mtlab: Runner, both: Path, runs: list[Path], device: tuple[str, ...]
) -> None:
    for folder in (both, runs[0]):
        outcome = mtlab("evaluate", f"run={folder}", *device)
        assert outcome.code == 0, outcome.err
        assert "to the last bit" in outcome.out
        outcome = mtlab("evaluate", f"run={folder}", *device, "device.precision=float32")
        assert "differs from the run's summary" in outcome.out


def test_an_ensemble_has_no_vote_in_another_but_its_members_have(mtlab: Runner, both: Path) -> None:
    outcome = mtlab("ensemble", f"runs={both}")
    assert outcome.code == 2
    assert f"it is an ensemble, whose runs lie under {both}/members" in outcome.err
    outcome = mtlab("ensemble", f"runs={both}/members", "device=cpu", "device.threads=1")
    assert outcome.code == 0, outcome.err
    assert "2 of 2 runs are members" in outcome.out


def test_an_ensemble_is_measured_on_every_image_of_another_dataset(
    mtlab: Runner, both: Path
) -> None:
    outcome = mtlab(
        "evaluate",
        f"run={both}",
        "dataset=shapes",
        "dataset.num_images=60",
        "dataset.seed=5",
        "split=all",
    )
    assert outcome.code == 0, outcome.err
    assert "60 images of shapes, split all" in outcome.out


def test_an_ensemble_has_no_validation_images_of_its_own(mtlab: Runner, both: Path) -> None:
    outcome = mtlab("evaluate", f"run={both}", "split=val")
    assert outcome.code == 2
    assert outcome.err.startswith("mtlab: split: must be test for an ensemble")


@pytest.mark.parametrize("command", ["export", "visualize"])
def test_where_one_run_is_wanted_an_ensembles_members_are_named(
    mtlab: Runner, both: Path, command: str
) -> None:
    outcome = mtlab(command, f"run={both}")
    assert outcome.code == 2
    assert "an ensemble of 2" in outcome.err
    assert f"such as {both}/members/0" in outcome.err


def test_a_run_cannot_vote_twice(mtlab: Runner, runs: list[Path]) -> None:
    outcome = mtlab("ensemble", f"runs=[{runs[0]},{runs[0]}/../0]")
    assert outcome.code == 2
    assert "runs: must name each run once" in outcome.err
    assert str(runs[0]) in outcome.err


def test_a_missing_input_file_is_one_line_with_its_remedy(mtlab: Runner, both: Path) -> None:
    outcome = mtlab("predict", f"run={both}", "input=nope.npy", "output=y.csv")
    assert outcome.code == 2
    assert outcome.err == "mtlab: nope.npy: No such file or directory; name a file that exists\n"


def test_a_missing_output_folder_is_one_line_with_its_remedy(mtlab: Runner, both: Path) -> None:
    outcome = mtlab("evaluate", f"run={both}", "output=nowhere/figures.json")
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert "no folder nowhere; create the folder" in outcome.err


def test_an_ensemble_of_a_study_stands_against_what_was_published_for_it(
    mtlab: Runner, tmp_path: Path
) -> None:
    small = (
        "experiment=three_targets",
        "tasks=[c]",
        "dataset.num_images=60",
        "dataset.limit=null",
        "trainer.monitor=loss",
        "model.filters=[2,2,2]",
        "device.threads=1",
    )
    run = train_run(tmp_path / "run", *small)
    single = json.loads((run / "summary.json").read_text())
    assert single["published"] is None
    assert mtlab("ensemble", f"runs={run}", "hydra.run.dir=one").code == 0
    summary = json.loads(Path("one/summary.json").read_text())
    assert summary["published"]["test.c.mae"] == 0.1902
    assert mtlab("report", "one").code == 0
    text = Path("one/report/report.md").read_text()
    assert "## Published and measured: three_targets" in text
    assert "Published on the study's private images" in text
    assert "dataset.num_images=60" in text
    assert "trainer.epochs=1" in text
    assert "ensemble of 1" in text


def test_a_misspelt_figure_keeps_no_run(mtlab: Runner, runs: list[Path]) -> None:
    outcome = mtlab("ensemble", f"runs={runs[0]}", "keep=not val.a.acuracy<0.5")
    assert outcome.code == 2
    assert "did you mean val.a.accuracy?" in outcome.err


@pytest.mark.parametrize("keep", ["val.a.accuracy>2", "val.a.accuracy>"])
def test_a_refused_ensemble_writes_nothing(mtlab: Runner, runs: list[Path], keep: str) -> None:
    outcome = mtlab("ensemble", f"runs={runs[0]}", f"keep={keep}")
    assert outcome.code == 2
    assert outcome.err.startswith("mtlab: keep: must")
    assert files_below(mtlab.folder) == []


def test_an_ensembles_folder_holds_what_was_typed(both: Path) -> None:
    assert "batch_size=7" in (both / ".hydra" / "overrides.yaml").read_text()
