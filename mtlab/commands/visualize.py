"""`mtlab visualize`: pictures of what a trained run has learned, into the run's own folder."""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig
from pydantic import model_validator

from mtlab.artifacts.run_dir import CONFIG, LOG, PICTURES, run_folders
from mtlab.config.arguments import as_typed
from mtlab.config.base import OneOrMore, read_keys
from mtlab.config.compose import plain, to_options
from mtlab.drawing.contact_sheet import write_contact_sheet
from mtlab.drawing.lettering import plain_drawing
from mtlab.errors import ConfigError, RunFolderError
from mtlab.inference.loading import load_run
from mtlab.runner.origin import command_line
from mtlab.terminal import Terminal
from mtlab.visualize.build import KINDS
from mtlab.visualize.subject import DoesNotApplyError, ShownKeys, Subject
from mtlab.visualize.sweep import Sweep, SweepPicture

SWEEP_LOG = "pictures.txt"
"""Not mtlab.log, which would make the folder a run in the eyes of a report."""


class VisualizeKeys(ShownKeys):
    """What `mtlab visualize` is told beside the keys of each kind; see conf/visualize.yaml."""

    run: str | None
    what: OneOrMore | None

    @model_validator(mode="after")
    def _check(self) -> "VisualizeKeys":
        if not self.run:
            remedy, found = "for example run=outputs/DATE/TIME", self.run or "none"
            raise ConfigError(
                "run", rule="must name the folder of a run", found=found, remedy=remedy
            )
        for name in self.what or ["null"]:
            if name not in (*KINDS, "all"):
                raise ConfigError(
                    "what",
                    rule=f"must be one of {', '.join(KINDS)}, or all",
                    found=name,
                    remedy="for example what=filters",
                )
        if self.indices is not None and self.digits is not None:
            raise ConfigError(
                "indices",
                rule="and digits both choose test images",
                found=self.indices,
                remedy="leave one of them out",
            )
        self._check_heeded()
        return self

    def _check_heeded(self) -> None:
        """A key that none of the chosen pictures goes by would change nothing."""
        for key in ("task", "layer", "digits", "indices"):
            goes_with = "digits" if key == "indices" else key
            value = getattr(self, key)
            if value is None or any(goes_with in KINDS[name].heeds for name in self.kinds):
                continue
            others = [name for name, kind in KINDS.items() if goes_with in kind.heeds]
            raise ConfigError(
                key,
                rule=f"chooses nothing for what={','.join(self.kinds)}",
                found=value,
                remedy=f"leave it out; it is for {', '.join(others)}",
            )

    @property
    def is_all(self) -> bool:
        """Whether everything that suits the run is wanted, and the rest may be left out."""
        return "all" in (self.what or ())

    @property
    def kinds(self) -> list[str]:
        """The kinds of pictures, each once."""
        return list(KINDS) if self.is_all else list(dict.fromkeys(self.what or ()))


def visualize(composed: DictConfig) -> None:
    """Hydra's job: each kind of picture that was asked for, then the contact sheet."""
    keys = to_options(composed, VisualizeKeys)
    groups = plain(composed)
    pictures = {name: read_keys(kind, groups.get(name, {}), name) for name, kind in KINDS.items()}
    chosen = [pictures[name] for name in keys.kinds]
    folder = Path(keys.run or "").expanduser()
    command = command_line(["visualize", *map(as_typed, HydraConfig.get().overrides.task)])
    of_sweeps = [picture for picture in chosen if isinstance(picture, SweepPicture)]
    if _is_sweep(folder) and (keys.is_all or of_sweeps == chosen):
        target = _picture_folder(folder)
        with Terminal(target / SWEEP_LOG, quiet=False) as terminal, plain_drawing(terminal.say):
            terminal.log(command)
            for picture in of_sweeps:
                picture.draw_sweep(Sweep(terminal, command, target, folder, keys))
            _write_sheet(target, folder, terminal)
        return
    run = load_run(folder)
    run.task(keys.task)
    target = _picture_folder(folder)
    with Terminal(target / LOG, quiet=False) as terminal, plain_drawing(terminal.say):
        terminal.log(command)
        subject = Subject(terminal, command, target, run, keys)
        for name in keys.kinds:
            try:
                pictures[name].draw(subject)
            except DoesNotApplyError as reason:
                if not keys.is_all:
                    raise
                terminal.say(f"{name} left out: {reason}")
        _write_sheet(target, folder, terminal)


def _is_sweep(folder: Path) -> bool:
    return folder.is_dir() and not (folder / CONFIG).is_file() and bool(run_folders(folder))


def _write_sheet(target: Path, folder: Path, terminal: Terminal) -> None:
    sheet = write_contact_sheet(target, f"pictures of {folder.name}")
    terminal.say(f"all pictures: {sheet}")


def _picture_folder(run: Path) -> Path:
    pictures = run / PICTURES
    try:
        pictures.mkdir(exist_ok=True)
    except OSError as error:
        raise RunFolderError(
            str(pictures),
            rule="must be a folder that can be written",
            found="a file" if pictures.is_file() else error,
            remedy="move it elsewhere, or check its permissions",
        ) from error
    return pictures
