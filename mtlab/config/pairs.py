"""Keys about perceptrons on pairs of labels: of `separable`, and of what ends such a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mtlab.config.checks import check_between, require


@dataclass
class SeparableOptions:
    """What `mtlab separable` is told beside a run's configuration."""

    pairs: list[list[int]] | None
    processes: int | None
    published: dict[str, list[list[int]]]

    def __post_init__(self) -> None:
        if self.processes is not None:
            check_between(self.processes, "processes", 1)
        if self.pairs is not None:
            require(
                len(self.pairs) > 0, "pairs", "must hold at least one pair", self.pairs,
                "leave it out for all pairs",
            )  # fmt: skip
            _check_pairs(self.pairs, "pairs")
        for dataset, pairs in self.published.items():
            _check_pairs(pairs, f"published.{dataset}")


@dataclass
class AfterSweepOptions:
    """The group `after_sweep` of an experiment on pairs, such as perceptron_pairs."""

    learning_rates: list[float]
    learning_rates_pair: list[int]
    initial_scale: float
    separable: bool
    processes: int | None
    published: dict[str, list[list[int]]]

    def __post_init__(self) -> None:
        for rate in self.learning_rates:
            check_between(rate, "after_sweep.learning_rates", 0, low_open=True)
        _check_pairs([self.learning_rates_pair], "after_sweep.learning_rates_pair")
        check_between(self.initial_scale, "after_sweep.initial_scale", 0)
        if self.processes is not None:
            check_between(self.processes, "after_sweep.processes", 1)
        for dataset, pairs in self.published.items():
            _check_pairs(pairs, f"after_sweep.published.{dataset}")


def _check_pairs(pairs: Sequence[Sequence[int]], key: str) -> None:
    for pair in pairs:
        require(
            len(pair) == 2 and pair[0] != pair[1], key, "must hold pairs of two different labels",
            list(pair), "for example [0,1]",
        )  # fmt: skip
