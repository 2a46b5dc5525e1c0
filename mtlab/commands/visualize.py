"""`mtlab visualize`: pictures of what a trained run has learned, into the run's own folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from mtlab.artifacts.provenance import command_line
from mtlab.artifacts.reading import run_folders
from mtlab.artifacts.run_dir import CONFIG, LOG, PICTURES
from mtlab.commands.look_activations import draw_activations
from mtlab.commands.look_ascent import draw_dreams, draw_maximising_inputs
from mtlab.commands.look_decisions import draw_embeddings, draw_mistakes, draw_saliency_maps
from mtlab.commands.look_weights import draw_filters
from mtlab.commands.sitting import DoesNotApplyError, Sitting
from mtlab.config.compose import to_options
from mtlab.config.options import VisualizeOptions, What
from mtlab.config.verbatim import as_typed
from mtlab.drawing.contact_sheet import write_contact_sheet
from mtlab.drawing.lettering import plain_drawing
from mtlab.errors import RunFolderError
from mtlab.inference.loading import load_run
from mtlab.report.error_curves import draw_run_error_curve, draw_sweep_error_curves
from mtlab.terminal import Terminal


def visualize(composed: DictConfig) -> None:
    """Hydra's job: each kind of picture that was asked for, then the contact sheet."""
    options = to_options(composed, VisualizeOptions)
    folder = Path(options.run or "").expanduser()
    typed = [as_typed(override) for override in HydraConfig.get().overrides.task]
    command = command_line(["visualize", *typed])
    if options.chosen() == [What.curves] and _is_sweep(folder):
        draw_sweep(folder, command)
        return
    run = load_run(folder)
    run.task(options.task)
    pictures = _picture_folder(folder)
    with Terminal(pictures / LOG, quiet=False) as terminal, plain_drawing(terminal.say):
        terminal.log(command)
        sitting = Sitting(run, options, terminal, command, pictures)
        for what in options.chosen():
            try:
                ARTISTS[what](sitting)
            except DoesNotApplyError as reason:
                if not options.is_all:
                    raise
                terminal.say(f"{what.value} left out: {reason}")
        terminal.say(f"all pictures: {write_contact_sheet(pictures, f'pictures of {folder.name}')}")


def draw_curves(sitting: Sitting) -> None:
    """The run's error per epoch."""
    target = sitting.folder / What.curves.value / "error.png"
    draw_run_error_curve(sitting.run.folder, target, sitting.command)
    sitting.terminal.say(str(target))


ARTISTS: dict[What, Callable[[Sitting], None]] = {
    What.filters: draw_filters,
    What.activations: draw_activations,
    What.maximise: draw_maximising_inputs,
    What.dream: draw_dreams,
    What.embeddings: draw_embeddings,
    What.mistakes: draw_mistakes,
    What.saliency: draw_saliency_maps,
    What.curves: draw_curves,
}
"""What makes each kind of picture."""


def draw_sweep(folder: Path, command: str) -> None:
    """A sweep's errors per epoch, one line per run."""
    pictures = _picture_folder(folder)
    with plain_drawing(print):
        paths = draw_sweep_error_curves(folder, pictures / What.curves.value, command)
    for path in paths:
        print(path)
    print(f"all pictures: {write_contact_sheet(pictures, f'pictures of {folder.name}')}")


def _picture_folder(run: Path) -> Path:
    pictures = run / PICTURES
    try:
        pictures.mkdir(exist_ok=True)
    except FileExistsError as error:
        raise RunFolderError(
            str(pictures), rule="must be a folder", found="a file", remedy="move the file elsewhere"
        ) from error
    except OSError as error:
        raise RunFolderError(
            str(pictures),
            rule="must be a folder that can be written",
            found=error,
            remedy="check its permissions",
        ) from error
    return pictures


def _is_sweep(folder: Path) -> bool:
    return folder.is_dir() and not (folder / CONFIG).is_file() and bool(run_folders(folder))
