"""How a run's settings differ from those of the experiment that it belongs to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf

from mtlab.config.command_line import override_key
from mtlab.config.rows import Compose, find_row

EXPERIMENT = "experiment"
PUBLISHED_ON = "published_on"
# They say what is run, where and how often, not how it is trained and measured.
NO_PART_OF_A_PROTOCOL = (
    "row", "rows", "published", PUBLISHED_ON, "published_ensemble", "seed", "device.name",
    "device.threads", "dataset.root", "dataset.path", "trainer.figures", "trainer.eval_batch_size",
)  # fmt: skip
# How a perceptron learns stands in its group, and makes it no other model.
LEARNING_OF_PERCEPTRONS = ("model.lr", "model.initial_scale", "model.tolerance", "model.update")

Deviations = dict[str, dict[str, Any]]
"""Dotted key to the value that the preset has (`preset`) and the run's own (`run`)."""


def deviations(
    composed: DictConfig, experiment: str, overrides: Sequence[str], compose: Compose
) -> Deviations:
    """The settings in which a run is not what its experiment, or that one's row, says.

    Where another option was chosen for a group, its name stands for all the keys that come with
    it; those that the command line sets are named too.

    Args:
        composed: The run's configuration, its row applied.
        overrides: Those of the command line.
        compose: Composes a configuration from overrides.
    """
    row = find_row(composed)
    own = row.settings if row is not None and row.describes(composed) else {}
    typed = {override_key(override) for override in overrides}
    if typed <= {EXPERIMENT, *NO_PART_OF_A_PROTOCOL, *own}:
        return {}  # Most runs of a sweep: nothing has to be composed again.
    applied = [] if row is None else row.as_overrides()
    protocol, found = _flat(compose([*applied, f"{EXPERIMENT}={experiment}"])), _flat(composed)
    differing = {
        key: {"preset": protocol.get(key), "run": found.get(key)}
        for key in dict.fromkeys((*found, *protocol))
        if found.get(key) != protocol.get(key)
    }
    return _without_followers(differing, typed)


def are_comparable(composed: DictConfig, differing: Mapping[str, object]) -> bool:
    """Whether published figures mean anything for a run: the same dataset and the same model.

    With fewer epochs or images, or another rate, they still stand beside the measured ones. So
    they do with another dataset where the preset's own is not the published one either.

    Args:
        differing: What `deviations` found.
    """
    is_other_dataset = "dataset.name" in differing and composed.get(PUBLISHED_ON) is None
    return not is_other_dataset and not any(
        key.startswith("model.") and key not in LEARNING_OF_PERCEPTRONS for key in differing
    )


def _flat(composed: DictConfig) -> dict[str, Any]:
    """Dotted keys to values, lists whole; only what is part of a protocol."""
    flat: dict[str, Any] = {}
    waiting: list[tuple[str, Any]] = [("", OmegaConf.to_container(composed, resolve=True))]
    while waiting:
        path, value = waiting.pop(0)
        if path in NO_PART_OF_A_PROTOCOL:
            continue
        if isinstance(value, dict):
            waiting += [(f"{path}.{key}".lstrip("."), entry) for key, entry in value.items()]
        else:
            flat[path] = value
    return flat


def _without_followers(differing: Deviations, typed: Collection[str]) -> Deviations:
    renamed = {key.partition(".")[0] for key in differing if key.endswith(".name")}
    return {
        key: values
        for key, values in differing.items()
        if key.partition(".")[0] not in renamed or key.endswith(".name") or key in typed
    }
