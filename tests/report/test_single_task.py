"""Single task against multi-task: which runs are compared, and by how much they differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_runs import write_run

from mtlab.report.analyse.groups import Group, group_runs
from mtlab.report.analyse.single_task import single_task_estimates, single_task_tables
from mtlab.report.read.folders import collect

BOTH = ("article", "group")


def write_pair(folder: Path) -> list[Group]:
    """Two networks for articles alone, one for both tasks at two lambdas, each with three seeds."""
    for seed in range(3):
        for job, accuracy in enumerate((0.80, 0.86)):
            write_run(
                folder / f"alone{job}_{seed}",
                tasks=("article",),
                dataset="fashion_mnist",
                seed=seed,
                accuracy=accuracy + seed / 100,
                settings={"model.widths": [job]},
                published={"test.article.accuracy": 88.4} if job else None,
            )
        for value in (0, 1):
            write_run(
                folder / f"both{value}_{seed}",
                tasks=BOTH,
                dataset="fashion_mnist",
                seed=seed,
                accuracy=0.90 + seed / 100,
                settings={"mtl.name": "lambda", "mtl.lambda": value},
            )
    return group_runs(collect([folder]).runs)


def test_the_single_task_network_is_the_one_best_on_validation(tmp_path: Path):
    groups = write_pair(tmp_path)
    found = single_task_estimates(groups)
    multi = [group.number for group in groups if len(group.first.tasks) > 1]
    assert list(found) == [(number, "article") for number in multi]
    alone = found[multi[0], "article"]
    assert alone.estimate.mean == pytest.approx(87.0)
    assert (alone.estimate.n, alone.num_choices, alone.published) == (3, 2, 88.4)


def test_the_table_has_the_single_task_network_first_and_each_difference_to_it(tmp_path: Path):
    groups = write_pair(tmp_path)
    ((title, table, _),) = single_task_tables(groups)
    assert title == "fashion_mnist · article"
    assert [column.title for column in table.columns] == [
        "network",
        "n",
        "accuracy, val [%]",
        "delta, val [points]",
        "accuracy, test [%]",
        "delta, test [points]",
        "published",
    ]
    alone, *shared = [[cell.text for cell in row.cells] for row in table.rows]
    # The better of two, and no difference to itself.
    assert "single task, best on validation of 2" in alone[0]
    assert alone[4:] == ["87.0 ± 1.0", "", "88.40"]
    assert [row[4:6] for row in shared] == [["91.0 ± 1.0", "+4.00"]] * 2
    # Welch's interval of two means of three with s = 1: 2.776 * sqrt(2 / 3).
    assert table.rows[1].cells[5].note == "95%: +1.73 to +6.27"


def test_of_regression_errors_are_compared(tmp_path: Path):
    for job, tasks in enumerate(((), ("a",))):
        mae = {"c": {"mae": 0.2 + job / 10}, "a": {"accuracy": 0.5}}
        write_run(tmp_path / f"{job}", tasks=tasks, values=("c",), val=mae, test=mae)
    ((title, table, _),) = single_task_tables(group_runs(collect([tmp_path]).runs))
    assert title == "digits · c"
    cells = dict(zip([column.title for column in table.columns], table.rows[1].cells, strict=True))
    assert (cells["mae, test"].text, cells["delta, test"].text) == ("0.3", "+0.1")


def test_runs_on_other_test_images_are_not_compared(tmp_path: Path):
    write_run(tmp_path / "0", tasks=("article",), settings={"dataset.limit": 100})
    write_run(tmp_path / "1", tasks=BOTH)
    assert single_task_estimates(group_runs(collect([tmp_path]).runs)) == {}


def test_a_network_that_goes_on_from_another_is_no_single_task_baseline(tmp_path: Path):
    tuned = {"model.init_from": "outputs/both", "model.freeze": "trunk"}
    write_run(tmp_path / "tuned", tasks=("article",), accuracy=0.99, settings=tuned)
    write_run(tmp_path / "both", tasks=BOTH)
    assert single_task_tables(group_runs(collect([tmp_path]).runs)) == []
    write_run(tmp_path / "alone", tasks=("article",), settings={"model.init_from": None})
    groups = group_runs(collect([tmp_path]).runs)
    (found,) = single_task_estimates(groups).values()
    assert (found.estimate.mean, found.num_choices) == (pytest.approx(90.0), 1)
