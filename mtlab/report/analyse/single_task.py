"""Single task against multi-task: what a task gains or loses in a network that learns others too.

Only runs of one problem are compared: the same dataset, test images, task and classes.
"""

from collections.abc import Sequence
from typing import NamedTuple

from mtlab.report.analyse.groups import Estimate, Group
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.problems import problems_of


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


def single_task_estimates(
    groups: Sequence[Group], split: str = "test"
) -> dict[tuple[int, str], SingleTask]:
    """By the number of a multi-task group and one of its classification tasks, the accuracy [%] of
    the comparable network that learns this task alone; for a line in a chart of that group.

    Args:
        split: Whose accuracy; which network it is, is decided on validation whatever it says.
    """
    found = {}
    for members in problems_of(groups).values():
        alone = [group for group, task in members if group.first.tasks == (task,)]
        for group, task in members:
            if len(group.first.tasks) > 1 and (best := _best(alone, task, split)) is not None:
                found[group.number, task] = best
    return found


def _best(alone: Sequence[Group], task: str, split: str) -> SingleTask | None:
    shown, decides = (Metric(f"{one}.{task}.accuracy") for one in (split, "val"))
    known = [
        (chosen_by.mean, group)
        for group in alone
        if (chosen_by := group.estimate(decides)) is not None
    ]
    if not known:
        return None
    _, group = max(known, key=lambda one: one[0])
    estimate = group.estimate(shown)
    if estimate is None:
        return None
    published = group.published.get(shown.path)
    in_unit = None if published is None else shown.published_in_unit(published)
    return SingleTask(group, estimate, len(known), in_unit)
