"""Which runs may be compared: those measured on the same test images, task and classes."""

from collections.abc import Sequence
from typing import NamedTuple

from mtlab.config.roles import FOR_THE_LOSS, FOR_TRAINING_IMAGES
from mtlab.dotted import belongs
from mtlab.report.analyse.groups import Group
from mtlab.report.read.run import Run

LONGEST_CLASS_LIST = 24
DATASET, TASKS = "dataset.", "dataset.tasks."


class _Question(NamedTuple):
    """What a test accuracy answers; `tested` are the settings that decide what is tested, None for
    a run that left no configuration.
    """

    dataset: str
    task: str
    class_names: tuple[str, ...]
    tested: frozenset[tuple[str, str]] | None


def problems_of(groups: Sequence[Group]) -> dict[str, list[tuple[Group, str]]]:
    """Measured groups that can be compared: the same dataset and test images, task and classes.

    Returns:
        By the problem's title, each group with the task. The classes stand in the title where
        one dataset's task was learned with several sets of them, and so do settings that change
        the test images where they differ.
    """
    found: dict[_Question, list[tuple[Group, str]]] = {}
    for group in groups:
        run = group.first
        for task in run.tasks if group.measured else ():
            question = _Question(run.dataset, task, run.class_names(task), _tested(run, task))
            found.setdefault(question, []).append((group, task))
    titles: dict[str, list[tuple[Group, str]]] = {}
    for question, members in found.items():
        title = _title(question, list(found))
        if title in titles:
            title += f" ({', '.join(question.class_names)})"
        titles[title] = members
    return titles


def _tested(run: Run, task: str) -> frozenset[tuple[str, str]] | None:
    settings = run.settings or run.member_settings
    if not settings:
        return None
    return frozenset(
        (key.removeprefix(DATASET), text)
        for key, text in settings.items()
        if key.startswith(DATASET) and _decides_test(key, task) and text != "null"
    )


def _decides_test(key: str, task: str) -> bool:
    if key.startswith(TASKS):
        last = key.rpartition(".")[2]
        return key.startswith(f"{TASKS}{task}.") and last not in FOR_THE_LOSS
    return not belongs(key, FOR_TRAINING_IMAGES)


def _title(question: _Question, all_questions: Sequence[_Question]) -> str:
    parts = [question.dataset, question.task]
    same_task = [other for other in all_questions if other[:2] == question[:2]]
    alike = [other for other in same_task if other.class_names == question.class_names]
    if len(alike) < len(same_task):
        parts.append(_class_list(question.class_names))
    if len(alike) > 1:
        parts.append(_differing(question, alike))
    return " · ".join(parts)


def _differing(question: _Question, others: Sequence[_Question]) -> str:
    """The settings in which questions about the same classes differ."""
    if question.tested is None:
        return "no configuration"
    own = dict(question.tested)
    known = [other.tested for other in others if other.tested is not None]
    differing = frozenset.union(*known) - frozenset.intersection(*known)
    keys = sorted({key for key, _ in differing})
    return ", ".join(f"{key}={own.get(key, 'null')}" for key in keys) or "with configuration"


def _class_list(names: tuple[str, ...]) -> str:
    listed = ", ".join(names)
    if len(listed) <= LONGEST_CLASS_LIST:
        return f"classes {listed}"
    return f"{len(names)} classes, {names[0]} to {names[-1]}"
