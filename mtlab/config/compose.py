"""Where `conf/` lies, and the way from composed YAML to a typed, checked RunConfig."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar

from omegaconf import DictConfig, OmegaConf

from mtlab.config.base import Keys, read_keys
from mtlab.config.dataset import DatasetConfig
from mtlab.config.device import DeviceConfig
from mtlab.config.model import ModelConfig
from mtlab.config.pairs import AfterSweepOptions
from mtlab.config.rows import row_names
from mtlab.config.schema import VARIANTS, RunConfig
from mtlab.config.training import (
    AugmentationConfig,
    OptimizerConfig,
    SchedulerConfig,
    TrainerConfig,
    WeightingConfig,
)
from mtlab.config.typed import to_dataclass
from mtlab.errors import ConfigError

PRIMARY_CONFIG = "train"
LONGEST_FOLDER_NAME = 120
AFTER_SWEEP = "after_sweep"
EXPERIMENT_KEYS = (
    "row", "rows", "published", "published_ensemble", "published_on", AFTER_SWEEP,
)  # fmt: skip

T = TypeVar("T")


def conf_folder() -> Path:
    """The folder of YAML groups: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for candidate in (package / "conf", package.parent / "conf"):
        if (candidate / f"{PRIMARY_CONFIG}.yaml").is_file():
            return candidate
    raise ConfigError(
        "conf",
        rule="the folder of YAML groups must lie in or beside the package",
        found=package,
        remedy="install mtlab again",
    )


def register_resolvers() -> None:
    """Make `${folder_name:...}`, `${unused_folder:...}` and `${row_names:}` known to the YAML."""
    OmegaConf.register_new_resolver("row_names", row_names, replace=True)
    OmegaConf.register_new_resolver("folder_name", folder_name, replace=True)
    # Cached like Hydra's own `now`, so that every job of a sweep sees the same folder.
    OmegaConf.register_new_resolver("unused_folder", unused_folder, replace=True, use_cache=True)


def folder_name(overrides: str) -> str:
    """A job's overrides as one folder name: no brackets, no slashes, at most 120 characters."""
    return re.sub(r"[^\w.=+-]+", "_", overrides).strip("_")[:LONGEST_FOLDER_NAME]


def unused_folder(folder: str) -> str:
    """The folder itself, or with `-2`, `-3`, ... when an earlier run in the same second has it.

    The folder is created at once: of two processes that ask together, one gets the next name.
    """
    Path(folder).parent.mkdir(parents=True, exist_ok=True)
    attempt = Path(folder)
    number = 1
    while True:
        try:
            attempt.mkdir()
        except FileExistsError:
            number += 1
            attempt = Path(f"{folder}-{number}")
        else:
            return str(attempt)


def to_run_config(composed: DictConfig, own_keys: Collection[str] = ()) -> RunConfig:
    """Turn a composed configuration into typed, range-checked values.

    Args:
        own_keys: Top-level keys that a command has beside those of a run.

    Raises:
        ConfigError: A key that no class knows, a missing key, a wrong type or range.
    """
    values = OmegaConf.to_container(composed, resolve=True)
    assert isinstance(values, dict)
    _check_top_level(values, own_keys)
    seed, tasks = values.get("seed"), values.get("tasks")
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ConfigError(
            "seed",
            rule="must be a whole number of at least 0",
            found=seed,
            remedy="for example seed=0",
        )
    mtl = values.get("mtl")
    if isinstance(mtl, dict) and "lambda" in mtl:
        mtl = {("lambda_" if key == "lambda" else key): value for key, value in mtl.items()}
    return RunConfig(
        seed=seed,
        tasks=_task_names(tasks),
        dataset=_variant("dataset", values.get("dataset"), DatasetConfig),
        augmentation=_variant("augmentation", values.get("augmentation"), AugmentationConfig),
        model=_variant("model", values.get("model"), ModelConfig),
        mtl=None if mtl is None else _variant("mtl", mtl, WeightingConfig),
        optimizer=_variant("optimizer", values.get("optimizer"), OptimizerConfig),
        scheduler=_variant("scheduler", values.get("scheduler"), SchedulerConfig),
        device=to_dataclass("device", values.get("device"), DeviceConfig),
        trainer=to_dataclass("trainer", values.get("trainer"), TrainerConfig),
    )


