"""`mtlab ensemble`: several trained runs as one, by averaged probabilities and values."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from rich.table import Table

from mtlab.artifacts.reading import read_config
from mtlab.artifacts.run_dir import CONFIG, MEMBERS, SUMMARY, WEIGHTS, RunFolder, write_whole
from mtlab.artifacts.scatter import scatter_points
from mtlab.commands.candidates import Candidate, choose
from mtlab.commands.result import ResultRecord
from mtlab.config.compose import to_device_config, to_options
from mtlab.config.device import DeviceConfig, DeviceKind, Precision
from mtlab.config.rows import ensemble_figures
from mtlab.config.run_options import EnsembleOptions
from mtlab.data.dataset import Split
from mtlab.data.tasks import ClassificationTask, RegressionTask
from mtlab.device import Device, select_device
from mtlab.errors import RunFolderError
from mtlab.inference.loading import LoadedRun, load_run, read_run_config, rebuild_dataset
from mtlab.inference.predictor import mean_votes, probabilities_and_values
from mtlab.inference.votes import measure_votes
from mtlab.objective.build import build_objective
from mtlab.objective.metrics import SplitMetrics
from mtlab.report.figures import draw_run_figures
from mtlab.terminal import Terminal
from mtlab.training.monitor import Monitor
from mtlab.training.predict import predict


@dataclass(frozen=True)
class MemberVotes:
    """A member with its answers for the test split.

    Attributes:
        watched: Its own validation figure by `trainer.monitor`, which the best one is chosen by.
    """

    candidate: Candidate
    run: LoadedRun
    votes: dict[str, torch.Tensor]
    test: SplitMetrics
    watched: float


def ensemble(composed: DictConfig) -> None:
    """Hydra's job: choose the members, let them vote on the test split, keep them together."""
    hydra = HydraConfig.get()
    options = to_options(composed, EnsembleOptions)
    candidates = choose([Path(folder).expanduser() for folder in options.folders], options.keep)
    folder = RunFolder(Path(hydra.runtime.output_dir))
    with (
        Terminal(folder.log, quiet=False) as terminal,
        ResultRecord("ensemble", folder, terminal, list(hydra.overrides.task)) as record,
    ):
        kept = [candidate for candidate in candidates if candidate.why_not is None]
        settings = to_device_config(
            composed, DeviceConfig(DeviceKind.auto, None, tested_precision(kept))
        )
        # Whoever asks the ensemble later reads there how it was measured.
        composed.device.precision = settings.precision.value
        write_whole(folder.config, OmegaConf.to_yaml(composed, resolve=True))
        device = select_device(settings.name.value, settings.precision.value, settings.threads)
        test, members = vote(kept, options.batch_size, device)
        run = members[0].run
        votes = mean_votes([member.votes for member in members])
        weights = build_objective(run.config.mtl, run.config.model, run.tasks).task_weights()
        measured = measure_votes(run.tasks, votes, test.targets, weights)
        best = best_member(members)
        copy_members(folder.path, members)
        record.values |= as_summary(candidates, members, best, measured, len(test), device)
        save_answers(folder, run, test, votes, measured)
        draw_run_figures(record.values, folder.path, terminal.say)
        terminal.say(comparison_table(members, best, measured))
        for candidate in candidates:
            if candidate.why_not is not None:
                terminal.say(f"left out: {candidate.title}: {candidate.why_not}")
        terminal.say(f"{len(members)} of {len(candidates)} runs are members")


def tested_precision(kept: list[Candidate]) -> Precision:
    """What all members were tested in; float32 where they differ."""
    precisions = {read_run_config(candidate.folder).device.precision for candidate in kept}
    return precisions.pop() if len(precisions) == 1 else Precision.float32


def vote(kept: list[Candidate], batch_size: int, device: Device) -> tuple[Split, list[MemberVotes]]:
    """Every member's answers for the test split, which has to be the same for all.

    Raises:
        RunFolderError: Members with other tasks or another test split.
    """
    test: Split | None = None
    digest = ""
    members: list[MemberVotes] = []
    for candidate in kept:
        run = load_run(candidate.folder)
        dataset = rebuild_dataset(run)
        own_test, own_digest = dataset.load_test(), dataset.digest_test()
        if test is None:
            test, digest = own_test, own_digest
        first = members[0].run if members else run
        check_same(first, run, test, own_test, same_images=own_digest == digest)
        model = device.place(run.model)
        outputs = predict(model, own_test.images, batch_size, device)
        votes = probabilities_and_values(run.tasks, outputs)
        weights = build_objective(run.config.mtl, run.config.model, run.tasks).task_weights()
        measured = measure_votes(run.tasks, votes, test.targets, weights)
        watched = _watched(run, candidate.summary, weights)
        members.append(MemberVotes(candidate, run, votes, measured, watched))
    assert test is not None
    return test, members


