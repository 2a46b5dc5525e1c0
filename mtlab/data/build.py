"""From `dataset.*` keys to a Dataset."""

from __future__ import annotations

from pathlib import Path

import torch

from mtlab.config.schema import (
    AffineConfig,
    AugmentationConfig,
    DatasetConfig,
    DigitsConfig,
    DownloadedConfig,
    EmnistConfig,
    Normalisation,
    NpzConfig,
    TargetRule,
    TaskChoice,
    TaskConfig,
)
from mtlab.data.augmentation import AffineAugmentation
from mtlab.data.dataset import Dataset, PixelStatistics, prepare
from mtlab.data.digits import Digits
from mtlab.data.downloaded import SETS, Downloaded, cache_folder, emnist
from mtlab.data.npz import Npz, NpzLayout
from mtlab.data.source import LabelledImages, Source
from mtlab.data.splits import stratified_split, stratified_subset
from mtlab.data.tasks import (
    AsItIs,
    Derivation,
    Groups,
    Parity,
    Task,
    Threshold,
    derive_task,
    targets,
)
from mtlab.errors import ConfigError, DataError
from mtlab.seeding import generator

RESERVED_TASK_NAMES = ("loss", "epoch", "seconds")


def open_source(config: DatasetConfig) -> Source:
    """Find the files, downloading them where needed; no test image is read yet."""
    if isinstance(config, DigitsConfig):
        return Digits()
    if isinstance(config, NpzConfig):
        layout = NpzLayout(config.images, config.labels, config.label_names, config.test_fraction)
        return Npz(Path(config.path or "").expanduser(), layout)
    if isinstance(config, EmnistConfig):
        dataset = emnist(config.variant.value)
        return Downloaded(dataset, "emnist", cache_folder(config.root))
    assert isinstance(config, DownloadedConfig)
    return Downloaded(SETS[config.source], config.source, cache_folder(config.root))


def build_dataset(
    config: DatasetConfig, requested: list[str] | None, choice: TaskChoice, seed: int
) -> Dataset:
    """Read the training images, derive the tasks and split off validation.

    Args:
        requested: Task names from the top-level key `tasks`; None leaves the choice to `choice`.
        seed: Decides the validation split and the samples that `dataset.limit` keeps.

    Raises:
        DataError, ConfigError: See the sources and the tasks.
    """
    source = open_source(config)
    everything = source.train()
    kept = _limited(_with_classes(everything, config), config, seed)
    train_positions, val_positions = stratified_split(
        kept.main_label, config.val_fraction, generator(seed, "validation split")
    )
    train, val = kept.select(train_positions), kept.select(val_positions)

    task_configs = _task_configs(config, everything)
    names = _choose_tasks(task_configs, config, requested, choice)
    derived: list[Task] = []
    tables: dict[str, tuple[str, dict[int, int]]] = {}
    for name in names:
        label, task, table = _derive(name, task_configs[name], config, source, everything)
        derived.append(task)
        tables[name] = (label, table)

    def make_targets(samples: LabelledImages) -> dict[str, torch.Tensor]:
        return {
            name: targets(samples.labels[label], table, name)
            for name, (label, table) in tables.items()
        }

    statistics = PixelStatistics.of(
        train.images, standardise=config.normalisation is Normalisation.standard
    )
    channels, height, width = train.images.shape[1:]
    return Dataset(
        name=config.name,
        tasks=tuple(derived),
        image_shape=(channels, height, width),
        pixel_statistics=statistics,
        train=prepare(train, make_targets, statistics),
        val=prepare(val, make_targets, statistics),
        load_test=lambda: prepare(
            _limited(_with_classes(source.test(), config), config, seed), make_targets, statistics
        ),
    )


def build_augmentation(
    config: AugmentationConfig, statistics: PixelStatistics, device: torch.device
) -> AffineAugmentation | None:
    """What happens to training images, ready for a device; None where they stay as they are."""
    if not isinstance(config, AffineConfig):
        return None
    black = statistics.apply(torch.zeros(1, len(statistics.mean), 1, 1)).squeeze(0)
    return AffineAugmentation(
        config.shift_pixels,
        config.rotate_degrees,
        config.scale,
        black.to(device) if bool(black.any()) else None,
    )


