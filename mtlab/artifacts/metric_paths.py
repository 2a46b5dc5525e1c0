"""Dotted paths in summary.json that runs may be chosen by."""

from collections.abc import Mapping, Sequence
from typing import Any

from mtlab.dotted import flat
from mtlab.errors import ConfigError, did_you_mean


def check_paths(key: str, paths: Sequence[str], summaries: Sequence[Mapping[str, Any]]) -> None:
    """Raise ConfigError where a path that a configuration key names is in no summary.

    Paths of the test split are refused too: choices are made on validation.
    """
    values = (item for summary in summaries for item in flat(summary).items())
    listed = dict.fromkeys(path for path, value in values if not isinstance(value, list))
    known = [path for path in listed if "test" not in path.split(".")]
    for path in paths:
        if "test" in path.split("."):
            raise ConfigError(
                key,
                rule="must not compare test metrics: whoever chooses by them has no unseen"
                " images left to measure on",
                found=path,
                remedy=f"compare {path.replace('test', 'val', 1)}",
            )
        if path not in known:
            examples = [one for one in known if one in ("seed", "row") or one.startswith("val.")]
            of_task = [one for one in examples if path in one.split(".")]
            of_task.sort(key=lambda one: not one.endswith((".accuracy", ".mae")))
            near = did_you_mean(path, known, "see a run's summary.json for all of them")
            raise ConfigError(
                key,
                rule=f"must compare metrics that the runs have, such as {', '.join(examples)}",
                found=path,
                remedy=f"did you mean {of_task[0]}?" if of_task else near,
            )
