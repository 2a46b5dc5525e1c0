"""Filters and units that never answer: how many, which, and why."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import nn

from mtlab.drawing.axes import new_figure, show_grid
from mtlab.drawing.colours import LINE_COLOURS, WRONG_COLOUR
from mtlab.drawing.saving import Array
from mtlab.visualize.filters import draw_kernels
from mtlab.visualize.layers import Layer
from mtlab.visualize.subject import Picture, Subject

NUM_BINS = 20
SATURATING = (nn.Sigmoid, nn.Tanh)
LEAST_MOVE = 0.01
"""Of the answers of a unit that saturates: one that moves less is as good as a constant."""
FADED = 1e-3
"""Weights shorter than this share of the layer's median are as good as 0."""
MOST_NAMED = 12


class Dead(Picture):
    """A picture with a row per layer, and one of the dead kernels of each layer of filters."""

    heeds = frozenset({"layer"})

    split: Literal["test", "val"]

    def draw(self, subject: Subject) -> None:
        layers = subject.hidden_layers(lambda layer: layer.activation is not None)
        images = (subject.test if self.split == "test" else subject.dataset.val).images
        units = [judge(layer, *answers) for layer, answers in _answers(subject, layers, images)]
        images_told = f"{len(images):,} {'test' if self.split == 'test' else 'validation'} images"
        for one in units:
            subject.terminal.say(f"{one.sentence} on {images_told}")
        self._save(subject, units, images_told)
        for one in units:
            name, dead = f"dead/{one.layer.name}", one.dead.nonzero()[0].tolist()
            subject.remove(name, pages=True)
            if dead and one.layer.is_convolution:
                draw_kernels(subject, one.layer, dead, name, one.sentence)

    @staticmethod
    def _save(subject: Subject, units: Sequence["Units"], images_told: str) -> None:
        figure = _draw_layers(units, f"filters and units that never answer to {images_told}")
        numbers = {
            f"{key}_{one.layer.name}": values
            for one in units
            for key, values in one.columns.items()
        }
        subject.save(figure, "dead/layers", numbers, vector=True)
        subject.save_table("dead/layers", [one.line for one in units])
        lines = []
        for one in units:
            for index, values in enumerate(zip(*one.columns.values(), strict=True)):
                named = dict(zip(one.columns, values, strict=True))
                lines.append({"layer": one.layer.name, "unit": index, **named})
        subject.save_table("dead/units", lines)


@dataclass(frozen=True)
class Units:
    """A layer's filters or units, `(units,)` each, in the units of what the nonlinearity reads.

    Attributes:
        dead: Whether it never answers above 0; behind a sigmoid or tanh, which answer always,
            whether it gives the same answer to every image.
        shares: Of the images, those to which it answers above 0 somewhere.
        moves: From its lowest to its highest answer.
        highest: The largest value before the nonlinearity.
        biases: What stands there where all inputs are 0; batch norm counts.
        norms: The length of its weights; batch norm counts.
        reasons: Why it is dead; empty for the others.
    """

    layer: Layer
    dead: Array
    shares: Array
    moves: Array
    highest: Array
    biases: Array
    norms: Array
    reasons: list[str]

    @property
    def kind(self) -> str:
        return "filters" if self.layer.is_convolution else "units"

    @property
    def saturates(self) -> bool:
        return isinstance(self.layer.activation, SATURATING)

    @property
    def columns(self) -> dict[str, Sequence[object]]:
        return {
            "dead": [int(one) for one in self.dead],
            "share_of_images": self.shares.tolist(),
            "range_of_answers": self.moves.tolist(),
            "highest_before_activation": self.highest.tolist(),
            "bias": self.biases.tolist(),
            "weight_norm": self.norms.tolist(),
            "reason": self.reasons,
        }

    @property
    def line(self) -> dict[str, object]:
        counts = Counter(reason for reason in self.reasons if reason)
        why = "; ".join(f"{count}: {reason}" for reason, count in counts.most_common())
        return {
            "layer": self.layer.name,
            "activation": type(self.layer.activation).__name__,
            "units": len(self.dead),
            "dead": int(self.dead.sum()),
            "which": self.which,
            "why": why,
        }

    @property
    def sentence(self) -> str:
        """`conv2: 4 of 64 filters never answer (37, 41, 53, 63)`."""
        does = "always give the same answer" if self.saturates else "never answer above 0"
        which = f" ({self.which})" if self.which else ""
        counted = f"{self.dead.sum()} of {len(self.dead)} {self.kind}"
        return f"{self.layer.name}: {counted} {does}{which}"

    @property
    def which(self) -> str:
        """The first dead ones; the table of units has all."""
        dead = self.dead.nonzero()[0].tolist()
        return ", ".join(map(str, dead[:MOST_NAMED])) + (", ..." if dead[MOST_NAMED:] else "")


