"""What was typed and would have no effect is a mistake, not a wish."""

from collections.abc import Sequence

from mtlab.config.arguments import find_override, override_key
from mtlab.config.model import PerceptronConfig
from mtlab.config.run import RunConfig
from mtlab.config.training import OneCycleConfig
from mtlab.errors import ConfigError

UNUSED_BY_PERCEPTRON = (
    "augmentation",
    "optimizer",
    "scheduler",
    "trainer.batch_size",
    "trainer.clip_norm",
    "trainer.clip_each_norm",
    "trainer.label_smoothing",
    "trainer.class_weights",
    "trainer.patience_epochs",
    "trainer.min_delta",
    "device.precision",
)


def check_perceptron(config: RunConfig, overrides: Sequence[str]) -> None:
    """Refuse what the command line sets and a perceptron has no use for."""
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


def known_tasks(config: RunConfig) -> list[str] | None:
    """The tasks that the configuration alone names; None where the images' labels decide."""
    dataset = config.dataset
    names = config.tasks or dataset.default_tasks or list(dataset.tasks)
    is_first = config.tasks is None and config.model.task_choice == "first"
    return (names[:1] if is_first else names) or None


def check_weighting(tasks: Sequence[str], overrides: Sequence[str]) -> None:
    """Refuse a weighting of one task, and the weight of a task that is not learned."""
    typed = find_override(overrides, "mtl")
    if len(tasks) == 1 and typed not in (None, "mtl=auto"):
        raise ConfigError(
            "mtl",
            rule="weighs the losses of several tasks, and this run has one",
            found=typed,
            remedy="leave it out, or choose more tasks by 'tasks=[...]'",
        )
    for override in overrides:
        key = override_key(override)
        group, _, name = key.rpartition(".")
        is_weight = group in ("mtl.weights", "mtl.probabilities")
        if is_weight and name not in tasks and not override.startswith("~"):
            raise ConfigError(
                key,
                rule=f"must name a task of the run: {', '.join(tasks)}",
                found=override.lstrip("+"),
                remedy="leave it out, or add the task to `tasks`",
            )


def check_overruled(config: RunConfig, overrides: Sequence[str]) -> None:
    """Refuse what another key of the run stands in place of."""
    overruling = {}
    if config.dataset.folds is not None:
        overruling["dataset.val_fraction"] = f"dataset.folds={config.dataset.folds}"
    if isinstance(config.scheduler, OneCycleConfig) and config.scheduler.momentum is not None:
        overruling["optimizer.momentum"] = f"scheduler.momentum={config.scheduler.momentum}"
    for key, stronger in overruling.items():
        typed = find_override(overrides, key)
        if typed is not None:
            raise ConfigError(
                key,
                rule=f"has no effect beside {stronger}, which stands in its place",
                found=typed,
                remedy=f"leave it out, or do without {stronger.partition('=')[0]}",
            )
