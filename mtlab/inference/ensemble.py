"""Several trained runs as one: they vote on the same images, and their votes are averaged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mtlab.artifacts.reading import read_configuration
from mtlab.artifacts.run_dir import CONFIG, MEMBERS, SUMMARY, WEIGHTS, RunFolder, write_whole
from mtlab.config.preset import for_device
from mtlab.data.dataset import Split
from mtlab.data.tasks import ClassificationTask, RegressionTask
from mtlab.device import Device
from mtlab.errors import RunFolderError
from mtlab.inference.loading import LoadedRun, load_run, rebuild_dataset
from mtlab.inference.members import Candidate
from mtlab.inference.votes import Votes, mean_votes, measure_votes, task_weights, votes_of
from mtlab.objective.metrics import SplitMetrics
from mtlab.runner.measure import scatter_points
from mtlab.training.monitor import Monitor


@dataclass(frozen=True)
class Member:
    """A run with its votes on a split, and what these are worth alone."""

    run: LoadedRun
    votes: Votes
    metrics: SplitMetrics


@dataclass(frozen=True)
class Ensemble:
    """Members that voted on the same split.

    Attributes:
        votes: The mean of the members' votes.
    """

    members: list[Member]
    split: Split
    votes: Votes
    metrics: SplitMetrics


def vote(
    folders: Iterable[Path],
    open_split: Callable[[LoadedRun], tuple[Split, str]],
    batch_size: int,
    device: Device,
) -> Ensemble:
    """Load the runs, let them vote, measure each and all together.

    Args:
        open_split: Gives a run's split, normalised as that run does it, and a digest of its images
            before that.

    Raises:
        RunFolderError: Members with other tasks or another split.
    """
    members: list[Member] = []
    for folder in folders:
        run = load_run(folder)
        split, digest = open_split(run)
        if not members:
            first, first_split, first_digest = run, split, digest
        _check_same(first, run, first_split, split, same_images=digest == first_digest)
        device.place(run.model)
        votes = votes_of(run, split.images, batch_size, device)
        members.append(Member(run, votes, measure_votes(run, votes, split.targets)))
    votes = mean_votes([member.votes for member in members])
    metrics = measure_votes(first, votes, first_split.targets)
    return Ensemble(members, first_split, votes, metrics)


def own_test_split(run: LoadedRun) -> tuple[Split, str]:
    """The test split of the run's own dataset, and its digest."""
    dataset = rebuild_dataset(run)
    return dataset.load_test(), dataset.digest_test()


def _check_same(
    first: LoadedRun, run: LoadedRun, first_split: Split, split: Split, *, same_images: bool
) -> None:
    same_tasks = (run.tasks, run.image_shape) == (first.tasks, first.image_shape)
    same_targets = same_tasks and all(
        torch.equal(target, split.targets[name]) for name, target in first_split.targets.items()
    )
    if not (same_targets and same_images):
        raise RunFolderError(
            str(run.folder),
            rule=f"must have the tasks, labels, image size and test split of {first.folder}",
            found="other test images" if same_targets else "others",
            remedy="leave it out by keep, or train the members on the same dataset",
        )


def best_on_validation(ensemble: Ensemble, kept: Sequence[Candidate]) -> int:
    """Which member's own run was best by `trainer.monitor`; the test split decides nothing."""
    values = []
    for member, candidate in zip(ensemble.members, kept, strict=True):
        run = member.run
        monitor = Monitor(run.config.trainer.monitor, run.tasks, task_weights(run))
        value = monitor.recorded_value(candidate.summary["val"])
        values.append(-value if monitor.lower_is_better else value)
    return values.index(max(values))


def save_ensemble(ensemble: Ensemble, folder: RunFolder) -> None:
    """Write confusion matrices and scatter as a run has them, and copies of the members.

    With what prediction needs of each, so that the ensemble's folder can be handed over alone.
    """
    confusions = {name: counts.tolist() for name, counts in ensemble.metrics.confusions.items()}
    write_whole(folder.confusions, json.dumps({"test": confusions}) + "\n")
    points = {
        task.name: scatter_points(ensemble.split.targets[task.name], ensemble.votes[task.name])
        for task in ensemble.members[0].run.tasks
        if isinstance(task, RegressionTask)
    }
    if points:
        write_whole(folder.scatter, json.dumps({"test": points}) + "\n")
    for number, member in enumerate(ensemble.members):
        target = folder.path / MEMBERS / str(number)
        target.mkdir(parents=True)
        for name in (CONFIG, SUMMARY, WEIGHTS):
            shutil.copyfile(member.run.folder / name, target / name)


def as_summary(
    ensemble: Ensemble, candidates: Sequence[Candidate], best: int, device: Device
) -> dict[str, Any]:
    """The ensemble's part of summary.json: `test` like a run's, and who voted."""
    run = ensemble.members[0].run
    metrics_of = {member.run.folder: member.metrics for member in ensemble.members}
    kept = [candidate for candidate in candidates if candidate.why_not is None]
    return {
        "dataset": run.config.dataset.name,
        "model": run.config.model.name,
        "experiment": kept[0].summary.get("experiment"),
        **_published(kept, device),
        "tasks": [task.name for task in run.tasks],
        "kinds": kept[0].summary.get("kinds"),
        "classes": {
            task.name: list(task.class_names)
            for task in run.tasks
            if isinstance(task, ClassificationTask)
        },
        "samples": {"test": len(ensemble.split)},
        "best_epoch": None,
        "device": device.type,
        "precision": device.precision,
        "test": ensemble.metrics.tasks,
        "members": [
            {
                "folder": str(candidate.folder),
                "seed": candidate.summary.get("seed"),
                "kept": candidate.why_not is None,
                "why_not": candidate.why_not,
                "is_best": candidate.folder == kept[best].folder,
                "val": candidate.summary.get("val"),
                "test": metrics_of[candidate.folder].tasks
                if candidate.folder in metrics_of
                else None,
            }
            for candidate in candidates
        ],
    }


def _published(kept: Sequence[Candidate], device: Device) -> dict[str, Any]:
    """What the members' experiment publishes for their ensemble, and where they deviate from it.

    Nothing is published for members that do not agree on it.
    """
    configs = [read_configuration(candidate.folder)[0] for candidate in kept]
    published = [
        for_device(config.get("published_ensemble") or {}, device.type) for config in configs
    ]
    deviations: dict[str, Any] = {}
    for candidate in kept:
        deviations |= candidate.summary.get("deviations") or {}
    return {
        "published": published[0] if all(one == published[0] for one in published) else None,
        "published_on": configs[0].get("published_on"),
        "deviations": deviations,
    }
