"""From `dataset.*` keys to a Dataset."""

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import torch

from mtlab.config.dataset import (
    DatasetConfig,
    DigitsConfig,
    DigitSequenceConfig,
    DownloadedConfig,
    EmnistConfig,
    FolderConfig,
    NpzConfig,
    ShapesConfig,
    UndividedKeys,
)
from mtlab.config.training import AffineConfig, AugmentationConfig
from mtlab.data.augmentation import AffineAugmentation
from mtlab.data.dataset import Dataset, PixelStatistics, Split
from mtlab.data.digit_sequence import DigitSequence
from mtlab.data.digits import Digits
from mtlab.data.downloaded import SETS, Downloaded, Outline, cache_folder, emnist
from mtlab.data.folder import Folder
from mtlab.data.npz import Npz
from mtlab.data.shapes import Shapes
from mtlab.data.source import (
    LabelledImages,
    Source,
    Strata,
    by_main_label,
    check_classes,
    divide,
    divide_by_fold,
)
from mtlab.data.splits import strata_of, stratified_subset
from mtlab.data.tasks import Task
from mtlab.data.tasks_build import label_of, learn_tasks, markers_of
from mtlab.errors import ConfigError, DataError
from mtlab.seeding import generator

TEST_SUBSET_SEED = 0


def open_source(config: DatasetConfig) -> Source:  # noqa: PLR0911 - a case for each source
    """Find the files, downloading them where needed; no test image is read yet."""
    match config:
        case DigitsConfig():
            return Digits()
        case NpzConfig():
            return Npz(
                Path(config.path).expanduser(),
                config.images,
                config.labels,
                config.label_names,
                config.test_fraction,
                strata_by(config),
                white=config.white,
                is_unit=config.normalisation == "unit",
                missing=markers_of(config),
            )
        case FolderConfig():
            return Folder(
                Path(config.path),
                config.size,
                config.channels,
                config.test_fraction,
                strata_by(config),
            )
        case ShapesConfig():
            return Shapes(
                num_images=config.num_images,
                image_size=config.image_size,
                seed=config.seed,
                difficulty=config.difficulty,
                test_fraction=config.test_fraction,
                strata=strata_by(config),
            )
        case DigitSequenceConfig():
            root = cache_folder(config.root)
            is_bundled = config.of == "digits"
            return DigitSequence(
                Digits() if is_bundled else Downloaded(SETS[config.of], config.of, root),
                config.of,
                length=config.length,
                num_images=config.num_images,
                num_test_images=config.num_test_images,
                spacing=config.spacing,
                jitter_pixels=config.jitter_pixels,
                seed=config.seed,
                classes=config.classes,
            )
        case EmnistConfig():
            return Downloaded(emnist(config.variant), "emnist", cache_folder(config.root))
        case DownloadedConfig():
            return Downloaded(SETS[config.source], config.source, cache_folder(config.root))


def build_dataset(
    config: DatasetConfig,
    requested: list[str] | None,
    choice: str,
    seed: int,
    pixel_statistics: PixelStatistics | None = None,
) -> Dataset:
    """Read the training images, derive the tasks and split off validation.

    Args:
        requested, choice: See `learn_tasks`.
        seed: Decides the validation split and the training samples that `dataset.limit` keeps.
        pixel_statistics: Those of a trained network, to measure it on another dataset; None
            measures the training images.
    """
    source = open_source(config)
    everything = source.train()
    check_classes(everything, config.classes, config.name)
    train, val = _divided(source, kept_samples(everything, config, seed), config, seed)
    available, learned = learn_tasks(config, everything, source, requested, choice)
    if pixel_statistics is None:
        statistics = PixelStatistics.of(train.images, config.normalisation)
    else:
        pixel_statistics.check(train.images, f"dataset={config.name}")
        statistics = pixel_statistics.for_pixels(train.images.dtype)

    def split(samples: LabelledImages, name: str) -> Split:
        targets = {targets.task.name: targets(samples) for targets in learned}
        found = Split(statistics.apply(samples.images), targets)
        for task in targets:
            if not found.num_labelled(task):
                raise DataError(
                    f"task {task}",
                    rule=f"must have a label for some {name} images",
                    found=f"none for {len(found):,}",
                    remedy=f"leave the task out, or set dataset.stratify_by={task}",
                )
        return found

    def load_test() -> Split:
        test = kept_test_samples(source.test(), config)
        statistics.check(test.images, f"the test images of dataset={config.name}")
        return split(test, "test")

    channels, height, width = train.images.shape[1:]
    return Dataset(
        name=config.name,
        tasks=tuple(targets.task for targets in learned),
        available_tasks=tuple(available),
        image_shape=(channels, height, width),
        pixel_statistics=statistics,
        train=split(train, "training"),
        val=split(val, "validation"),
        load_test=load_test,
        digest_test=lambda: digest_of(kept_test_samples(source.test(), config).images),
        notes=(*source.notes(), *_unchanging(statistics)),
    )


