"""Runs that differ only in seed, published numbers, and units."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_runs import write_run

from mtlab.report.analyse.groups import Estimate, difference, estimate, group_runs
from mtlab.report.analyse.guessing import guessing_tables
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.published import comparisons
from mtlab.report.analyse.report import Report
from mtlab.report.analyse.tables import Table, estimated, means_tables, number_ranges, runs_table
from mtlab.report.read.folders import collect

MINUS = "\N{MINUS SIGN}"
ACCURACY = Metric("test.digit.accuracy")


def texts(table: Table, title: str) -> list[str]:
    position = [column.title for column in table.columns].index(title)
    return [row.cells[position].text for row in table.rows]


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
    write_run(tmp_path / "1", seed=1, accuracy=0.95)
    write_run(tmp_path / "2", seed=2, accuracy=1.00)
    ((_, table, _),) = means_tables(group_runs(collect([tmp_path]).runs), {})
    # Validation first; two digits of the spread, and as many of the mean.
    titles = [column.title for column in table.columns]
    assert titles[4:6] == ["digit accuracy, val [%]", "digit accuracy, test [%]"]
    assert texts(table, "digit accuracy, test [%]") == ["95.0 ± 5.0"]
    assert texts(table, "n") == ["3"]
    # 4.303 * 5 / sqrt(3) = 12.4, and no accuracy is above 100.
    (row,) = table.rows
    assert "95%: 82.6 to 100.0" in [cell.note for cell in row.cells]


def test_only_configurations_with_several_seeds_are_listed_by_one_label_each(tmp_path: Path):
    for job, (widths, seed) in enumerate(((8, 0), (8, 1), (9, 0), (10, 0), (10, 1))):
        write_run(
            tmp_path / f"{job}",
            seed=seed,
            experiment="grid",
            row=f"{widths} wide",
            settings={"model.widths": [widths], "optimizer.lr": widths / 1000},
        )
    ((_, table, _),) = means_tables(group_runs(collect([tmp_path]).runs), {})
    assert texts(table, "configuration") == ["8 wide", "10 wide"]
    assert [column.title for column in table.columns][:4] == ["configuration", "runs", "n", "seeds"]


def test_seconds_on_different_hardware_have_no_mean(tmp_path: Path):
    for seed, device in enumerate(("cpu", "cuda")):
        write_run(tmp_path / device, seed=seed, device=device)
    (group,) = group_runs(collect([tmp_path]).runs)
    assert group.estimate(ACCURACY).n == 2
    assert group.estimate(Metric("seconds.train")) is None


def test_a_group_is_spoken_for_by_a_run_that_was_measured(tmp_path: Path):
    write_run(tmp_path / "0", status="failed", dataset="", published=None)
    write_run(tmp_path / "1", published={"epochs": 3}, settings={"dataset.name": ""})
    (group,) = group_runs(collect([tmp_path]).runs)
    assert group.first.name == "1"
    assert group.published == {"epochs": 3}


def test_runs_without_a_second_seed_have_no_table_of_means(tmp_path: Path):
    write_run(tmp_path / "0")
    assert means_tables(group_runs(collect([tmp_path]).runs), {}) == []


def test_published_fractions_and_percents_mean_the_same():
    assert ACCURACY.published_in_unit(0.9769) == pytest.approx(97.69)
    assert ACCURACY.published_in_unit(97.69) == 97.69
    assert Metric("test.c.mae").published_in_unit(0.19) == 0.19


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("test.digit.accuracy", "digit accuracy, test [%]"),
        ("val.digit.f1", "digit f1, val [%]"),
        ("last.test.digit.accuracy", "digit accuracy, test, last epoch [%]"),
        ("seconds.train", "training [s]"),
        ("parameters.total", "parameters"),
        ("test.c.mae", "c mae, test"),
        ("digit.accuracy", "digit accuracy [%]"),
    ],
)
def test_headers_carry_units(path: str, header: str):
    assert Metric(path).header == header


def test_differences_carry_their_sign():
    assert ACCURACY.delta_text(0.126) == "+0.13"
    assert ACCURACY.delta_text(-0.126) == f"{MINUS}0.13"
    assert ACCURACY.delta_text(0.001) == "±0.00"


@pytest.mark.parametrize(
    ("path", "number", "value", "expected"),
    [
        ("seconds.train", 116.2, 118.04, ("118.0", "116.2", "+1.8")),
        ("seconds.train", 87.09, 9.427, ("9.43", "87.09", f"{MINUS}77.66")),
        ("seconds.train", 14521, 3.2, ("3.20", "14,521", f"{MINUS}14,517.80")),
        ("test.digit.accuracy", 97.0, 97.126, ("97.13", "97.00", "+0.13")),
        ("test.c.mae", 0.1902, 0.18, ("0.1800", "0.1902", f"{MINUS}0.0102")),
        ("epochs", 1001, 156, ("156", "1,001", f"{MINUS}845")),
    ],
)
def test_measured_and_delta_have_the_digits_of_the_published(
    path: str, number: float, value: float, expected: tuple[str, str, str]
):
    quantity = Metric(path)
    decimals = quantity.decimals_beside(number, value)
    assert expected == (
        quantity.text(value, decimals),
        quantity.published_text(number),
        quantity.delta_text(value - number, decimals),
    )


def test_a_fraction_in_percent_has_no_more_digits_than_were_published():
    assert ACCURACY.published_text(ACCURACY.published_in_unit(0.9769)) == "97.69"


def test_negative_numbers_have_a_true_minus():
    assert Metric("test.c.r2").text(-0.5) == f"{MINUS}0.5"


def test_numbers_in_a_row_are_written_as_a_range():
    assert number_ranges([7, 1, 2, 3]) == "1-3, 7"


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
        tmp_path / "both",
        experiment="study",
        accuracy=0.6,
        seed=None,
        published={"test.digit.accuracy": 0.7},
        published_on="other images",
    )
    (comparison,) = comparisons(group_runs(collect([tmp_path]).runs))
    titles = [column.title for column in comparison.table.columns]
    assert titles == [
        *("row", "n", "digit accuracy, val [%]", "digit accuracy, test [%]"),
        *("published", "delta [points]"),
    ]
    assert texts(comparison.table, "row") == ["1-2", "ensemble of 2"]
    assert texts(comparison.table, "published")[1] == "70.00"
    assert texts(comparison.table, "delta [points]")[1] == f"{MINUS}10.00"
    assert any("Published on other images" in remark for remark in comparison.remarks)


def test_mean_std_and_interval_are_those_of_the_t_table():
    found = estimate([1.0, 2.0, 3.0])
    # s = 1, and t for 2 degrees of freedom is 4.303: 4.303 / sqrt(3) = 2.484.
    assert (found.n, found.mean, found.std) == (3, 2.0, 1.0)
    assert found.half_width == pytest.approx(4.30265 / 3**0.5, rel=1e-5)
    assert found.interval == pytest.approx((2 - 2.48414, 2 + 2.48414), rel=1e-4)


def test_two_values_are_too_few_for_an_interval():
    found = estimate([90.0, 92.0])
    assert (found.std, found.half_width, found.interval) == (pytest.approx(2**0.5), None, None)


@pytest.mark.parametrize(
    ("path", "values", "expected"),
    [
        ("seconds.train", (1, 2, 9), (0.0, 14.83)),
        ("val.c.mae", (0.1, 0.2, 0.9), (0.0, 1.483)),
        ("test.c.r2", (0.1, 0.8, 0.9), (-0.483, 1.0)),
        ("test.digit.accuracy", (0.1, 0.8, 0.9), (0.0, 100.0)),
    ],
)
def test_no_interval_goes_beyond_what_the_quantity_can_be(
    path: str, values: tuple[float, ...], expected: tuple[float, float]
):
    metric = Metric(path)
    found = estimate([metric.in_unit(value) for value in values], metric.bounds)
    assert found.interval == pytest.approx(expected, abs=0.005)


def test_a_difference_has_welchs_interval():
    one, other = estimate([1.0, 2.0, 3.0]), estimate([2.0, 4.0, 6.0])
    found = difference(one, other)
    # Variances 1/3 and 4/3: error sqrt(5/3), freedom (5/3)^2 / ((1/9 + 16/9) / 2) = 2.941.
    assert (found.n, found.mean) == (3, -2.0)
    assert found.half_width == pytest.approx(3.218 * (5 / 3) ** 0.5, rel=1e-3)
    assert difference(one, estimate([1.0, 2.0])).interval is None
    assert difference(one, one).mean == 0


@pytest.mark.parametrize(
    ("mean", "std", "text"),
    [
        (0.0624, 4.63e-05, "0.062400 ± 0.000046"),
        (97.6912, 0.1234, "97.69 ± 0.12"),
        (1834.0, 123.4, "1,830 ± 120"),
        (12.34, 0.0996, "12.34 ± 0.10"),
        (90.0, 0.0, "90.00 ± 0.00"),
    ],
)
def test_value_and_spread_have_the_digits_that_are_known(mean: float, std: float, text: str):
    metric = Metric("val.digit.accuracy")
    assert estimated(Estimate(2, mean, std), metric).text == text


def test_one_value_has_no_spread():
    found = estimate([0.5])
    assert (found.mean, found.std, found.half_width, found.interval) == (0.5, None, None, None)


def test_no_values_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        estimate([])


def test_networks_stand_against_guessing_where_a_regression_is_learned(tmp_path: Path):
    # Of 0, 0.5 and 1 the mean is off by 1/3 on average.
    published = {"val.a.accuracy": 75, "test.c.mae": 0.2}
    write_run(tmp_path / "0", tasks=("a",), values=("c",), accuracy=0.9, published=published)
    ((_, table, _),) = guessing_tables(group_runs(collect([tmp_path]).runs))
    assert texts(table, "metric") == ["a accuracy [%]", "c mae"]
    assert texts(table, "guessing") == ["50.00", "0.3333"]
    assert texts(table, "times better, test") == ["1.80", "1.33"]
    assert texts(table, "times better, published") == ["1.50", "1.67"]
    write_run(tmp_path / "three", tasks=("a",), values=("c",), classes=("0", "1", "2"))
    ((_, table, _),) = guessing_tables(group_runs(collect([tmp_path / "three"]).runs))
    assert texts(table, "guessing")[0] == "33.33"
    write_run(tmp_path / "more" / "1")
    assert guessing_tables(group_runs(collect([tmp_path / "more"]).runs)) == []


def test_grids_show_how_deep_and_wide_a_network_is(tmp_path: Path):
    for job, widths in enumerate(([8, 9], [32, 16, 8])):
        write_run(tmp_path / f"{job}", settings={"model.widths": widths})
    table = runs_table(collect([tmp_path]).runs, {})
    assert texts(table, "depth") == ["2", "3"]
    assert texts(table, "greatest width") == ["9", "32"]


def test_total_losses_are_shown_where_they_weigh_the_tasks_alike(tmp_path: Path):
    for job, weight in enumerate((1, 1, 2)):
        write_run(
            tmp_path / f"{job // 2}" / f"{job}",
            tasks=("a", "b"),
            seed=job,
            weighting={"a": weight, "b": 1},
            losses={"train": 0.1, "val": 0.2, "test": 0.3},
        )
    assert texts(runs_table(collect([tmp_path / "0"]).runs, {}), "total loss, test") == ["0.3"] * 2
    assert "total loss, test" not in [
        column.title for column in runs_table(collect([tmp_path]).runs, {}).columns
    ]


def test_folds_are_averaged_as_repetitions(tmp_path: Path):
    for fold in range(3):
        for lr in (0.1, 0.2):
            folds = {"dataset.folds": 3, "dataset.fold": fold, "optimizer.lr": lr}
            write_run(tmp_path / f"{fold}_{lr}", accuracy=0.9 + fold / 100, settings=folds)
    runs = collect([tmp_path]).runs
    groups = group_runs(runs)
    assert [group.estimate(ACCURACY).n for group in groups] == [3, 3]
    assert groups[0].estimate(ACCURACY).mean == pytest.approx(91.0)
    ((_, table, _),) = means_tables(groups, {})
    assert texts(table, "seeds") == ["0 fold 0, 0 fold 1, 0 fold 2"] * 2
    assert texts(table, "configuration") == ["lr=0.1", "lr=0.2"]
    report = Report(collect([tmp_path]), [])
    assert "with seed 0 and folds 0, 1 and 2" in report.opening[0]
    assert any("training images overlap" in note for note in report.notes)
