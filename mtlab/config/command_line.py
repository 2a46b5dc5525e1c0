"""Rules about what was typed: a setting that would have no effect is a mistake, not a wish."""

from __future__ import annotations

from collections.abc import Sequence

from mtlab.config.device import DeviceKind
from mtlab.config.model import PerceptronConfig
from mtlab.config.schema import RunConfig
from mtlab.errors import ConfigError

UNUSED_BY_PERCEPTRON = (
    "augmentation",
    "optimizer",
    "scheduler",
    "trainer.batch_size",
    "trainer.clip_norm",
    "trainer.patience_epochs",
    "trainer.min_delta",
    "device.precision",
)


def check_perceptron(config: RunConfig, overrides: Sequence[str]) -> None:
    """The perceptron has a rule of its own, on the processor.

    Raises:
        ConfigError: The command line sets what a perceptron has no use for.
    """
    if not isinstance(config.model, PerceptronConfig):
        return
    for key in UNUSED_BY_PERCEPTRON:
        typed = find_override(overrides, key)
        if typed is not None:
            raise ConfigError(
                key,
                rule="does not apply to model=perceptron, which learns by its own rule",
                found=typed,
                remedy="leave it out; model.lr and model.update steer the rule",
            )
    if config.device.name is DeviceKind.cuda:
        raise ConfigError(
            "device",
            rule="model=perceptron learns on the processor, one sample after another",
            found="device=cuda",
            remedy="use device=cpu or device=auto",
        )


def check_weighting(tasks: Sequence[str], overrides: Sequence[str]) -> None:
    """With one task there is nothing to weigh, and a task that is not learned has no loss.

    Raises:
        ConfigError: The command line sets a weighting, or such a task's weight, all the same.
    """
    typed = find_override(overrides, "mtl")
    if len(tasks) == 1 and typed is not None:
        raise ConfigError(
            "mtl",
            rule="weighs the losses of several tasks, and this run has one",
            found=typed,
            remedy="leave it out, or choose more tasks by 'tasks=[...]'",
        )
    for override in overrides:
        _, is_weight, name = override_key(override).partition("mtl.weights.")
        if is_weight and name not in tasks and not override.startswith("~"):
            raise ConfigError(
                f"mtl.weights.{name}",
                rule=f"must name a task of the run: {', '.join(tasks)}",
                found=override,
                remedy="leave it out, or add the task to `tasks`",
            )


def find_override(overrides: Sequence[str], key: str) -> str | None:
    """The first override of a key, a group, or anything below it; None where there is none."""
    for override in overrides:
        name = override_key(override)
        if name == key or name.startswith(f"{key}."):
            return override
    return None


def override_key(override: str) -> str:
    """The key or group that an override sets, dotted."""
    return override.lstrip("+~").partition("=")[0].partition("@")[0].replace("/", ".")