def _with_classes(samples: LabelledImages, config: DatasetConfig) -> LabelledImages:
    if config.classes is None:
        return samples
    present = samples.main_label.unique().tolist()
    strangers = [label for label in config.classes if label not in present]
    if strangers:
        raise ConfigError(
            "dataset.classes", f"must list labels of {config.name}, which are {_ranges(present)}",
            strangers, "leave them out",
        )  # fmt: skip
    chosen = torch.isin(samples.main_label, torch.tensor(config.classes))
    return samples.select(chosen.nonzero().squeeze(1))


def _limited(samples: LabelledImages, config: DatasetConfig, seed: int) -> LabelledImages:
    if config.limit is not None and config.limit < len(samples):
        samples = samples.select(
            stratified_subset(samples.main_label, config.limit, generator(seed, "limit"))
        )
    if len(samples) < 2:
        raise DataError(
            "dataset.limit" if config.limit is not None else f"dataset={config.name}",
            "must leave at least two images, one to train on and one to validate on",
            f"{len(samples)}", "keep more images",
        )  # fmt: skip
    return samples


def _task_configs(config: DatasetConfig, samples: LabelledImages) -> dict[str, TaskConfig]:
    tasks = config.tasks or {name: TaskConfig(label=name) for name in samples.labels}
    for name in tasks:
        if name in RESERVED_TASK_NAMES or not name.replace("_", "").replace("-", "").isalnum():
            raise ConfigError(
                f"dataset.tasks.{name}",
                "a task's name is made of letters, digits, - and _, and is none of"
                f" {', '.join(RESERVED_TASK_NAMES)}",
                name, "choose another name",
            )  # fmt: skip
    return tasks


def _choose_tasks(
    available: dict[str, TaskConfig],
    config: DatasetConfig,
    requested: list[str] | None,
    choice: TaskChoice,
) -> list[str]:
    defaults = config.default_tasks or list(available)
    key, names = ("tasks", requested) if requested else ("dataset.default_tasks", defaults)
    for name in names:
        if name not in available:
            raise ConfigError(
                key, f"must name tasks of dataset={config.name}, which are {', '.join(available)}",
                name, f"choose among them, or add dataset.tasks.{name}",
            )  # fmt: skip
    return names if requested or choice is TaskChoice.defaults else names[:1]


def _derive(
    name: str, task: TaskConfig, config: DatasetConfig, source: Source, samples: LabelledImages
) -> tuple[str, Task, dict[int, int]]:
    """The label a task reads, the task, and its target for each label value."""
    main = next(iter(samples.labels))
    label = task.label or main
    if label not in samples.labels:
        raise ConfigError(
            f"dataset.tasks.{name}.label", f"must name a label: {', '.join(samples.labels)}",
            label, "choose one of them",
        )  # fmt: skip
    present = samples.labels[label].unique().tolist()
    num_labels = present[-1] + 1
    if label == main:
        class_names = config.class_names or source.class_names()
        if class_names is not None and len(class_names) < num_labels:
            raise ConfigError(
                "dataset.class_names", f"must name each of the {num_labels} labels",
                f"{len(class_names)} names", "add the missing names, or set it to null",
            )  # fmt: skip
        if config.classes is not None:
            present = sorted(config.classes)
    else:
        class_names = None
    label_names = {value: class_names[value] if class_names else str(value) for value in present}
    derived, table = derive_task(name, _derivation(name, task, num_labels), label_names)
    return label, derived, table


def _derivation(name: str, task: TaskConfig, num_labels: int) -> Derivation:
    key = f"dataset.tasks.{name}"
    match task.by:
        case TargetRule.label:
            return AsItIs()
        case TargetRule.parity:
            return Parity()
        case TargetRule.threshold:
            if task.at is None:
                raise ConfigError(f"{key}.at", "must be a label", None, f"for example {key}.at=5")
            return Threshold(task.at)
        case TargetRule.groups:
            return Groups(task.groups, f"{key}.groups", num_labels)


def _ranges(values: list[int]) -> str:
    """`0 to 9` for consecutive values, else the values themselves."""
    if values == list(range(values[0], values[-1] + 1)):
        return f"{values[0]} to {values[-1]}"
    return ", ".join(str(value) for value in values)