def _unchanging(statistics: PixelStatistics) -> list[str]:
    """A line on pixels that have no deviation to be divided by."""
    count, total = statistics.std.count(1.0), len(statistics.std)
    if not count or statistics.size == (1, 1):
        return []
    return [
        f"normalisation per_pixel: {count} of {total} pixels are the same in every training image,"
        " and are divided by 1"
    ]


class Inputs(NamedTuple):
    """What decides the size of a network: `image_shape` is `(channels, height, width)`."""

    image_shape: tuple[int, int, int]
    tasks: list[Task]
    available_tasks: list[str]


def read_inputs(config: DatasetConfig, requested: list[str] | None, choice: str) -> Inputs:
    """As `build_dataset` would have them; no file of a set with a known form is read for it."""
    match config:
        case EmnistConfig():
            source: Source = Outline(emnist(config.variant))
        case DownloadedConfig():
            source = Outline(SETS[config.source])
        case _:
            source = open_source(config)
    samples = source.train()
    check_classes(samples, config.classes, config.name)
    available, learned = learn_tasks(config, samples, source, requested, choice)
    channels, height, width = samples.images.shape[1:]
    return Inputs((channels, height, width), [one.task for one in learned], available)


def _divided(
    source: Source, kept: LabelledImages, config: DatasetConfig, seed: int
) -> tuple[LabelledImages, LabelledImages]:
    """Training and validation images."""
    fewest = config.folds or 2
    if len(kept) < fewest:
        raise DataError(
            "dataset.limit" if config.limit is not None else f"dataset={config.name}",
            rule="must leave at least two images, one to train on and one to validate on"
            if config.folds is None
            else f"must leave an image for each of dataset.folds={fewest}",
            found=f"{len(kept)}",
            remedy="keep more images",
        )
    given = source.val()
    draws = generator(seed, "validation split")
    if config.folds is None or config.fold is None:
        if given is not None:
            return kept, kept_test_samples(given, config)
        return divide(kept, config.val_fraction, strata_by(config), draws)
    if given is not None:
        raise ConfigError(
            "dataset.folds",
            rule="draws validation images from the training images, and the data have their own",
            found=f"{len(given)} validation images",
            remedy="leave it out, or take the val folder away",
        )
    return divide_by_fold(kept, config.folds, config.fold, strata_by(config), draws)


def digest_of(images: torch.Tensor) -> str:
    """SHA-256 of images as they were read: their values, shape and type."""
    form = f"{images.dtype} {tuple(images.shape)}".encode()
    return sha256(form + images.contiguous().numpy().tobytes()).hexdigest()


def strata_by(config: DatasetConfig) -> Strata:
    """Stratify by the label of the task `dataset.stratify_by`, else by the first label."""
    name = config.stratify_by if isinstance(config, UndividedKeys) else None
    if name is None:
        return by_main_label

    def strata(samples: LabelledImages, num_chosen: int) -> torch.Tensor:
        labels = list(samples.labels)
        if name not in (*config.tasks, *labels):
            raise ConfigError(
                "dataset.stratify_by",
                rule=f"must name a task: {', '.join(config.tasks or labels)}",
                found=name,
                remedy="choose one of them, or null for the first label",
            )
        label = label_of(name, config.tasks[name], labels) if name in config.tasks else name
        return strata_of(samples.labels[label], num_chosen)

    return strata


def build_augmentation(
    config: AugmentationConfig, statistics: PixelStatistics, device: torch.device
) -> AffineAugmentation | None:
    """What happens to training images, ready for a device; None where they stay as they are."""
    if not isinstance(config, AffineConfig):
        return None
    mean, std = statistics.mean_and_std()
    black = statistics.apply(torch.zeros_like(mean)).squeeze(0)
    return AffineAugmentation(
        config.shift_pixels,
        config.rotate_degrees,
        config.scale,
        black.to(device) if bool(black.any()) else None,
        None if statistics.size == (1, 1) else std.squeeze(0).to(device),
    )


def kept_samples(samples: LabelledImages, config: DatasetConfig, seed: int) -> LabelledImages:
    """The samples that `dataset.classes` and `dataset.limit` leave, drawn by the seed."""
    if config.classes is not None:
        chosen = torch.isin(samples.main_label, torch.tensor(config.classes))
        samples = samples.select(chosen.nonzero().squeeze(1))
    if config.limit is not None and config.limit < len(samples):
        strata = strata_by(config)(samples, config.limit)
        samples = samples.select(stratified_subset(strata, config.limit, generator(seed, "limit")))
    return samples


def kept_test_samples(samples: LabelledImages, config: DatasetConfig) -> LabelledImages:
    """The same test samples for every run, so that runs of several seeds can be compared."""
    return kept_samples(samples, config, TEST_SUBSET_SEED)
