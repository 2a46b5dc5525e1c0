"""Keys of the group `mtl`: how the losses of several tasks are trained together."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mtlab.config.base import Count, Keys, Name, Share
from mtlab.errors import ConfigError

# Beyond a weight of a million the weighted loss soon leaves the range of single precision.
Weight = Annotated[float, Field(ge=0, le=1e6)]


class AutoConfig(Keys):
    """What suits the tasks: `lambda` for two, `weights` for more; see `run.resolved`."""

    name: Literal["auto"]
    lambda_: Share | None = Field(None, alias="lambda")
    weights: dict[Name, Weight] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_one_of_them(self) -> Self:
        if self.lambda_ is not None and self.weights:
            raise ConfigError(
                "mtl.weights",
                rule="and mtl.lambda both weigh the tasks",
                found=f"mtl.lambda={self.lambda_:g} and mtl.weights={self.weights}",
                remedy="leave one of them out",
            )
        return self


class LambdaConfig(Keys):
    """lambda * first + (1 - lambda) * second. YAML calls the key `lambda`, a Python keyword."""

    name: Literal["lambda"]
    lambda_: Share = Field(alias="lambda")

    @model_validator(mode="before")
    @classmethod
    def _check_no_weights(cls, values: object) -> object:
        if isinstance(values, dict) and values.get("weights"):
            raise ConfigError(
                "mtl.weights",
                rule="belongs to mtl=weights; mtl=lambda weighs two tasks by mtl.lambda alone",
                found=values["weights"],
                remedy="use mtl=weights for a weight per task",
            )
        return values


class WeightsConfig(Keys):
    """One weight per named task; tasks that are not named have weight 1."""

    name: Literal["weights"]
    weights: dict[Name, Weight]


class UncertaintyConfig(Keys):
    """Weights that are learned with the network, from each task's uncertainty."""

    name: Literal["uncertainty"]


class PCGradConfig(Keys):
    """Gradients of the shared layers that lose what conflicts with another task's."""

    name: Literal["pcgrad"]


class LambdaScheduleConfig(Keys):
    """The weight of the first of two tasks, from epoch to epoch.

    Attributes:
        epochs: The one that `end` is reached in; None: the last one.
    """

    name: Literal["lambda_schedule"]
    start: Share
    end: Share
    shape: Literal["linear", "cosine"]
    epochs: Count | None


class AlternatingConfig(Keys):
    """One task per step.

    Attributes:
        probabilities: Of each task, 1 where it is not named; scaled to sum to 1.
    """

    name: Literal["alternating"]
    order: Literal["in_turn", "random"]
    probabilities: dict[Name, Weight]

    @model_validator(mode="after")
    def _check_draws(self) -> Self:
        if self.order == "in_turn" and self.probabilities:
            raise ConfigError(
                "mtl.probabilities",
                rule="are those of tasks that are drawn",
                found="mtl.order=in_turn",
                remedy="set mtl.order=random, or leave them out",
            )
        return self


MtlConfig = Annotated[
    AutoConfig
    | LambdaConfig
    | WeightsConfig
    | UncertaintyConfig
    | PCGradConfig
    | LambdaScheduleConfig
    | AlternatingConfig,
    Field(discriminator="name"),
]
