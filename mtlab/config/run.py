"""The configuration of a run: every group, what its preset says of it, and what suits its tasks."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from mtlab.config.base import Keys, Name, Whole, described, read_keys
from mtlab.config.dataset import DatasetConfig
from mtlab.config.device import DeviceConfig
from mtlab.config.model import ModelConfig
from mtlab.config.mtl import AutoConfig, LambdaConfig, MtlConfig, WeightsConfig
from mtlab.config.tracker import TrackerConfig
from mtlab.config.training import (
    AugmentationConfig,
    OptimizerConfig,
    SchedulerConfig,
    TrainerConfig,
)
from mtlab.errors import ConfigError

ChosenTasks = Annotated[
    list[Name], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
]


# A dotted path in summary.json to a number, to one number per type of device, or to nothing.
Published = Annotated[
    dict[str, float | dict[Literal["cpu", "cuda"], float] | None],
    described("a mapping of paths in summary.json to numbers", "{test.digit.accuracy: 0.9}"),
]


class PresetRow(Keys):
    """A row of a preset's table: dotted keys, or groups, to their values."""

    model_config = ConfigDict(extra="allow")

    published: Published | None = None


class RunConfig(Keys):
    """Everything that decides what a run does, and what its preset says of it.

    Attributes:
        tasks: Names in the order in which they are learned and reported; None leaves the choice to
            the model (`model.task_choice`).
        mtl: None where there is a single task and nothing to weigh.
        preset: Its file in conf/experiment.
        row: Of the preset's table, the run's own one.
        rows: By name; None takes away a row of the preset that another one builds on.
        published_random: What the study says of guessing, by the paths of `published`.
        deviations: Settings in which the run is not what its preset and row say.
    """

    seed: Whole
    tasks: ChosenTasks | None
    dataset: DatasetConfig
    augmentation: AugmentationConfig
    model: ModelConfig
    mtl: MtlConfig | None
    optimizer: OptimizerConfig
    scheduler: SchedulerConfig
    device: DeviceConfig
    trainer: TrainerConfig
    tracker: dict[Name, TrackerConfig] = Field(default_factory=dict)
    preset: SkipJsonSchema[str | None] = None
    row: Name | None = None
    rows: dict[Name, PresetRow | None] | None = None
    deviations: SkipJsonSchema[dict[str, dict[str, Any]] | None] = None
    published: Published | None = None
    published_ensemble: Published | None = None
    published_random: Published | None = None
    published_on: str | None = None
    after_sweep: dict[str, Any] | None = None

    def as_values(self) -> dict[str, Any]:
        """Plain values, as config.yaml holds them: `read_keys(RunConfig, values)` undone."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    @model_validator(mode="after")
    def _check_rates(self) -> Self:
        lowest, lr = getattr(self.scheduler, "min_lr", 0), self.optimizer.lr
        if lowest > lr:
            raise ConfigError(
                "scheduler.min_lr",
                rule=f"must be at most optimizer.lr={lr:g}, from which the rate falls",
                found=lowest,
                remedy="lower it, or raise optimizer.lr",
            )
        return self

    @model_validator(mode="after")
    def _check_tasks(self) -> Self:
        if self.tasks is not None and not len(set(self.tasks)) == len(self.tasks) > 0:
            raise ConfigError(
                "tasks",
                rule="must name at least one task, and none twice",
                found=self.tasks,
                remedy="for example 'tasks=[digit]'",
            )
        return self


def resolved(config: RunConfig, tasks: Mapping[str, bool]) -> RunConfig:
    """The configuration with the tasks it is for, and `auto` as what suits them.

    Args:
        tasks: The run's tasks in order, and whether they have classes. Values have no accuracy:
            a run without classes is judged by its loss.
    """
    monitor = config.trainer.monitor
    if monitor == "auto":
        monitor = "accuracy" if any(tasks.values()) else "loss"
    return config.model_copy(
        update={
            "tasks": list(tasks),
            "mtl": _suitable_weighting(config.mtl, list(tasks)),
            "trainer": config.trainer.model_copy(update={"monitor": monitor}),
        }
    )


def _suitable_weighting(mtl: MtlConfig | None, tasks: Sequence[str]) -> MtlConfig | None:
    """Nothing for one task, lambda for two, a weight for each of more."""
    if len(tasks) == 1:
        return None
    if not isinstance(mtl, AutoConfig):
        return mtl
    if mtl.lambda_ is not None or (len(tasks) == 2 and not mtl.weights):
        share = 0.5 if mtl.lambda_ is None else mtl.lambda_
        return read_keys(LambdaConfig, {"name": "lambda", "lambda": share})
    return WeightsConfig(name="weights", weights=mtl.weights)
