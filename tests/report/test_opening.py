"""The sentences that a report begins with say what can be known, and what cannot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from made_runs import write_run

from mtlab.report.analyse.report import Report
from mtlab.report.read.folders import collect


def write_rates(folder: Path, accuracies: Sequence[float], num_seeds: int = 1) -> None:
    for job, accuracy in enumerate(accuracies):
        for seed in range(num_seeds):
            write_run(
                folder / f"{job}_{seed}",
                seed=seed,
                accuracy=accuracy + seed / 100,
                settings={"optimizer.lr": (job + 1) / 10, "trainer.monitor": "accuracy"},
            )


def opening(folder: Path) -> list[str]:
    return Report(collect([folder]), [str(folder)]).opening


def test_what_was_compared_and_what_is_best_is_said_first(tmp_path: Path):
    write_rates(tmp_path, (0.7, 0.9), num_seeds=3)
    compared, best, untold = opening(tmp_path)
    assert compared == (
        "Compared: 6 runs of 2 configurations that differ in lr, with seeds 0, 1 and 2; dataset"
        " digits, task digit."
    )
    assert best == (
        "Best on validation: lr=0.2 by val.digit.accuracy: 91.0 ± 1.0 % (95%: 88.5 to 93.5, n = 3),"
        " 20.00 points ahead of lr=0.1 (95%: 17.73 to 22.27), and 91.0 ± 1.0 % on test."
    )
    assert untold == (
        "Cannot be told: nothing about the best: 95% intervals of its leads lie above 0."
    )


def test_of_several_leads_it_is_said_that_one_may_be_luck(tmp_path: Path):
    write_rates(tmp_path, (0.7, 0.8, 0.9), num_seeds=3)
    assert opening(tmp_path)[2].endswith("each by itself: of many leads one may be luck.")


def test_a_lead_within_the_noise_is_no_lead(tmp_path: Path):
    write_rates(tmp_path, (0.9, 0.901), num_seeds=3)
    told = opening(tmp_path)[2]
    assert told.startswith("Cannot be told: whether lr=0.2 is better than lr=0.1 by val.digit.acc")


def test_too_few_seeds_and_failed_runs_are_said(tmp_path: Path):
    write_rates(tmp_path, (0.7, 0.9), num_seeds=2)
    write_run(tmp_path / "x", status="failed")
    told = opening(tmp_path)[2]
    assert "how much is noise where n = 2: too few" in told
    assert "what run 5 would have come to: not completed" in told


def test_of_runs_that_all_failed_nothing_is_said_that_is_not_known(tmp_path: Path):
    write_run(tmp_path / "0", status="failed", dataset="", tasks=(), model="")
    compared, best, untold = opening(tmp_path)
    assert compared == "Compared: 1 run of 1 configuration, with seed 0."
    assert best.endswith("nothing to choose from: no run was completed.")
    assert untold == "Cannot be told: what run 1 would have come to: not completed."


def test_without_a_second_configuration_nothing_is_best(tmp_path: Path):
    write_rates(tmp_path, (0.7,))
    _, best, untold = opening(tmp_path)
    told = "the only configuration by val.digit.accuracy: 70.00 % (n = 1), and 70.00 % on test"
    assert best == f"Best on validation: {told}."
    assert "n = 1" in untold


def test_runs_of_different_questions_are_not_compared(tmp_path: Path):
    for job, dataset in enumerate(("digits", "mnist")):
        write_run(tmp_path / f"{job}", dataset=dataset)
    assert opening(tmp_path)[1].startswith("Best on validation: nothing to choose from")


def test_runs_that_weigh_their_tasks_differently_are_compared_task_by_task(tmp_path: Path):
    for job, weight in enumerate((0.1, 0.9)):
        settings = {"mtl.lambda": weight, "trainer.monitor": "accuracy"}
        write_run(
            tmp_path / f"{job}",
            tasks=("digit", "parity"),
            weighting={"digit": weight, "parity": 1 - weight},
            accuracy=0.8 + weight / 10,
            settings=settings,
        )
    best = opening(tmp_path)[1]
    assert "lambda=0.9 by val.digit.accuracy" in best
    assert "lambda=0.9 by val.parity.accuracy" in best
    report = Report(collect([tmp_path]), [str(tmp_path)])
    notes = [row.cells[0].note for row in report.table.rows]
    assert notes == ["", "best on validation by val.digit.accuracy, val.parity.accuracy"]