class _Answers:
    """What the images made a layer's nonlinearity read and say: extremes over all of them."""

    def __init__(self) -> None:
        self.highest_before = self.highest = torch.tensor(-torch.inf)
        self.lowest = torch.tensor(torch.inf)
        self.num_excited = torch.tensor(0)

    def add(self, _module: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        before, after = (
            one.flatten(2) if one.dim() > 2 else one[..., None] for one in (inputs[0], output)
        )
        self.highest_before = torch.maximum(self.highest_before, before.amax(dim=(0, 2)))
        self.highest = torch.maximum(self.highest, after.amax(dim=(0, 2)))
        self.lowest = torch.minimum(self.lowest, after.amin(dim=(0, 2)))
        self.num_excited = self.num_excited + (after.amax(dim=2) > 0).sum(dim=0)


def _answers(
    subject: Subject, layers: Sequence[Layer], images: torch.Tensor
) -> Iterator[tuple[Layer, tuple[Array, ...]]]:
    """Of each layer the highest value before and behind the nonlinearity, the lowest behind, and
    the share of images that excite each unit; `(units,)` each."""
    answers = {layer.name: _Answers() for layer in layers}
    with _watched({layer.activation: answers[layer.name].add for layer in layers}):
        subject.ask(images)
    for layer in layers:
        one = answers[layer.name]
        found = (one.highest_before, one.highest, one.lowest, one.num_excited / len(images))
        yield layer, tuple(values.numpy() for values in found)


@contextmanager
def _watched(hooks: dict[nn.Module | None, Callable[..., None]]) -> Iterator[None]:
    handles = [module.register_forward_hook(hook) for module, hook in hooks.items() if module]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def judge(
    layer: Layer, highest_before: Array, highest: Array, lowest: Array, shares: Array
) -> Units:
    """Which units of a layer are dead, from what they answered, `(units,)` each, and why."""
    biases, norms = _biases_and_norms(layer)
    saturates, moves = isinstance(layer.activation, SATURATING), highest - lowest
    dead = moves < LEAST_MOVE if saturates else highest <= 0
    reasons = []
    for index, is_dead in enumerate(dead):
        largest_sum = highest_before[index] - biases[index]
        if not is_dead:
            reason = ""
        elif norms[index] <= FADED * np.median(norms):
            reason = "its weights are as good as 0"
        elif saturates:
            reason = "its weighted sums lie where the curve is flat"
        elif largest_sum > 0:
            reason = "its bias outweighs every weighted sum"
        else:
            reason = "no weighted sum is above 0"
        reasons.append(reason)
    return Units(layer, dead, shares, moves, highest_before, biases, norms, reasons)


@torch.no_grad()
def _biases_and_norms(layer: Layer) -> tuple[Array, Array]:
    """Of each unit, `(units,)`, as the nonlinearity reads them."""
    norms = layer.module.weight.flatten(1).norm(dim=1)
    biases = torch.zeros_like(norms) if layer.module.bias is None else layer.module.bias
    norm = layer.norm
    if norm is not None:
        assert norm.running_mean is not None
        assert norm.running_var is not None
        gain = norm.weight / (norm.running_var + norm.eps).sqrt()
        biases, norms = norm.bias + gain * (biases - norm.running_mean), norms * gain.abs()
    return biases.numpy(), norms.numpy()


def _draw_layers(units: Sequence[Units], title: str) -> Figure:
    """A row per layer: how many images excite its units, and how strong weights and biases are."""
    figure = new_figure(title, 8.6, 2.3 * len(units) + 0.5)
    grid = figure.subplots(len(units), 2, squeeze=False)
    for (left, right), one in zip(grid, units, strict=True):
        _draw_shares(left, one)
        _draw_weights_and_biases(right, one)
        left.set_ylabel(f"{one.layer.name}\nnumber of {one.kind}")
        right.set_title(f"{int(one.dead.sum())} of {len(one.dead)} {one.kind} dead", fontsize=9)
        right.set_ylabel("bias")
    grid[-1, 1].set_xlabel("length of the weights")
    return figure


def _draw_shares(axes: Axes, units: Units) -> None:
    values = units.moves.clip(max=1) if units.saturates else units.shares
    bins = np.linspace(0, 1, NUM_BINS + 1)
    alive, dead = (np.histogram(values[units.dead == one], bins)[0] for one in (False, True))
    look: dict[str, Any] = {"width": 1 / NUM_BINS, "align": "edge", "edgecolor": "white"}
    axes.bar(bins[:-1], alive, color=LINE_COLOURS[0], zorder=2, **look)
    axes.bar(bins[:-1], dead, bottom=alive, color=WRONG_COLOUR, hatch="////", zorder=2, **look)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    of_what = "range of the answers" if units.saturates else "share of the images answered above 0"
    axes.set_xlabel(of_what)
    show_grid(axes)


def _draw_weights_and_biases(axes: Axes, units: Units) -> None:
    for is_dead, colour, marker in ((False, LINE_COLOURS[0], "o"), (True, WRONG_COLOUR, "x")):
        chosen = units.dead == is_dead
        if chosen.any():
            label = "dead" if is_dead else "alive"
            size = 30 if is_dead else 14
            axes.scatter(
                units.norms[chosen],
                units.biases[chosen],
                s=size,
                c=colour,
                marker=marker,
                label=label,
            )
    show_grid(axes)
    if units.dead.any():
        axes.legend(fontsize=7, frameon=False)
