"""Where the command line makes a study smaller than its preset has it."""

from __future__ import annotations

from collections.abc import Sequence

from omegaconf import DictConfig, OmegaConf

from mtlab.config.command_line import override_key
from mtlab.config.rows import Compose, with_row

SIZES = ("dataset.limit", "dataset.num_images", "trainer.epochs")
"""Keys that cost time and bring accuracy; null stands for no limit."""

Reductions = dict[str, dict[str, int | None]]


def reductions(composed: DictConfig, overrides: Sequence[str], compose: Compose) -> Reductions:
    """The sizes that the command line sets below those of the experiment and its row.

    Args:
        composed: The run's configuration.
        overrides: Those of the command line.
        compose: Composes a configuration from overrides.

    Returns:
        By key the value of the run (`run`) and the one without the override (`preset`).
    """
    typed = {override_key(override) for override in overrides}
    keys = [key for key in SIZES if key in typed]
    if not keys:
        return {}
    others = [override for override in overrides if override_key(override) not in keys]
    preset = with_row(compose(others), others, compose)
    found = {
        key: {"run": OmegaConf.select(composed, key), "preset": OmegaConf.select(preset, key)}
        for key in keys
    }
    return {key: sizes for key, sizes in found.items() if _is_below(sizes["run"], sizes["preset"])}


def _is_below(size: int | None, preset: int | None) -> bool:
    return size is not None and (preset is None or size < preset)
