"""Where `conf/` lies, and the way from composed YAML to the configuration of a run."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from mtlab.config.base import K, Keys, read_keys
from mtlab.config.dataset import DatasetConfig
from mtlab.config.device import DeviceConfig
from mtlab.config.preset import Compose, deviations, find_row, named_row, row_names
from mtlab.config.run import RunConfig
from mtlab.errors import ConfigError

LONGEST_FOLDER_NAME = 120


def conf_folder() -> Path:
    """The folder of YAML groups: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for candidate in (package / "conf", package.parent / "conf"):
        if (candidate / "train.yaml").is_file():
            return candidate
    raise ConfigError(
        "conf",
        rule="the folder of YAML groups must lie in or beside the package",
        found=package,
        remedy="install mtlab again",
    )


def register_resolvers() -> None:
    """Make the YAML know `${folder_name:...}`, `${unused_folder:...}`, `${row_names:}` and
    `${group_options:...}`.
    """
    OmegaConf.register_new_resolver("group_options", group_options, replace=True)
    OmegaConf.register_new_resolver("row_names", row_names, replace=True)
    OmegaConf.register_new_resolver("folder_name", folder_name, replace=True)
    # Cached like Hydra's own `now`, so that every job of a sweep sees the same folder.
    OmegaConf.register_new_resolver("unused_folder", unused_folder, replace=True, use_cache=True)


def group_options(config_name: str, sources: Sequence[Mapping[str, str]]) -> str:
    """A line of options for each group that a command's configuration can choose from.

    Args:
        sources: Of Hydra's search path, each with its `schema` and `path`.
    """
    listed = OmegaConf.load(conf_folder() / f"{config_name}.yaml").defaults
    choices = [str(group) for one in listed if isinstance(one, DictConfig) for group in one]
    folders = [Path(one["path"]) for one in sources if one["schema"] == "file"]
    lines = []
    for group in choices:
        paths = [path for folder in folders for path in (folder / group).glob("*.yaml")]
        if options := sorted({path.stem for path in paths}):
            lines.append(f"{group}: {', '.join(options)}")
    return "\n".join(lines) or "none"


def folder_name(overrides: str) -> str:
    """A job's overrides as one folder name: no brackets, no slashes, at most 120 characters.

    Where they are more, keys lose their groups, and then the middle is left out, so that what
    differs between jobs is seldom cut.
    """
    if len(overrides) > LONGEST_FOLDER_NAME:
        overrides = re.sub(r"(^|,)(?:\w+\.)+(\w+=)", r"\1\2", overrides)
    name = re.sub(r"[^\w.=+-]+", "_", overrides).strip("_")
    half = LONGEST_FOLDER_NAME // 2 - 1
    return name if len(name) <= LONGEST_FOLDER_NAME else f"{name[:half]}..{name[-half:]}"


def unused_folder(folder: str) -> str:
    """The folder itself, or with `-2`, `-3`, ... when an earlier run in the same second has it.

    The folder is created at once: of two processes that ask together, one gets the next name.
    """
    attempt, number = Path(folder), 1
    while True:
        try:
            attempt.mkdir(parents=True)
        except FileExistsError:
            number += 1
            attempt = Path(f"{folder}-{number}")
        else:
            return str(attempt)


def plain(composed: DictConfig) -> dict[str, Any]:
    """A composed configuration as plain values, its interpolations resolved."""
    values = OmegaConf.to_container(composed, resolve=True)
    assert isinstance(values, dict)
    return {str(key): value for key, value in values.items()}


def to_run_config(composed: DictConfig, own_keys: Collection[str] = ()) -> RunConfig:
    """A composed configuration as that of a run.

    Args:
        own_keys: Top-level keys that a command has beside those of a run.

    Raises:
        ConfigError: A key that does not exist or is missing, a wrong type or range.
    """
    values = {key: value for key, value in plain(composed).items() if key not in own_keys}
    return read_keys(RunConfig, values)


def read_run(
    composed: DictConfig, overrides: Sequence[str], preset: str | None, again: Compose
) -> RunConfig:
    """The configuration of a run with the row of its preset, and where it deviates from them.

    Args:
        overrides: Those of the command line.
        again: Composes once more, from other overrides.

    Raises:
        ConfigError: Also a row that the preset does not have.
    """
    # Once before its rows are looked at, so that a preset of one's own is read like any other.
    row = named_row(to_run_config(composed).as_values())
    settings = [] if row is None else row.as_overrides(overrides)
    values = plain(again([*settings, *overrides]) if settings else composed)
    config = read_keys(RunConfig, values)
    row = find_row(values)
    return config.model_copy(
        update={
            "preset": preset,
            "row": row.name if row else None,
            "rows": {row.name: (config.rows or {})[row.name]} if row else {},
            "deviations": deviations(values, preset, overrides, again) if preset else None,
        }
    )


class DatasetAlone(Keys):
    """What is read of a command that has a dataset and no run."""

    dataset: DatasetConfig


def to_dataset_config(composed: DictConfig) -> DatasetConfig:
    """The group `dataset` alone, for commands that read data and train nothing."""
    return read_keys(DatasetAlone, {"dataset": plain(composed).get("dataset")}).dataset


def to_device_config(composed: DictConfig, own: DeviceConfig | None = None) -> DeviceConfig:
    """The group `device` alone, for commands that use a trained run.

    Args:
        own: Where and how precisely the run itself computed, for keys that are null or not there.
    """
    chosen = plain(composed).get("device")
    if own is not None:
        given = {key: value for key, value in (chosen or {}).items() if value is not None}
        chosen = own.model_dump() | given
    return read_keys(DeviceConfig, chosen, "device")


def to_options(composed: DictConfig, kind: type[K]) -> K:
    """A command's own top-level keys: those that are keys of its class."""
    values = plain(composed)
    return read_keys(kind, {name: values[name] for name in kind.model_fields if name in values})
