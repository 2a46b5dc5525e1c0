"""Several trained runs as one: they vote on the same images, and their votes are averaged."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mtlab.artifacts.reading import read_configuration, read_summary
from mtlab.artifacts.run_dir import (
    CONFIG,
    MEMBERS,
    SUMMARY,
    WEIGHTS,
    RunFolder,
    member_folders,
    run_folders,
    write_whole,
)
from mtlab.config.preset import for_device
from mtlab.data.dataset import Split
from mtlab.data.tasks import RegressionTask
from mtlab.device import Device
from mtlab.dotted import look_up
from mtlab.errors import ConfigError, RunFolderError
from mtlab.inference.loading import LoadedRun, load_run, rebuild_dataset
from mtlab.inference.run_filter import RunFilter
from mtlab.inference.votes import Votes, mean_votes, measure_votes, task_weights, votes_of
from mtlab.objective.metrics import SplitMetrics
from mtlab.runner.measure import scatter_points
from mtlab.training.monitor import LOWER_IS_BETTER, Monitor

MOST_SHOWN = 3
"""Of the values that were not good enough to be kept."""


@dataclass(frozen=True)
class Candidate:
    """A run that may become a member.

    Attributes:
        why_not: Why it is left out; None for a member.
    """

    folder: Path
    summary: dict[str, Any]
    why_not: str | None

    @property
    def title(self) -> str:
        """Its job's number in a sweep (else its folder's name), its row and its seed."""
        number, separator, _ = self.folder.name.partition("_")
        name = f"#{number}" if separator and number.isdigit() else self.folder.name
        seed = f"seed {self.summary.get('seed')}"
        row = self.summary.get("row")
        return ", ".join([name, *([row] if row and row != seed else []), seed])


@dataclass(frozen=True)
class Ensemble:
    """Runs that voted on the same split.

    Attributes:
        members: Each with what its votes are worth alone.
        votes: The mean of the members' votes.
    """

    members: list[tuple[LoadedRun, SplitMetrics]]
    split: Split
    votes: Votes
    metrics: SplitMetrics


def find_candidates(folders: list[Path], keep: str | None) -> list[Candidate]:
    """Every run of these folders, with why it is left out."""
    condition = None if keep is None else RunFilter(keep)
    runs = [run for folder in folders for run in _runs_of(folder)]
    places = [run.resolve() for run in runs]
    twice = [run for run, place in zip(runs, places, strict=True) if places.count(place) > 1]
    if twice:
        raise ConfigError(
            "runs",
            rule="must name each run once, since every member has one vote",
            found=twice[0],
            remedy="leave out the second, also where its sweep is named",
        )
    summaries = [read_summary(run) for run in runs]
    completed = [one for one in summaries if one.get("status") == "completed"]
    if condition is not None and completed:
        condition.check(completed)
    candidates = [
        Candidate(run, summary, _why_not(run, summary, condition))
        for run, summary in zip(runs, summaries, strict=True)
    ]
    if all(candidate.why_not is not None for candidate in candidates):
        raise RunFolderError(
            "keep" if keep is not None else "runs",
            rule="must leave at least one member",
            found=_why_none(candidates, condition),
            remedy="loosen it, or name other runs",
        )
    return candidates


def _runs_of(folder: Path) -> list[Path]:
    """The runs of a sweep's folder, else the folder itself."""
    runs = run_folders(folder)
    if not runs and not (folder / SUMMARY).is_file():
        raise RunFolderError(
            str(folder),
            rule="must be the folder of a sweep or of a run that has ended",
            found=f"no {SUMMARY} in it or right below it" if folder.is_dir() else "no such folder",
            remedy="runs lie under outputs/DATE/TIME, sweeps under outputs/multirun/DATE/TIME",
        )
    return runs or [folder]


def _why_not(run: Path, summary: dict[str, Any], condition: RunFilter | None) -> str | None:
    status = summary.get("status")
    if status != "completed" or not (run / WEIGHTS).is_file():
        if member_folders(run):
            return f"it is an ensemble, whose runs lie under {run / MEMBERS}"
        return "it kept no weights" if status == "completed" else f"it is recorded as {status}"
    if condition is None or condition.holds(summary):
        return None
    values = [f"{path} is {_shown(look_up(summary, path))}" for path in condition.paths]
    return f"{', '.join(values)}, and keep is {condition.expression}"


