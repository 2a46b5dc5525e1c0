"""How a command was started: what was typed, and where it writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hydra import compose
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from mtlab.artifacts.provenance import command_line


@dataclass(frozen=True)
class Origin:
    """How a command was started.

    Attributes:
        folder: Where it writes.
        overrides: Those of the command line, without the command's word.
        word: The command's word; empty for a training.
        job: Number of the job in its sweep; None outside one.
        preset: The file of conf/experiment that was chosen.
        hydra_files: The configuration as Hydra composed it, by file name.
    """

    folder: Path
    overrides: tuple[str, ...] = ()
    word: str = ""
    job: int | None = None
    preset: str | None = None
    hydra_files: Mapping[str, str] = field(default_factory=dict)

    @property
    def command(self) -> str:
        """What was typed, quoted for a shell."""
        return command_line([*self.word.split(), *self.overrides])


def hydra_origin(composed: DictConfig, word: str = "") -> Origin:
    """The origin of the job that Hydra runs now.

    `hydra_files` is what Hydra would have written into `.hydra/`. It is left to the run, since a
    run that is refused writes nothing.
    """
    hydra = HydraConfig.get()
    whole = OmegaConf.create({"hydra": hydra})
    overrides = list(whole.hydra.overrides.task)
    return Origin(
        folder=Path(hydra.runtime.output_dir),
        overrides=tuple(overrides),
        word=word,
        job=int(hydra.job.num) if hydra.mode == RunMode.MULTIRUN else None,
        preset=hydra.runtime.choices.get("experiment"),
        hydra_files={
            "overrides.yaml": OmegaConf.to_yaml(OmegaConf.create(overrides)),
            "config.yaml": OmegaConf.to_yaml(composed),
            "hydra.yaml": OmegaConf.to_yaml(whole),
        },
    )


def compose_again(overrides: list[str]) -> DictConfig:
    """Compose this job's configuration from other overrides; Hydra's own ones stay."""
    hydra = HydraConfig.get()
    return compose(hydra.job.config_name, [*hydra.overrides.hydra, *overrides])
