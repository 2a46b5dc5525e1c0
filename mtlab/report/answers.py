"""What runs answered for the test split: confusion matrices and predicted against true values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mtlab.report.comparable import problems_of
from mtlab.report.groups import Group
from mtlab.report.run import Run
from mtlab.report.series import thin

MOST_POINTS_PER_SCATTER = 500


@dataclass(frozen=True)
class Confusion:
    """One run's confusion matrix on the test split; rows are true classes."""

    run: int
    task: str
    problem: str
    class_names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Scatter:
    """One run's values of a regression task on the test split, of at most 500 samples."""

    run: int
    task: str
    problem: str
    true: tuple[float, ...]
    predicted: tuple[float, ...]


def confusions(groups: Sequence[Group]) -> tuple[Confusion, ...]:
    """The confusion matrices of all completed runs, in the order of the runs."""
    found = []
    for run, task, problem in _answered(groups):
        counts = run.confusion(task)
        if counts is not None:
            found.append(Confusion(run.number, task, problem, run.class_names(task), counts))
    return tuple(found)


def scatters(groups: Sequence[Group]) -> tuple[Scatter, ...]:
    """Predicted against true values of all completed runs, in the order of the runs."""
    found = []
    for run, task, problem in _answered(groups):
        points = run.scatter(task)
        if points is not None:
            true, predicted = zip(*thin(points, MOST_POINTS_PER_SCATTER), strict=True)
            found.append(Scatter(run.number, task, problem, true, predicted))
    return tuple(found)


def _answered(groups: Sequence[Group]) -> list[tuple[Run, str, str]]:
    """Every completed run with each of its tasks and the problem's title."""
    problem_of = {
        (group.number, task): problem
        for problem, members in problems_of(groups).items()
        for group, task in members
    }
    found = [
        (run, task, problem_of.get((group.number, task), run.dataset))
        for group in groups
        for run in group.runs
        for task in run.tasks
        if run.is_completed
    ]
    return sorted(found, key=lambda entry: entry[0].number)