def check_same(
    first: LoadedRun, run: LoadedRun, test: Split, own_test: Split, *, same_images: bool
) -> None:
    """Raise RunFolderError unless two members answer the same questions on the same images."""
    same_tasks = (run.tasks, run.image_shape) == (first.tasks, first.image_shape)
    same_targets = same_tasks and all(
        torch.equal(target, own_test.targets[name]) for name, target in test.targets.items()
    )
    if not (same_targets and same_images):
        raise RunFolderError(
            str(run.folder),
            rule=f"must have the tasks, labels, image size and test split of {first.folder}",
            found="other test images" if same_targets else "others",
            remedy="leave it out by keep, or train the members on the same dataset",
        )


def _watched(run: LoadedRun, summary: dict[str, Any], weights: dict[str, float]) -> float:
    """The validation figure that the run itself was judged by, higher being better."""
    monitor = Monitor(run.config.trainer.monitor, run.tasks, weights)
    value = monitor.recorded_value(summary["val"])
    return -value if monitor.lower_is_better else value


def best_member(members: list[MemberVotes]) -> MemberVotes:
    """The best one on validation; the test split decides nothing."""
    return max(members, key=lambda member: member.watched)


def copy_members(folder: Path, members: list[MemberVotes]) -> None:
    """Copy what prediction needs, so that the ensemble's folder can be handed over alone."""
    for number, member in enumerate(members):
        target = folder / MEMBERS / str(number)
        target.mkdir(parents=True)
        for name in (CONFIG, SUMMARY, WEIGHTS):
            shutil.copyfile(member.candidate.folder / name, target / name)


def as_summary(
    candidates: list[Candidate],
    members: list[MemberVotes],
    best: MemberVotes,
    measured: SplitMetrics,
    num_samples: int,
    device: Device,
) -> dict[str, Any]:
    """The ensemble's part of summary.json: `test` like a run's, and who voted."""
    run = members[0].run
    by_folder = {member.candidate.folder: member for member in members}
    return {
        "dataset": run.config.dataset.name,
        "model": run.config.model.name,
        "experiment": members[0].candidate.summary.get("experiment"),
        **published_for(members, device),
        "tasks": [task.name for task in run.tasks],
        "kinds": members[0].candidate.summary.get("kinds"),
        "classes": {
            task.name: list(task.class_names)
            for task in run.tasks
            if isinstance(task, ClassificationTask)
        },
        "samples": {"test": num_samples},
        "best_epoch": None,
        "device": device.type,
        "precision": device.precision,
        "test": _figures(measured),
        "members": [
            {
                "folder": str(candidate.folder),
                "seed": candidate.summary.get("seed"),
                "kept": candidate.why_not is None,
                "why_not": candidate.why_not,
                "is_best": candidate.folder == best.candidate.folder,
                "val": candidate.summary.get("val"),
                "test": _figures(by_folder[candidate.folder].test)
                if candidate.folder in by_folder
                else None,
            }
            for candidate in candidates
        ],
    }


def published_for(members: list[MemberVotes], device: Device) -> dict[str, Any]:
    """What the members' experiment publishes for their ensemble, and where they deviate from it.

    Nothing is published for members that do not agree on it.
    """
    configs = [OmegaConf.create(read_config(member.candidate.folder)) for member in members]
    figures = [ensemble_figures(config, device.type) for config in configs]
    deviations: dict[str, Any] = {}
    for member in members:
        deviations |= member.candidate.summary.get("deviations") or {}
    return {
        "published": figures[0] if all(one == figures[0] for one in figures) else None,
        "published_on": configs[0].get("published_on"),
        "deviations": deviations,
    }


def _figures(split: SplitMetrics) -> dict[str, dict[str, float]]:
    return {name: task.as_dict() for name, task in split.tasks.items()}


def save_answers(
    folder: RunFolder,
    run: LoadedRun,
    test: Split,
    votes: dict[str, torch.Tensor],
    measured: SplitMetrics,
) -> None:
    """Confusion matrices and scatter of the ensemble's test answers, as a run has them."""
    matrices = {name: matrix.tolist() for name, matrix in measured.confusions.items()}
    write_whole(folder.confusions, json.dumps({"test": matrices}) + "\n")
    points = {
        task.name: scatter_points(test.targets[task.name], votes[task.name])
        for task in run.tasks
        if isinstance(task, RegressionTask)
    }
    if points:
        write_whole(folder.scatter, json.dumps({"test": points}) + "\n")


def comparison_table(
    members: list[MemberVotes], best: MemberVotes, measured: SplitMetrics
) -> Table:
    """Test figures of each member, of the best one on validation, and of the ensemble."""
    table = Table(title="test split", title_justify="left")
    table.add_column("")
    for name, task in measured.tasks.items():
        for figure in ("accuracy",) if name in measured.confusions else ("mae", "r2"):
            assert figure in task.as_dict()
            table.add_column(f"{name} {figure}", justify="right")

    def add(title: str, split: SplitMetrics) -> None:
        cells = []
        for name, task in split.tasks.items():
            figures = task.as_dict()
            wanted = ("accuracy",) if name in split.confusions else ("mae", "r2")
            cells += [f"{figures[figure]:.4f}" for figure in wanted]
        table.add_row(title, *cells)

    for member in members:
        add(member.candidate.title, member.test)
    table.add_section()
    add(f"best on validation: {best.candidate.title}", best.test)
    add("ensemble", measured)
    return table
