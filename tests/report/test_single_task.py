"""Single task against multi-task: which runs are compared, and by how much they differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_runs import write_run

from mtlab.report.analyse.groups import Group, group_runs
from mtlab.report.analyse.single_task import single_task_estimates
from mtlab.report.read.folders import collect

BOTH = ("article", "group")


def write_pair(folder: Path) -> list[Group]:
    """Two networks for articles alone, one for both tasks at two lambdas, each with three seeds."""
    for seed in range(3):
        for job, accuracy in enumerate((0.80, 0.86)):
            write_run(
                folder / f"alone{job}_{seed}",
                tasks=("article",),
                seed=seed,
                accuracy=accuracy + seed / 100,
                settings={"model.widths": [job]},
                published={"test.article.accuracy": 88.4} if job else None,
            )
        for value in (0, 1):
            write_run(
                folder / f"both{value}_{seed}",
                tasks=BOTH,
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


def test_runs_on_other_test_images_are_not_compared(tmp_path: Path):
    write_run(tmp_path / "0", tasks=("article",), settings={"dataset.limit": 100})
    write_run(tmp_path / "1", tasks=BOTH)
    assert single_task_estimates(group_runs(collect([tmp_path]).runs)) == {}