def to_dataset_config(composed: DictConfig) -> DatasetConfig:
    """The group `dataset` alone, for commands that read data and train nothing.

    Raises:
        ConfigError: See `to_run_config`.
    """
    values = OmegaConf.to_container(composed, resolve=True)
    assert isinstance(values, dict)
    return _variant("dataset", values.get("dataset"), DatasetConfig)


def to_device_config(composed: DictConfig, own: DeviceConfig | None = None) -> DeviceConfig:
    """The group `device` alone, for commands that use a trained run.

    Args:
        own: Where and how precisely the run itself computed, in place of keys that are null or
            not there.

    Raises:
        ConfigError: See `to_run_config`.
    """
    values = OmegaConf.to_container(composed, resolve=True)
    assert isinstance(values, dict)
    chosen = values.get("device")
    if own is not None:
        given = {key: value for key, value in (chosen or {}).items() if value is not None}
        chosen = {
            "name": own.name.value, "threads": own.threads, "precision": own.precision.value
        } | given  # fmt: skip
    return to_dataclass("device", chosen, DeviceConfig)


def to_options(composed: DictConfig, kind: type[T]) -> T:
    """A command's own top-level keys: those that are fields of its dataclass.

    Raises:
        ConfigError: See `to_run_config`.
    """
    values = OmegaConf.to_container(composed, resolve=True)
    assert isinstance(values, dict)
    if issubclass(kind, Keys):
        names = kind.model_fields.keys()
        return read_keys(kind, {name: values[name] for name in names if name in values})
    names = OmegaConf.structured(kind).keys()
    return to_dataclass("", {str(name): values[name] for name in names if name in values}, kind)


def to_after_sweep(composed: DictConfig) -> AfterSweepOptions | None:
    """The group `after_sweep`; None for an experiment without it.

    Raises:
        ConfigError: See `to_run_config`.
    """
    values = OmegaConf.to_container(composed, resolve=True)
    assert isinstance(values, dict)
    group = values.get(AFTER_SWEEP)
    return None if group is None else to_dataclass(AFTER_SWEEP, group, AfterSweepOptions)


def _check_top_level(values: dict[Any, Any], own_keys: Collection[str]) -> None:
    known = [field.name for field in dataclasses.fields(RunConfig)]
    known += [*EXPERIMENT_KEYS, *own_keys]
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            raise ConfigError(
                str(key),
                rule=f"must be a key that exists; there are {', '.join(known)}",
                found=key,
                remedy=f"did you mean {near[0]}?" if near else "leave it out",
            )


def _task_names(tasks: object) -> list[str] | None:
    if tasks is None:
        return None
    names = [tasks] if isinstance(tasks, str) else tasks
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(
            "tasks",
            rule="must be a list of names",
            found=tasks,
            remedy="for example 'tasks=[digit]'",
        )
    if not names or len(set(names)) != len(names):
        raise ConfigError(
            "tasks",
            rule="must name at least one task, and none twice",
            found=names,
            remedy="for example 'tasks=[digit]'",
        )
    return names


def _variant(group: str, values: object, base: type[T]) -> T:
    """Build the class that the group's own key (`name`, `source`) asks for."""
    key, classes = VARIANTS[group]
    if not isinstance(values, dict) or str(values.get(key)) not in classes:
        remedy = f"choose a file of the group, as in {group}={next(iter(classes))}"
        found = values
        if isinstance(values, dict):
            found = values.get(key)
            near = difflib.get_close_matches(str(found), classes, n=1) or list(classes)
            remedy = (
                f"in a file of your own keep the {key} of the one that it is like, as in"
                f" `{key}: {near[0]}`; the file itself may have any name"
            )
        raise ConfigError(
            f"{group}.{key}",
            rule=f"must be one of {', '.join(classes)}",
            found=found,
            remedy=remedy,
        )
    built: object = to_dataclass(group, values, classes[values[key]])
    assert isinstance(built, base)
    return built