def _why_none(candidates: Sequence[Candidate], condition: RunFilter | None) -> str:
    """The best values of what was compared, and how many runs could be no member at all."""
    found = [_why_not(one.folder, one.summary, None) for one in candidates]
    reasons = Counter(reason for reason in found if reason is not None)
    told = [f"{reason} ({count} of {len(candidates)})" for reason, count in reasons.items()]
    for path in condition.paths if condition is not None else ():
        values = [(look_up(one.summary, path), one.title) for one in candidates]
        known = sorted((value, title) for value, title in values if isinstance(value, float))
        if path.rpartition(".")[2] not in LOWER_IS_BETTER:
            known.reverse()
        if known:
            best = ", ".join(f"{_shown(value)} ({title})" for value, title in known[:MOST_SHOWN])
            told.append(f"{path} at best {best}")
    return "; ".join(told) or f"none of {len(candidates)} runs"


def _shown(value: object) -> str:
    if value is None:
        return "not there"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


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
    """
    members: list[tuple[LoadedRun, SplitMetrics]] = []
    all_votes: list[Votes] = []
    for folder in folders:
        run = load_run(folder)
        split, digest = open_split(run)
        if not members:
            first, first_split, first_digest = run, split, digest
        same_targets = (run.tasks, run.image_shape) == (first.tasks, first.image_shape) and all(
            # Samples without a value, NaN, are equal too.
            torch.allclose(target, split.targets[name], rtol=0, atol=0, equal_nan=True)
            for name, target in first_split.targets.items()
        )
        if not same_targets or digest != first_digest:
            raise RunFolderError(
                str(folder),
                rule=f"must have the tasks, labels, image size and test split of {first.folder}",
                found="other test images" if same_targets else "others",
                remedy="leave it out by keep, or train the members on the same dataset",
            )
        device.place(run.model)
        votes = votes_of(run, split.images, batch_size, device)
        all_votes.append(votes)
        members.append((run, measure_votes(run, votes, split.targets)))
    mean = mean_votes(all_votes)
    return Ensemble(members, first_split, mean, measure_votes(first, mean, first_split.targets))


def own_test_split(run: LoadedRun) -> tuple[Split, str]:
    """The test split of the run's own dataset, and its digest."""
    dataset = rebuild_dataset(run)
    return dataset.load_test(), dataset.digest_test()


def best_on_validation(ensemble: Ensemble, kept: Sequence[Candidate]) -> tuple[int, str]:
    """Which member's own run was best, and by what; the test split decides nothing.

    By `trainer.monitor`; where members watched different things, or weighed their tasks
    differently, by the accuracy, else the loss, with every task counting the same.
    """
    runs = [run for run, _ in ensemble.members]
    watched = [(run.config.trainer.monitor, task_weights(run)) for run in runs]
    name, weights = watched[0]
    if any(one != watched[0] for one in watched):
        name = "accuracy" if runs[0].classification_tasks else "loss"
        weights = dict.fromkeys(weights, 1.0)
    monitor = Monitor(name, runs[0].tasks, weights)
    values = [monitor.recorded_value(candidate.summary["val"]) for candidate in kept]
    return values.index(min(values) if monitor.lower_is_better else max(values)), name


def save_ensemble(ensemble: Ensemble, folder: RunFolder) -> None:
    """Write confusion matrices and scatter as a run has them, and what prediction needs of each
    member, so that the ensemble's folder can be handed over alone.
    """
    confusions = {name: counts.tolist() for name, counts in ensemble.metrics.confusions.items()}
    write_whole(folder.confusions, json.dumps({"test": confusions}) + "\n")
    points = {
        task.name: scatter_points(ensemble.split.targets[task.name], ensemble.votes[task.name])
        for task in ensemble.members[0][0].tasks
        if isinstance(task, RegressionTask)
    }
    if points:
        write_whole(folder.scatter, json.dumps({"test": points}) + "\n")
    for number, (run, _) in enumerate(ensemble.members):
        target = folder.path / MEMBERS / str(number)
        target.mkdir(parents=True)
        for name in (CONFIG, SUMMARY, WEIGHTS):
            shutil.copyfile(run.folder / name, target / name)


def as_summary(
    ensemble: Ensemble, candidates: Sequence[Candidate], best: int, device: Device
) -> dict[str, Any]:
    """The ensemble's part of summary.json: `test` like a run's, and who voted."""
    metrics_of = {run.folder: metrics.tasks for run, metrics in ensemble.members}
    kept = [candidate for candidate in candidates if candidate.why_not is None]
    first = kept[0].summary
    return {
        **{key: first.get(key) for key in ("dataset", "model", "experiment")},
        **_published(kept, device),
        **{key: first.get(key) for key in ("tasks", "kinds", "classes")},
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
                "test": metrics_of.get(candidate.folder),
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
