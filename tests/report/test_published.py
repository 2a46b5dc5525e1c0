"""Published beside measured: which figures stand there, in how much room, with what remarks."""

from __future__ import annotations

from pathlib import Path

from made_runs import write_run

from mtlab.report.analyse.groups import group_runs
from mtlab.report.analyse.published import comparisons
from mtlab.report.analyse.report import Report
from mtlab.report.analyse.tables import Table, TitledTable
from mtlab.report.read.folders import collect

MINUS = "\N{MINUS SIGN}"
PUBLISHED = {"test.digit.accuracy": 0.9769}


def compared(folder: Path) -> tuple[TitledTable, ...]:
    return comparisons(group_runs(collect([folder]).runs))


def titles(table: Table) -> list[str]:
    return [column.title for column in table.columns]


def texts(table: Table, title: str) -> list[str]:
    return [row.cells[titles(table).index(title)].text for row in table.rows]


def test_published_stands_beside_measured_with_its_difference(tmp_path: Path):
    published = {"seconds.train": 4, "parameters.total": 1000, "test.digit.accuracy": 97.69}
    for job, (row, accuracy) in enumerate((("first", 0.9812), ("second", 0.97))):
        write_run(
            tmp_path / f"{job}",
            accuracy=accuracy,
            experiment="grid",
            row=row,
            published=published,
            settings={"model.widths": [job + 1]},
        )
    (comparison,) = compared(tmp_path)
    assert comparison.title == "grid"
    # Accuracies first, and nothing twice: the row says the widths, parameters have no difference.
    assert titles(comparison.table) == [
        "row",
        "digit accuracy, val [%]",
        "digit accuracy, test [%]",
        "published",
        "delta [points]",
        "parameters, as published",
        "training [s]",
        "published",
        "delta [s]",
    ]
    assert [cell.text for cell in comparison.table.rows[0].cells] == [
        "first",
        "98.12",
        "98.12",
        "97.69",
        "+0.43",
        "1,000",
        "2.00",
        "4",
        f"{MINUS}2.00",
    ]
    second = comparison.table.rows[1].cells
    assert second[4].text == f"{MINUS}0.69"
    # What a narrow screen shows in place of the two columns.
    assert second[2].folded == f"97.69 ({MINUS}0.69)"


def test_settings_that_the_row_does_not_say_and_several_seeds_are_shown(tmp_path: Path):
    for job, (rate, seed) in enumerate(((0.1, 0), (0.1, 1), (0.2, 0))):
        write_run(
            tmp_path / f"{job}",
            experiment="grid",
            row="first",
            seed=seed,
            published=PUBLISHED,
            settings={"optimizer.lr": rate},
        )
    (comparison,) = compared(tmp_path)
    assert titles(comparison.table)[:3] == ["row", "lr", "n"]
    assert texts(comparison.table, "lr") == ["0.1", "0.2"]
    assert texts(comparison.table, "n") == ["2", "1"]


def test_without_rows_the_runs_are_named(tmp_path: Path):
    write_run(tmp_path / "0", experiment="baseline", published=PUBLISHED)
    assert texts(compared(tmp_path)[0].table, "run") == ["1"]


def test_a_failed_row_keeps_its_place_without_a_value(tmp_path: Path):
    published = {"test.digit.accuracy": 97.69}
    write_run(tmp_path / "0", experiment="grid", published=published, status="failed", test=None)
    write_run(
        tmp_path / "1", experiment="grid", published=published, settings={"model.widths": [2]}
    )
    (comparison,) = compared(tmp_path)
    assert texts(comparison.table, "digit accuracy, test [%]") == ["failed", "90.00"]
    assert texts(comparison.table, "published") == ["97.69", "97.69"]
    assert texts(comparison.table, "delta [points]") == ["", f"{MINUS}7.69"]


def test_a_failed_row_leaves_the_others_as_published(tmp_path: Path):
    published = {**PUBLISHED, "parameters.total": 1000}
    for job, status in enumerate(("completed", "failed")):
        write_run(
            tmp_path / f"{job}",
            experiment="grid",
            row=f"row {job}",
            published=published,
            status=status,
        )
    assert texts(compared(tmp_path)[0].table, "parameters, as published") == ["1,000", "failed"]


