"""What varied between runs, what was the same in all of them, and how runs are told apart."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple, TypeVar

from mtlab.config.roles import REPETITION, STUDY
from mtlab.dotted import belongs
from mtlab.report.read.run import UNKNOWN, Run

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

# Which group's keys a label leaves out first where others tell the runs apart already; the model
# itself is always named.
LEFT_OUT_FIRST = ("device", "tasks", "trainer", "dataset", "scheduler", "optimizer", "mtl", "model")


class Settings(NamedTuple):
    """The keys of several runs' resolved configurations.

    Attributes:
        varied: Differ between runs, in the order of the configuration.
        implied: Differ too, but follow from the group's name: all runs with the same
            `dataset.name` have the same `dataset.source`.
        constant: The same in all runs, with the value's text.
    """

    varied: list[str]
    implied: list[str]
    constant: dict[str, str]


def compare_settings(runs: Sequence[Run]) -> Settings:
    """Compare the runs' configurations; a key that one lacks and another has differs."""
    present = [run.settings for run in runs if run.settings]
    keys = list(dict.fromkeys(key for settings in present for key in settings if _is_setting(key)))
    # A group that is null here and has keys there is told by those keys.
    groups = {key.rsplit(".", depth)[0] for key in keys for depth in range(1, key.count(".") + 1)}
    keys = [key for key in keys if key not in groups]
    differing = [key for key in keys if _differ({settings.get(key) for settings in present})]
    implied = [key for key in differing if _follows_from_name(key, present)]
    values = {
        key: next((settings[key] for settings in present if settings.get(key)), UNKNOWN)
        for key in keys
        if key not in differing
    }
    return Settings(
        varied=[key for key in differing if key not in implied],
        implied=implied,
        constant={key: text for key, text in values.items() if text != UNKNOWN},
    )


def grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Items with the same key together, in the order of the first ones."""
    found: dict[K, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found


def configuration(run: Run, *left_out: str) -> frozenset[tuple[str, str]]:
    """Everything that decides what a run does, but for what tells repetitions apart, and what is
    left out.
    """
    return frozenset(
        (key, text)
        for key, text in run.settings.items()
        if key not in REPETITION and key not in left_out and _is_setting(key)
    )


@cache
def _is_setting(key: str) -> bool:
    return not belongs(key, STUDY)


def _differ(values: set[str | None]) -> bool:
    return len(values - {UNKNOWN}) > 1


def _follows_from_name(key: str, configurations: Sequence[Mapping[str, str]]) -> bool:
    group = key.split(".", maxsplit=1)[0]
    name = f"{group}.name"
    if key in (group, name) or not any(name in settings for settings in configurations):
        return False
    by_name = grouped(configurations, lambda settings: settings.get(name))
    return not any(_differ({settings.get(key) for settings in same}) for same in by_name.values())


def is_said_by_row(key: str, runs: Sequence[Run]) -> bool:
    """Whether every run has a row, and all runs of a row have the same value."""
    by_row = grouped(runs, lambda run: run.row)
    return "" not in by_row and all(
        len({run.settings.get(key) for run in same}) == 1 for same in by_row.values()
    )


def short_keys(keys: Sequence[str], tasks: Collection[str] = ()) -> dict[str, str]:
    """Each key's shortest ending that tells it from the others; `model.name` is `model`.

    A key of one task's names the task, and is never the task's name alone, which means its
    metrics: `weights.b`, `c.stop_gradient`.
    """
    ends = {key: key.removesuffix(".name") for key in keys}
    short = {}
    for key, end in ends.items():
        others = [f".{other}" for name, other in ends.items() if name != key]
        unique = (
            ending
            for ending in _endings(end, tasks)
            if ending not in tasks and not any(other.endswith(f".{ending}") for other in others)
        )
        short[key] = next(unique, end)
    return short


def _endings(key: str, tasks: Collection[str]) -> list[str]:
    """The key's last parts, the shortest first; none leaves out a task that the key names."""
    parts = key.split(".")
    named = [place for place, part in enumerate(parts) if part in tasks]
    last = min(named[-1] if named else len(parts), len(parts) - 1)
    return [".".join(parts[start:]) for start in range(last, -1, -1)]


def tasks_of(runs: Sequence[Run]) -> set[str]:
    return {task for run in runs for task in run.tasks}


def labels(runs: Sequence[Run]) -> dict[int, str]:
    """By a run's number, what tells it from the others but for the seed.

    Its row in its preset's table, with the preset where there are several; behind it, or without
    these in its place, the settings that vary among the runs of that name; else the run's name.
    """
    has_several = len({run.preset for run in runs}) > 1
    members = grouped(
        runs,
        lambda run: f"{run.preset} {run.row_but_seed}".strip() if has_several else run.row_but_seed,
    )
    texts = {}
    for name, same in members.items():
        told = _told_settings(same)
        for run in same:
            text = ", ".join(part for part in (name, told[run.number]) if part)
            # Of one run, or one among named ones, its model says more than its folder.
            model = run.text_at("model") if len(members) > 1 or len(runs) == 1 else ""
            texts[run.number] = text or model or run.name
    return texts


def _told_settings(runs: Sequence[Run]) -> dict[int, str]:
    varied = [key for key in compare_settings(runs).varied if key not in REPETITION]
    needed = _needed(varied, runs)
    # Told from others by what it lacks, a run has nothing in its name but what could be left out.
    return {run.number: _told(run, needed, runs) or _told(run, varied, runs) for run in runs}


def _told(run: Run, keys: Sequence[str], runs: Sequence[Run]) -> str:
    short = short_keys(keys, tasks_of(runs))
    return ", ".join(f"{short[key]}={run.settings[key]}" for key in keys if run.settings.get(key))


def _needed(keys: Sequence[str], runs: Sequence[Run]) -> list[str]:
    """Without the keys that tell no two runs apart that the others do not."""

    def num_told_apart(chosen: Sequence[str]) -> int:
        return len({tuple(run.settings.get(key) for key in chosen) for run in runs})

    kept = list(keys)
    wanted = num_told_apart(kept)
    for group in LEFT_OUT_FIRST:
        # A group's name says more than its single keys, so it is given up last.
        for key in sorted(kept, key=lambda key: key.endswith(".name")):
            others = [other for other in kept if other != key]
            is_needed = key == "model.name" or num_told_apart(others) < wanted
            if key.split(".")[0] == group and not is_needed:
                kept = others
    return kept
