"""What varied between runs, what was the same in all of them, and how runs are told apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from mtlab.report.run import Run, setting_text

SEED = "seed"
# Not settings of a run but what an experiment says about it; the summary holds what applies.
NO_SETTINGS = (
    "experiment", "row", "rows", "published", "published_ensemble", "published_on", "after_sweep",
)  # fmt: skip
# Which group's keys a label leaves out first where others tell the runs apart already; the model
# itself is always named.
LEFT_OUT_FIRST = ("device", "tasks", "trainer", "dataset", "scheduler", "optimizer", "mtl", "model")


@dataclass(frozen=True)
class SettingKeys:
    """The keys of several configurations.

    Attributes:
        varied: Differ between runs, in the order of the configuration.
        implied: Differ too, but follow from the group's name: all runs with the same
            `dataset.name` have the same `dataset.source`.
        constant: The same in all runs, with the value's text.
    """

    varied: tuple[str, ...]
    implied: tuple[str, ...]
    constant: Mapping[str, str]


def flatten(configuration: Mapping[str, object]) -> dict[str, str]:
    """Nested groups to dotted keys; lists stay whole, and every value becomes its text."""
    flat: dict[str, str] = {}
    for key, value in configuration.items():
        if isinstance(value, Mapping):
            inner = flatten({str(name): entry for name, entry in value.items()})
            flat.update({f"{key}.{name}": text for name, text in inner.items()})
        else:
            flat[str(key)] = setting_text(value)
    return flat


def is_setting(key: str) -> bool:
    """Whether a dotted key decides what a run does."""
    return key.partition(".")[0] not in NO_SETTINGS


def split_settings(configurations: Sequence[Mapping[str, str]]) -> SettingKeys:
    """Compare flattened configurations; a key that one lacks and another has differs."""
    present = [settings for settings in configurations if settings]
    keys = list(dict.fromkeys(key for settings in present for key in settings))
    # A group that is null here and has keys there is told by those keys.
    keys = [key for key in keys if not any(other.startswith(f"{key}.") for other in keys)]
    keys = [key for key in keys if is_setting(key)]
    differing = [key for key in keys if len({settings.get(key) for settings in present}) > 1]
    implied = [key for key in differing if _follows_from_name(key, present)]
    return SettingKeys(
        varied=tuple(key for key in differing if key not in implied),
        implied=tuple(implied),
        constant={key: present[0][key] for key in keys if key not in differing},
    )


def _follows_from_name(key: str, configurations: Sequence[Mapping[str, str]]) -> bool:
    group = key.split(".", maxsplit=1)[0]
    name = f"{group}.name"
    if key in (group, name) or not any(name in settings for settings in configurations):
        return False
    values: dict[str | None, set[str | None]] = {}
    for settings in configurations:
        values.setdefault(settings.get(name), set()).add(settings.get(key))
    return all(len(found) == 1 for found in values.values())


def short_keys(keys: Sequence[str], tasks: Collection[str] = ()) -> dict[str, str]:
    """Each key's shortest ending that tells it from the others; `model.name` is `model`.

    A key of one task's names the task, and is never the task's name alone, which means its
    figures: `weights.b`, `c.stop_gradient`.
    """
    ends = {key: (key.removesuffix(".name") if key.endswith(".name") else key) for key in keys}
    short = {}
    for key, end in ends.items():
        parts = end.split(".")
        latest = max(
            (place for place, part in enumerate(parts) if part in tasks), default=len(parts)
        )
        starts = range(min(latest, len(parts) - 1), -1, -1)
        candidates = [".".join(parts[start:]) for start in starts]
        others = [other for name, other in ends.items() if name != key]
        short[key] = next(
            (
                candidate
                for candidate in candidates
                if candidate not in tasks
                and not any(
                    other == candidate or other.endswith(f".{candidate}") for other in others
                )
            ),
            end,
        )
    return short


def tasks_of(runs: Sequence[Run]) -> set[str]:
    """The tasks that any of them learns."""
    return {task for run in runs for task in run.tasks}


def labels(runs: Sequence[Run]) -> dict[int, str]:
    """By a run's number, what tells it from the others but for the seed.

    Its row in its experiment's table, with the experiment where there are several; behind it, or
    without these in its place, the settings that vary among the runs of that name; else the run's
    name.
    """
    has_several = len({run.experiment for run in runs}) > 1
    members: dict[str, list[Run]] = {}
    for run in runs:
        name = f"{run.experiment} {run.row}".strip() if has_several else run.row
        members.setdefault(name, []).append(run)
    texts = {}
    for name, same in members.items():
        told = _told_settings(same)
        for run in same:
            text = ", ".join(part for part in (name, told[run.number]) if part)
            # One run among named ones: its model says more than its folder.
            model = run.text_at("model") if len(members) > 1 else ""
            texts[run.number] = text or model or run.name
    return texts


def _told_settings(runs: Sequence[Run]) -> dict[int, str]:
    """By a run's number, the settings that tell these runs apart."""
    varied = split_settings([run.settings for run in runs]).varied
    varied = tuple(_needed([key for key in varied if key != SEED], runs))
    short = short_keys(varied, tasks_of(runs))
    return {
        run.number: ", ".join(
            f"{short[key]}={run.settings[key]}" for key in varied if key in run.settings
        )
        for run in runs
    }


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
