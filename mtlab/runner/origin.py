"""How a command was started: what was typed, and where it writes."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra import compose
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from mtlab.config.arguments import as_typed


@dataclass(frozen=True)
class Origin:
    """How a command was started.

    Attributes:
        overrides: Those of the command line, without the command's word.
        word: The command's word; empty for a training.
        job: Number of the job in its sweep; None outside one.
        preset: The file of conf/experiment that was chosen.
        hydra_files: By name, what Hydra would have written into `.hydra/`. It is left to the run,
            since a run that is refused writes nothing.
    """

    folder: Path
    overrides: tuple[str, ...]
    word: str
    job: int | None
    preset: str | None
    hydra_files: Mapping[str, str]

    @property
    def command(self) -> str:
        return command_line([*self.word.split(), *map(as_typed, self.overrides)])


def command_line(words: Sequence[str]) -> str:
    """What was typed behind `mtlab`, as a command quoted for a shell."""
    return shlex.join(["mtlab", *words])


def hydra_origin(composed: DictConfig, word: str = "") -> Origin:
    """The origin of the job that Hydra runs now."""
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