def test_figures_that_no_run_has_are_left_out_whole(tmp_path: Path):
    published = {**PUBLISHED, "parameters.total": 1000, "seconds.train": 4}
    write_run(
        tmp_path / "0",
        experiment="grid",
        published=published,
        epochs=0,
        test=None,
        seconds={"total": 0.5, "train": 0.0},
    )
    (comparison,) = compared(tmp_path)
    # Untrained: no accuracy, and no seconds in which nothing was done.
    assert titles(comparison.table) == ["run", "parameters, as published"]


def test_many_figures_stand_below_each_other(tmp_path: Path):
    paths = [f"test.{task}.{name}" for task in "abc" for name in ("accuracy", "f1")]
    write_run(
        tmp_path / "0", tasks=("a", "b", "c"), experiment="vgg", published=dict.fromkeys(paths, 0.8)
    )
    (comparison,) = compared(tmp_path)
    assert titles(comparison.table) == ["run", "metric", "measured", "published", "delta"]
    assert texts(comparison.table, "metric")[:2] == ["a accuracy, test [%]", "a f1, test [%]"]
    assert texts(comparison.table, "delta") == ["+10.00"] * 6


def test_the_same_settings_in_two_experiments_stay_apart(tmp_path: Path):
    for experiment in ("baseline", "grid"):
        write_run(tmp_path / experiment, experiment=experiment, published={"epochs": 3})
    assert [one.title for one in compared(tmp_path)] == ["baseline", "grid"]


def test_every_deviation_from_the_protocol_is_told_with_the_rows_that_have_it(tmp_path: Path):
    shorter = {"trainer.epochs": {"preset": 10, "run": 1}}
    rates = {**shorter, "optimizer.lr": {"preset": 0.001, "run": 0.1}}
    for job, deviations in enumerate((shorter, rates)):
        write_run(
            tmp_path / f"{job}",
            experiment="grid",
            row=f"row {job}",
            published=PUBLISHED,
            deviations=deviations,
            settings={"optimizer.lr": job},
        )
    assert compared(tmp_path)[0].remarks == [
        "On digits.",
        "Not the published protocol: trainer.epochs=1 (the preset's: 10);"
        " optimizer.lr=0.1 (the preset's: 0.001) in row 1.",
    ]


def test_a_run_of_the_published_protocol_has_no_remark_on_it(tmp_path: Path):
    write_run(tmp_path / "0", experiment="grid", published=PUBLISHED, deviations={})
    assert compared(tmp_path)[0].remarks == ["On digits."]


def test_runs_of_another_dataset_are_said_to_stand_beside_nothing(tmp_path: Path):
    other = {"dataset.name": {"preset": "mnist", "run": "digits"}}
    settings = {"published.test.digit.accuracy": 0.9769}
    run = {"experiment": "cnn_baseline", "published": None, "deviations": other}
    write_run(tmp_path / "0", settings=settings, **run)  # type: ignore[arg-type]
    sentence = (
        "hat is published says nothing about run 1 (another dataset or model):"
        " dataset.name=digits (the preset's: mnist)."
    )
    report = Report(collect([tmp_path]), ["."])
    assert "published" not in {section.name for section in report.sections}
    assert f"cnn_baseline: w{sentence}" in report.notes
    write_run(
        tmp_path / "1",
        experiment="cnn_baseline",
        dataset="mnist",
        published=PUBLISHED,
        deviations={},
    )
    report = Report(collect([tmp_path]), ["."])
    assert f"W{sentence}" in report.sections[0].tables[0].remarks
    assert not any(sentence in note for note in report.notes)


def test_each_seed_stands_beside_what_is_published_for_it(tmp_path: Path):
    for seed, number in ((42, 0.03), (43, 0.06)):
        write_run(
            tmp_path / f"{seed}",
            seed=seed,
            experiment="three",
            row=f"seed {seed}",
            published={"val.digit.accuracy": number},
            settings={f"rows.seed {seed}": {"seed": seed}},
        )
    groups = group_runs(collect([tmp_path]).runs)
    # One configuration, whose two seeds are published apart.
    assert [len(group.measured) for group in groups] == [2]
    (comparison,) = comparisons(groups)
    assert texts(comparison.table, "row") == ["seed 42", "seed 43"]
    assert texts(comparison.table, "published") == ["3.00", "6.00"]
    assert not Report(collect([tmp_path]), ["."]).notes
