"""`mtlab ensemble`: several trained runs as one, by averaged probabilities and values."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from omegaconf import DictConfig, OmegaConf
from pydantic import BeforeValidator

from mtlab.artifacts.run_dir import write_whole
from mtlab.config.base import Count, Keys, described, one_as_list
from mtlab.config.compose import to_device_config, to_options
from mtlab.config.device import DeviceConfig, Precision
from mtlab.device import select_device
from mtlab.inference.ensemble import (
    Candidate,
    Ensemble,
    as_summary,
    best_on_validation,
    find_candidates,
    own_test_split,
    save_ensemble,
    vote,
)
from mtlab.inference.loading import read_run_config
from mtlab.report.write.run_figures import draw_run_figures
from mtlab.report.write.terminal_tables import FittedTable, TerminalColumn
from mtlab.runner.origin import hydra_origin
from mtlab.runner.record import Record

RunFolders = Annotated[
    list[str],
    described(
        "the folder of a sweep, or a list of runs", "outputs/multirun/DATE/TIME", min_length=1
    ),
    BeforeValidator(one_as_list),
]


class EnsembleOptions(Keys):
    """conf/ensemble.yaml."""

    runs: RunFolders
    keep: str | None
    batch_size: Count


def ensemble(composed: DictConfig) -> None:
    """Hydra's job: choose the members, let them vote on the test split, keep them together."""
    options = to_options(composed, EnsembleOptions)
    with Record(hydra_origin(composed, "ensemble")) as record:
        candidates = find_candidates([Path(run).expanduser() for run in options.runs], options.keep)
        kept = [candidate for candidate in candidates if candidate.why_not is None]
        tested_in = {read_run_config(run.folder).device.precision for run in kept}
        precision: Precision = tested_in.pop() if len(tested_in) == 1 else "float32"
        own = DeviceConfig(name="auto", threads=None, precision=precision)
        settings = to_device_config(composed, own)
        device = select_device(settings.name, settings.precision, settings.threads)
        folders = [candidate.folder for candidate in kept]
        voted = vote(folders, own_test_split, options.batch_size, device)
        best, by = best_on_validation(voted, kept)
        # Only now, when nothing can be refused any more: a refused ensemble leaves no folder.
        record.begin()
        folder, say = record.folder, record.terminal.say
        # Whoever asks the ensemble later reads there how it was measured.
        composed.device.precision = settings.precision
        write_whole(folder.config, OmegaConf.to_yaml(composed, resolve=True))
        save_ensemble(voted, folder)
        record.values |= as_summary(voted, candidates, best, device)
        draw_run_figures(record.values, folder.path, say)
        say(comparison_table(voted, kept, best, by))
        for candidate in candidates:
            if candidate.why_not is not None:
                say(f"left out: {candidate.title}: {candidate.why_not}")
        say(f"{len(kept)} of {len(candidates)} runs are members")


def comparison_table(voted: Ensemble, kept: Sequence[Candidate], best: int, by: str) -> FittedTable:
    """Of each member what its own run had on validation, and what it has on test; of the ensemble,
    whose members may have had other validation images each, test alone.
    """
    own = [candidate.summary["val"] for candidate in kept]
    rows = [(val, metrics.tasks) for val, (_, metrics) in zip(own, voted.members, strict=True)]
    rows.append((None, voted.metrics.tasks))
    titles = [candidate.title for candidate in kept]
    titles[best] += " *"
    columns = [TerminalColumn("", [*titles, "ensemble"], is_folded=True, is_left=True)]
    for task in voted.metrics.tasks:
        for name in ("accuracy",) if task in voted.metrics.confusions else ("mae", "r2"):
            rank = 1 if name != "r2" else 3
            for place, split in enumerate(("val", "test")):
                found = [row[place] for row in rows]
                texts = ["" if one is None else f"{one[task][name]:.4f}" for one in found]
                columns.append(TerminalColumn(f"{task} {name}, {split}", texts, rank))
    return FittedTable(f"members (* best on validation by {by})", columns, [len(kept)])
