"""Runs that differ only in seed, published numbers, and units."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_runs import write_run

from mtlab.report.collect import collect
from mtlab.report.grid import Grid
from mtlab.report.groups import group_runs
from mtlab.report.listings import comparisons, group_listing, number_ranges
from mtlab.report.quantities import Quantity

MINUS = "\N{MINUS SIGN}"
ACCURACY = Quantity("test.digit.accuracy")


def texts(grid: Grid, title: str) -> list[str]:
    position = [column.title for column in grid.columns].index(title)
    return [row.cells[position].text for row in grid.rows]


def test_seeds_are_averaged_and_failures_are_not(tmp_path: Path):
    for seed, accuracy in enumerate((0.90, 0.92, 0.94)):
        write_run(tmp_path / f"{seed}", seed=seed, accuracy=accuracy)
    write_run(tmp_path / "3", seed=3, accuracy=0.1, status="failed")
    write_run(tmp_path / "4", seed=4, accuracy=0.1, status="interrupted")
    write_run(tmp_path / "5", seed=5, accuracy=0.1, status="running")
    (group,) = group_runs(collect([tmp_path]).runs)
    found = group.estimate(ACCURACY)
    assert len(group.runs) == 6
    assert (found.n, found.mean, found.std) == (3, pytest.approx(92.0), pytest.approx(2.0))


def test_other_settings_make_other_groups(tmp_path: Path):
    write_run(tmp_path / "0", settings={"optimizer.lr": 0.1})
    write_run(tmp_path / "1", settings={"optimizer.lr": 0.2}, seed=1)
    assert [len(group.runs) for group in group_runs(collect([tmp_path]).runs)] == [1, 1]


def test_a_repeated_seed_counts_once_with_its_latest_run(tmp_path: Path):
    write_run(tmp_path / "0", accuracy=0.8, started_at="2026-01-01")
    write_run(tmp_path / "1", accuracy=0.9, started_at="2026-01-02")
    (group,) = group_runs(collect([tmp_path]).runs)
    assert group.estimate(ACCURACY).n == 1
    assert group.estimate(ACCURACY).mean == pytest.approx(90.0)
    assert [run.name for run in group.repeated] == ["0"]


def test_means_are_listed_with_spread_interval_and_n(tmp_path: Path):
    write_run(tmp_path / "0", seed=0, accuracy=0.90)
    write_run(tmp_path / "1", seed=1, accuracy=0.92)
    grid = group_listing(group_runs(collect([tmp_path]).runs))
    assert texts(grid, "digit accuracy [%]") == ["91.00 ± 1.41"]
    assert texts(grid, "n") == ["2"]
    # 12.706 * 1.414 / sqrt(2) = 12.71
    (row,) = grid.rows
    assert "95%: 78.29 to 103.71" in [cell.note for cell in row.cells]


def test_runs_without_a_second_seed_have_no_table_of_means(tmp_path: Path):
    write_run(tmp_path / "0")
    assert group_listing(group_runs(collect([tmp_path]).runs)) is None


def test_published_stands_beside_measured_with_its_difference(tmp_path: Path):
    published = {"test.digit.accuracy": 97.69, "parameters.total": 1000, "seconds.train": 4}
    for job, (row, accuracy) in enumerate((("first", 0.9812), ("second", 0.97))):
        write_run(
            tmp_path / f"{job}", accuracy=accuracy, experiment="grid", row=row,
            published=published, settings={"model.widths": [job + 1]},
        )  # fmt: skip
    (comparison,) = comparisons(group_runs(collect([tmp_path]).runs))
    assert comparison.title == "grid"
    first = [cell.text for cell in comparison.grid.rows[0].cells]
    assert first == [
        "1", "first", "[1]", "1", "98.12", "97.69", "+0.43", "1,000", "1,000", "±0", "2", "4",
        f"{MINUS}2",
    ]  # fmt: skip
    assert comparison.grid.rows[1].cells[6].text == f"{MINUS}0.69"


def test_a_failed_row_keeps_its_place_without_a_value(tmp_path: Path):
    published = {"test.digit.accuracy": 97.69}
    write_run(tmp_path / "0", experiment="grid", published=published, status="failed", test=None)
    write_run(
        tmp_path / "1", experiment="grid", published=published, settings={"model.widths": [2]}
    )
    (comparison,) = comparisons(group_runs(collect([tmp_path]).runs))
    assert texts(comparison.grid, "digit accuracy [%]") == ["failed", "90.00"]
    assert texts(comparison.grid, "delta [points]") == ["", f"{MINUS}7.69"]


def test_published_fractions_and_percents_mean_the_same():
    assert ACCURACY.published_in_unit(0.9769) == pytest.approx(97.69)
    assert ACCURACY.published_in_unit(97.69) == 97.69
    assert Quantity("test.c.mae").published_in_unit(0.19) == 0.19


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("test.digit.accuracy", "digit accuracy [%]"),
        ("val.digit.f1", "digit f1, val [%]"),
        ("last.test.digit.accuracy", "digit accuracy, last epoch [%]"),
        ("seconds.train", "training [s]"),
        ("parameters.total", "parameters"),
        ("test.c.mae", "c mae"),
    ],
)
def test_headers_carry_units(path: str, header: str):
    assert Quantity(path).header == header


def test_differences_carry_their_sign():
    assert ACCURACY.delta_text(0.126) == "+0.13"
    assert ACCURACY.delta_text(-0.126) == f"{MINUS}0.13"
    assert ACCURACY.delta_text(0.001) == "±0.00"


def test_numbers_in_a_row_are_written_as_a_range():
    assert number_ranges([7, 1, 2, 3]) == "1-3, 7"


def test_published_seconds_are_those_of_the_runs_own_device(tmp_path: Path):
    published = {"seconds.train": {"cpu": 116.2, "cuda": 35.3}, "seconds.total": {"cuda": 40}}
    write_run(tmp_path / "0", published=published, device="cpu")
    (run,) = collect([tmp_path]).runs
    assert run.published == {"seconds.train": 116.2}


def test_the_same_settings_in_two_experiments_stay_apart(tmp_path: Path):
    for experiment in ("baseline", "grid"):
        write_run(tmp_path / experiment, experiment=experiment, published={"epochs": 3})
    titles = [one.title for one in comparisons(group_runs(collect([tmp_path]).runs))]
    assert titles == ["baseline", "grid"]


def test_an_experiments_table_of_rows_is_no_setting(tmp_path: Path):
    for seed, row in enumerate(("first", None)):
        write_run(tmp_path / f"{seed}", seed=seed, row="first", settings={"rows.first": row})
    assert len(group_runs(collect([tmp_path]).runs)) == 1


def write_ensemble(folder: Path, **summary: object) -> Path:
    members = [{"kept": True}, {"kept": True}, {"kept": False}]
    write_run(folder, kind="ensemble", members=members, epochs=0, **summary)  # type: ignore[arg-type]
    (folder / "config.yaml").write_text("runs: sweep\nkeep: seed<2\nbatch_size: 500\n")
    return folder


def test_an_ensemble_stands_beside_its_members_against_the_published(tmp_path: Path):
    for seed in (0, 1):
        write_run(tmp_path / f"{seed}", seed=seed, experiment="study", accuracy=0.5)
    write_ensemble(
        tmp_path / "both", experiment="study", accuracy=0.6, seed=None,
        published={"test.digit.accuracy": 0.7}, published_on="other images",
    )  # fmt: skip
    (comparison,) = comparisons(group_runs(collect([tmp_path]).runs))
    titles = [column.title for column in comparison.grid.columns]
    assert titles == [
        "runs", "row", "n", "digit accuracy [%]", "published", "delta [points]"
    ]  # fmt: skip
    assert texts(comparison.grid, "row") == ["", "ensemble of 2"]
    assert texts(comparison.grid, "published") == ["", "70.00"]
    assert texts(comparison.grid, "delta [points]") == ["", f"{MINUS}10.00"]
    assert any("Published on other images" in remark for remark in comparison.remarks)


def test_what_is_smaller_than_the_experiment_is_told(tmp_path: Path):
    reduced = {
        "dataset.limit": {"run": 60, "preset": None}, "trainer.epochs": {"run": 2, "preset": 50},
    }  # fmt: skip
    published = {"test.digit.accuracy": 0.9}
    settings = {"dataset.limit": 60}
    write_run(tmp_path / "0", published=published, reduced=reduced, settings=settings)
    (comparison,) = comparisons(group_runs(collect([tmp_path]).runs))
    assert comparison.remarks[-1] == (
        "Reduced: dataset.limit=60 images; trainer.epochs=2 in place of 50; so not the published"
        " protocol."
    )
