"""Single task against multi-task: what a task gains or loses in a network that learns others too.

Only runs of one problem are compared: the same dataset, test images, task and classes.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from mtlab.report.analyse.best import of_one, winner
from mtlab.report.analyse.groups import Estimate, Group, difference, group_labels
from mtlab.report.analyse.metrics import Metric, decimals_of_spread
from mtlab.report.analyse.problems import problems_of
from mtlab.report.analyse.tables import (
    EMPTY,
    NUM_SEEDS,
    Cell,
    Column,
    Table,
    TitledTable,
    mean_cell,
    table_of,
)

SINGLE_TASK_REMARK = (
    "A row per network; delta is multi-task minus single-task, below it its 95% interval (Welch)"
    " where both have three seeds or more: a difference whose interval holds 0 may be noise. Of"
    " several single-task networks the one best on validation stands here."
)


class SingleTask(NamedTuple):
    """The network that learned a task alone; of several, the one best on validation.

    Attributes:
        num_choices: Among how many configurations it is the best.
        published: The accuracy that was published for it, in percent; None without one.
    """

    group: Group
    estimate: Estimate
    num_choices: int
    published: float | None


def single_task_estimates(groups: Sequence[Group]) -> dict[tuple[int, str], SingleTask]:
    """By the number of a multi-task group and one of its classification tasks, the test accuracy
    [%] of the comparable network that learns this task alone; for a line in a chart of that group.
    """
    found = {}
    for members in problems_of(groups).values():
        alone = _alone(members)
        for group, task in members:
            if len(group.first.tasks) > 1 and (best := _best(alone, task)) is not None:
                found[group.number, task] = best
    return found


def single_task_tables(groups: Sequence[Group]) -> list[TitledTable]:
    """By the problem's title, its single-task network and below it each network that learns other
    tasks too; for problems of which both are there.
    """
    tables = []
    for title, members in problems_of(groups).items():
        task = members[0][1]
        measure = "accuracy" if "accuracy" in _measures(members[0][0], task) else "mae"
        alone = _alone(members)
        shared = [group for group, _ in members if len(group.first.tasks) > 1]
        best = _best(alone, task, measure)
        if best is not None and shared:
            tables.append(TitledTable(title, _table(best, shared, task, measure)))
    return tables


def _alone(members: Sequence[tuple[Group, str]]) -> list[Group]:
    """A network that begins with what another one learned, perhaps of several tasks, is none."""
    return [
        group
        for group, task in members
        if group.first.tasks == (task,) and not group.first.is_fine_tuned
    ]


def _measures(group: Group, task: str) -> tuple[str, ...]:
    return group.first.measure_names("test", task)


def _table(best: SingleTask, shared: Sequence[Group], task: str, measure: str) -> Table:
    listed = [best.group, *shared]
    names = group_labels(listed)
    several = f", best on validation of {best.num_choices}" if best.num_choices > 1 else ""

    def name(group: Group) -> Cell:
        is_alone = group is best.group
        told = f"{names[group.number]} (single task{several})" if is_alone else names[group.number]
        return Cell(told, group.number)

    def delta(metric: Metric, group: Group) -> Cell:
        one, other = (each.estimate(metric) for each in (group, best.group))
        if group is best.group or one is None or other is None:
            return EMPTY
        return _signed(difference(one, other), metric)

    def published(group: Group) -> Cell:
        number = group.published.get(test.path)
        if number is None:
            return EMPTY
        return Cell(test.published_text(test.published_in_unit(number)), number)

    def published_delta(group: Group) -> Cell:
        found = [one.published.get(test.path) for one in (group, best.group)]
        if group is best.group or found[0] is None or found[1] is None:
            return EMPTY
        gain = test.published_in_unit(found[0]) - test.published_in_unit(found[1])
        return Cell(test.delta_text(gain), gain)

    val, test = (Metric(f"{split}.{task}.{measure}") for split in ("val", "test"))
    unit = " [points]" if test.is_fraction else ""
    columns: list[Column[Group]] = [Column("network", name), NUM_SEEDS]
    for metric, split in ((val, "val"), (test, "test")):
        columns += [
            Column(
                metric.header.removeprefix(f"{task} "), partial(mean_cell, metric), is_number=True
            ),
            Column(f"delta, {split}{unit}", partial(delta, metric), is_number=True),
        ]
    columns += [
        Column("published", published, is_number=True),
        Column(f"published delta{unit}", published_delta, is_number=True),
    ]
    return table_of(listed, columns, lambda group: [run.number for run in group.measured])


def _signed(gain: Estimate, metric: Metric) -> Cell:
    """A difference with its sign, and its interval below."""
    decimals = decimals_of_spread(gain.std) if gain.std else None
    text = metric.delta_text(gain.mean, decimals)
    if gain.interval is None:
        return Cell(text, gain.mean)
    low, high = (metric.delta_text(end, decimals) for end in gain.interval)
    return Cell(text, gain.mean, note=f"95%: {low} to {high}")


def _best(alone: Sequence[Group], task: str, measure: str = "accuracy") -> SingleTask | None:
    shown = Metric(f"test.{task}.{measure}")
    best = winner(alone, of_one(f"val.{task}.{measure}"))
    estimate = best and best.group.estimate(shown)
    if best is None or estimate is None:
        return None
    published = best.group.published.get(shown.path)
    in_unit = None if published is None else shown.published_in_unit(published)
    return SingleTask(best.group, estimate, 1 + len(best.others), in_unit)
