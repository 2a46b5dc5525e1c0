"""Which runs are best on validation, by what they were trained to watch; test decides nothing."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from mtlab.artifacts.metric_paths import check_paths
from mtlab.errors import ConfigError, RunFolderError
from mtlab.report.analyse.groups import Estimate, Group, difference, estimate, group_runs
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.problems import problems_of
from mtlab.report.read.run import Run

OF_ALL_TASKS = ("accuracy", "loss")
MONITOR = "trainer.monitor"


@dataclass(frozen=True)
class Criterion:
    """What runs are compared by: a validation metric, or a mean or sum over several tasks'.

    Attributes:
        weights: By the path in summary.json, what each counts.
    """

    name: str
    weights: tuple[tuple[str, float], ...]

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.weights]

    @cached_property
    def metric(self) -> Metric:
        """The first one, for the unit and the direction of all."""
        return Metric(self.paths[0])

    def estimate(self, group: Group) -> Estimate | None:
        """Over a group's seeds, in the report's unit; None where a run lacks something."""
        values = [self._value(run) for run in group.measured]
        found = [self.metric.in_unit(value) for value in values if value is not None]
        return estimate(found, self.metric.bounds) if found and None not in values else None

    def _value(self, run: Run) -> float | None:
        found = [(run.number_at(path), weight) for path, weight in self.weights]
        total = sum(value * weight for value, weight in found if value is not None)
        if any(value is None for value, _ in found):
            return None
        is_sum = len(found) > 1 and self.metric.path.endswith(".loss")
        return total if is_sum else total / sum(weight for _, weight in found)

    def gain(self, one: Estimate, other: Estimate) -> Estimate:
        """By how much one is better than the other."""
        return difference(other, one) if self.metric.lower_is_better else difference(one, other)


class Winner(NamedTuple):
    """The best configuration of several, by the mean over its seeds.

    Attributes:
        problem: What was solved; empty where one criterion compares all runs.
        others: The other configurations, the next best first, each with the winner's gain over it.
    """

    criterion: Criterion
    problem: str
    group: Group
    estimate: Estimate
    others: list[tuple[Group, Estimate]]


def winner(groups: Sequence[Group], criterion: Criterion, problem: str = "") -> Winner | None:
    """The best of the groups that have the metric; None where none has it."""
    known = [(group, found) for group in groups if (found := criterion.estimate(group))]
    if not known:
        return None
    sign = 1 if criterion.metric.lower_is_better else -1
    (first, best), *rest = sorted(known, key=lambda one: sign * one[1].mean)
    others = [(group, criterion.gain(best, found)) for group, found in rest]
    return Winner(criterion, problem, first, best, others)


def find_best(runs: Sequence[Run], by: str) -> tuple[Winner, list[Group]]:
    """The best configuration, and all that it was compared with.

    Args:
        by: A validation metric; empty for what the runs watched.

    Raises:
        MtlabError: No completed run, a metric of test, or runs that no one metric compares.
    """
    groups = [group for group in group_runs(runs) if group.measured]
    measured = [run for group in groups for run in group.measured]
    if by and by not in OF_ALL_TASKS:
        path = by if by.startswith(("val.", "test.")) else f"val.{by}"
        # What is no path at all is told with the names there are.
        check_paths("by", [path], [{"val": run.summary.get("val")} for run in measured])
    found = winner(groups, criterion_of(groups, by)) if groups else None
    if found is None:
        raise RunFolderError(
            os.path.commonpath([run.folder for run in runs]),
            rule="must hold a completed run with validation metrics",
            found=f"{len(runs)} runs, {len(measured)} of them completed",
            remedy="name another folder",
        )
    return found, groups


def winners(groups: Sequence[Group]) -> list[Winner]:
    """The best, or only, configuration by what all watched in training; where no one metric
    compares them, the best of each problem by its own main metric.
    """
    measured = [group for group in groups if group.measured]
    try:
        found = winner(measured, criterion_of(measured))
    except ConfigError:
        of_each = (
            winner([group for group, _ in members], _main(members), problem)
            for problem, members in problems_of(measured).items()
        )
        return [one for one in of_each if one is not None and one.others]
    return [] if found is None else [found]


def best_marks(found: Sequence[Winner]) -> dict[int, str]:
    """By the number of a run of the best configuration, what is said of it in tables."""
    by_run: dict[int, list[str]] = {}
    for one in found:
        for run in one.group.measured if one.others else ():
            by_run.setdefault(run.number, []).append(one.criterion.name)
    return {number: f"best on validation by {', '.join(by)}" for number, by in by_run.items()}


def _main(members: Sequence[tuple[Group, str]]) -> Criterion:
    task = members[0][1]
    # An ensemble has no validation.
    has_classes = any("accuracy" in group.first.measure_names("val", task) for group, _ in members)
    return of_one(f"val.{task}.{'accuracy' if has_classes else 'mae'}")


def of_one(path: str) -> Criterion:
    """A validation metric as it stands in summary.json."""
    return Criterion(path, ((path, 1.0),))


def criterion_of(groups: Sequence[Group], by: str = "") -> Criterion:
    """What the groups are compared by.

    Args:
        by: A validation metric, `val.digit.accuracy`; `accuracy` or `loss` of all tasks, each
            counting the same; empty for what all runs watched, `trainer.monitor`.

    Raises:
        ConfigError: The runs did not watch the same, or solve different problems.
    """
    firsts = [group.first for group in groups]
    if by:
        name = by.removeprefix("val.")
        found = {_criterion(run, name, {}) for run in firsts}
    else:
        found = {_criterion(run, run.settings.get(MONITOR, ""), _weights(run)) for run in firsts}
    found = {one for one in found if any(_has(run, one) for run in firsts)}
    if len(found) != 1:
        watched = dict.fromkeys(run.settings.get(MONITOR, "nothing") for run in firsts)
        alike = ", which counts their tasks differently" if len(watched) == 1 else ""
        raise ConfigError(
            MONITOR if not by else "by",
            rule="must be the same metric in all runs, with the same weights of the tasks",
            found=", ".join(watched) + alike,
            remedy=f"choose by one, for example by={_example(firsts)}",
        )
    (criterion,) = found
    _check_problems(groups, criterion)
    return criterion


def _criterion(run: Run, name: str, weights: Mapping[str, float]) -> Criterion:
    name = name.removeprefix("val.")
    if name not in OF_ALL_TASKS:
        return of_one(f"val.{name}")
    counted = {
        task: weights.get(task, 1.0)
        for task in run.tasks
        if name in run.measure_names("val", task) and weights.get(task, 1.0)
    }
    paths = {f"val.{task}.{name}": weight for task, weight in counted.items()}
    if len(paths) == 1:
        return of_one(*paths)
    return Criterion(f"val {name} of all tasks", tuple(paths.items()))


def _weights(run: Run) -> dict[str, float]:
    """Of each task in the loss that the run reports."""
    found = {task: run.number_at(f"weighting.{task}") for task in run.tasks}
    return {task: weight for task, weight in found.items() if weight is not None}


def _has(run: Run, criterion: Criterion) -> bool:
    return bool(criterion.paths) and all(
        run.number_at(path) is not None for path in criterion.paths
    )


def _check_problems(groups: Sequence[Group], criterion: Criterion) -> None:
    having = [group for group in groups if _has(group.first, criterion)]
    tasks = {path.split(".")[1] for path in criterion.paths}
    titles = [
        title
        for title, members in problems_of(having).items()
        if any(task in tasks for _, task in members)
    ]
    if len(titles) > len(tasks):
        raise ConfigError(
            "folders",
            rule="must hold runs of one problem: the same dataset, test images and classes",
            found=", ".join(titles),
            remedy="name runs or sweeps of one of them",
        )


def _example(runs: Sequence[Run]) -> str:
    """A metric that most runs have."""
    counts: dict[str, int] = {}
    for run in runs:
        for task in run.tasks:
            for name in run.measure_names("val", task):
                if name in ("accuracy", "mae"):
                    counts[f"val.{task}.{name}"] = counts.get(f"val.{task}.{name}", 0) + 1
    return max(counts, key=lambda path: counts[path], default="val.digit.accuracy")
