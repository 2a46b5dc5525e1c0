"""What a run takes in place of a default that does not suit its tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mtlab.config.command_line import find_override
from mtlab.config.schema import RunConfig
from mtlab.config.training import LambdaConfig, WeightsConfig


def suited_to_tasks(
    config: RunConfig, num_tasks: int, has_classification: bool, overrides: Sequence[str]
) -> RunConfig:
    """The same configuration, with other defaults where the ordinary ones would be an error.

    Lambda weighs two tasks: more of them are weighed by 1 each. Values have no accuracy: a run
    without a classification is judged by its loss. What the command line sets itself stays, right
    or wrong.
    """
    is_lambda = isinstance(config.mtl, LambdaConfig)
    if is_lambda and num_tasks > 2 and find_override(overrides, "mtl") is None:
        config = replace(config, mtl=WeightsConfig("weights", {}))
    watches_accuracy = config.trainer.monitor == "accuracy"
    is_typed = find_override(overrides, "trainer.monitor") is not None
    if watches_accuracy and not has_classification and not is_typed:
        config = replace(config, trainer=replace(config.trainer, monitor="loss"))
    return config
