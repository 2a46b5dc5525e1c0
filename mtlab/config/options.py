"""The keys that `visualize` and `pca` have of their own: types, units and ranges."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from mtlab.config.checks import check_between, check_each_at_least, require
from mtlab.errors import ConfigError


class What(Enum):
    """The kinds of pictures that `mtlab visualize` makes."""

    filters = "filters"
    activations = "activations"
    maximise = "maximise"
    dream = "dream"
    embeddings = "embeddings"
    mistakes = "mistakes"
    saliency = "saliency"
    curves = "curves"


class EmbeddingMethod(Enum):
    """How features become two coordinates."""

    pca = "pca"
    tsne = "tsne"


class ChannelScoreChoice(Enum):
    """What is maximised of a filter's map."""

    mean = "mean"
    rms = "rms"
    contrast = "contrast"


@dataclass
class FiltersOptions:
    """Weights as images."""

    all_channels: bool
    most_units: int

    def __post_init__(self) -> None:
        check_between(self.most_units, "filters.most_units", 1)


@dataclass
class ActivationsOptions:
    """Answers of layers to images."""

    most_channels: int

    def __post_init__(self) -> None:
        check_between(self.most_channels, "activations.most_channels", 1)


@dataclass
class MaximiseOptions:
    """Gradient ascent from noise."""

    score: ChannelScoreChoice
    steps: int
    rate: float
    restarts: int
    class_restarts: int
    jitter: int
    blur: float
    l2: float
    total_variation: float

    def __post_init__(self) -> None:
        check_between(self.steps, "maximise.steps", 1)
        check_between(self.rate, "maximise.rate", 0, low_open=True)
        check_between(self.restarts, "maximise.restarts", 1)
        check_between(self.class_restarts, "maximise.class_restarts", 1)
        check_between(self.jitter, "maximise.jitter", 0)
        check_between(self.blur, "maximise.blur", 0)
        check_between(self.l2, "maximise.l2", 0)
        check_between(self.total_variation, "maximise.total_variation", 0)


@dataclass
class DreamOptions:
    """Gradient ascent from an image, octave by octave."""

    steps: int
    rate: float
    octaves: int
    octave_scale: float
    jitter: int
    total_variation: float
    contrast: float
    anchor: float

    def __post_init__(self) -> None:
        check_between(self.steps, "dream.steps", 1)
        check_between(self.rate, "dream.rate", 0, low_open=True)
        check_between(self.octaves, "dream.octaves", 1)
        check_between(self.octave_scale, "dream.octave_scale", 1, low_open=True)
        check_between(self.jitter, "dream.jitter", 0)
        check_between(self.total_variation, "dream.total_variation", 0)
        check_between(self.contrast, "dream.contrast", 0, 1, low_open=True)
        check_between(self.anchor, "dream.anchor", 0)


@dataclass
class EmbeddingsOptions:
    """Features in the plane."""

    method: EmbeddingMethod
    points: int
    perplexity: float

    def __post_init__(self) -> None:
        check_between(self.points, "embeddings.points", 3)
        # Its upper limit is the number of images, which the command knows.
        check_between(self.perplexity, "embeddings.perplexity", 1, low_open=True)


@dataclass
class MistakesOptions:
    """Confident errors."""

    count: int

    def __post_init__(self) -> None:
        check_between(self.count, "mistakes.count", 1)


@dataclass
class SaliencyOptions:
    """Input gradients."""

    samples: int
    noise: float

    def __post_init__(self) -> None:
        check_between(self.samples, "saliency.samples", 1)
        check_between(self.noise, "saliency.noise", 0)


@dataclass
class VisualizeOptions:
    """Everything `mtlab visualize` is told; see conf/visualize.yaml."""

    run: str | None
    what: Any
    task: str | None
    layer: Any
    digits: Any
    indices: Any
    seed: int
    filters: FiltersOptions
    activations: ActivationsOptions
    maximise: MaximiseOptions
    dream: DreamOptions
    embeddings: EmbeddingsOptions
    mistakes: MistakesOptions
    saliency: SaliencyOptions

    def __post_init__(self) -> None:
        require(
            bool(self.run), "run", "must name the folder of a run", self.run,
            "for example run=outputs/DATE/TIME",
        )  # fmt: skip
        for key in ("what", "layer", "digits", "indices"):
            self._make_list(key)
        self.chosen()
        check_between(self.seed, "seed", 0)
        if self.indices is not None:
            check_each_at_least(self.indices, "indices", 0)
        require(
            self.indices is None or self.digits is None, "indices",
            "and digits both choose test images", self.indices, "leave one of them out",
        )  # fmt: skip

    def _make_list(self, key: str) -> None:
        """Keys that take one value or several hold a list from here on, or None."""
        value = getattr(self, key)
        if value is not None and not isinstance(value, list):
            setattr(self, key, [value])
        require(
            value != [], key, "must not be an empty list", "[]", f"leave {key} out for the default"
        )

    @property
    def layer_names(self) -> list[str] | None:
        """The layers by name; None for all that suit."""
        return None if self.layer is None else [str(name) for name in self.layer]

    def chosen(self) -> list[What]:
        """The kinds of pictures, each once, `all` spelled out.

        Raises:
            ConfigError: A kind of picture that does not exist.
        """
        names = ["null"] if self.what is None else self.what
        known = [what.value for what in What]
        for name in names:
            if name not in [*known, "all"]:
                raise ConfigError(
                    "what",
                    rule=f"must be one of {', '.join(known)}, or all",
                    found=name,
                    remedy="for example what=filters",
                )
        return list(What) if self.is_all else [What(name) for name in dict.fromkeys(names)]

    @property
    def is_all(self) -> bool:
        """Whether everything that suits the run is wanted, and the rest may be left out."""
        return self.what is not None and "all" in self.what


@dataclass
class PcaSettings:
    """The group `pca` of conf/pca.yaml."""

    points: int
    variance_share: float
    three_dimensional: bool
    space_points: int
    tsne: bool
    tsne_points: int
    tsne_perplexity: float

    def __post_init__(self) -> None:
        check_between(self.points, "pca.points", 2)
        check_between(self.space_points, "pca.space_points", 2)
        check_between(self.variance_share, "pca.variance_share", 0, 1, low_open=True)
        check_between(
            self.tsne_perplexity, "pca.tsne_perplexity", 1, self.tsne_points,
            low_open=True, high_open=True,
        )  # fmt: skip


@dataclass
class PcaOptions:
    """What `mtlab pca` is told beside its dataset."""

    task: str | None
    seed: int
    pca: PcaSettings

    def __post_init__(self) -> None:
        check_between(self.seed, "seed", 0)
