"""A network as its layer table and its drawing have it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from torch import nn

from mtlab.drawing.blocks import TIMES, Block, Branch
from mtlab.drawing.network import draw_network
from mtlab.models.counting import LayerSize
from mtlab.models.multitask import MultiTaskNetwork

MOST_BLOCKS = 9
"""In a row; of more, neighbours of the same shape share one, then those of the same size."""
MOST_KINDS = 4


def drawing_of(
    model: nn.Module, layers: Sequence[LayerSize], image_shape: Sequence[int], title: str
) -> Figure:
    """The network as blocks: the trunk, then a lane for each head."""
    trunk = blocks_of([layer for layer in layers if layer.task is None])
    return draw_network(title, image_shape, trunk, branches_of(model, layers))


@dataclass(frozen=True)
class _Stage:
    """Layers that are drawn as one block."""

    layers: tuple[LayerSize, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.layers[-1].shape

    def add(self, *layers: LayerSize) -> "_Stage":
        return _Stage((*self.layers, *layers))

    def as_block(self) -> Block:
        counts = Counter(_short(layer.kind) for layer in self.layers)
        if len(counts) > MOST_KINDS:
            # Those that count: without norms, activations and what is made by no layer.
            mains = [
                layer.kind for layer in self.layers if layer.operations or "pool" in layer.kind
            ]
            counts = Counter(kind.split(",")[0] for kind in mains)
        told = [f"{count} {TIMES} {kind}" if count > 1 else kind for kind, count in counts.items()]
        if len(told) > MOST_KINDS:
            told = [*told[: MOST_KINDS - 1], f"and {len(told) - MOST_KINDS + 1} others"]
        parameters = sum(layer.parameters for layer in self.layers)
        return Block(self.shape, tuple(told), parameters, self.layers[0].name.endswith("join"))


def _short(kind: str) -> str:
    """Without the padding, which the sizes of the maps tell."""
    return ", ".join(word for word in kind.split(", ") if not word.startswith("padding"))


def blocks_of(layers: Sequence[LayerSize]) -> list[Block]:
    """The blocks of a trunk or a head: what has no shape of its own goes with what stands before.

    Of many, neighbours that repeat each other become one.
    """
    stages: list[_Stage] = []
    for layer in layers:
        if stages and layer.shape == stages[-1].shape and not _changes(layer):
            stages[-1] = stages[-1].add(layer)
        else:
            stages.append(_Stage((layer,)))
    stages = _merged(stages, lambda a, b: a.shape == b.shape and _first(a) == _first(b))
    sames: list[Callable[[_Stage, _Stage], bool]] = [
        lambda a, b: len(a.shape) == 3 and a.shape == b.shape,
        lambda a, b: len(a.shape) == 3 and a.shape[1:] == b.shape[1:],
        lambda a, b: len(a.shape) == 1 == len(b.shape) and _first(a) == "flatten",
    ]
    # Where branches come together, what stands side by side must not look like a row.
    has_branches = any(layer.kind.startswith(("sum", "concatenation")) for layer in layers)
    for same in sames:
        if has_branches or len(stages) > MOST_BLOCKS:
            stages = _merged(stages, same)
    return [stage.as_block() for stage in stages]


def _changes(layer: LayerSize) -> bool:
    return layer.kind.startswith(("conv", "dense", "max", "average", "join"))


def _first(stage: _Stage) -> str:
    return stage.layers[0].kind


def _merged(stages: Sequence[_Stage], same: Callable[[_Stage, _Stage], bool]) -> list[_Stage]:
    merged: list[_Stage] = []
    for stage in stages:
        if merged and same(merged[-1], stage):
            merged[-1] = merged[-1].add(*stage.layers)
        else:
            merged.append(stage)
    return merged


def branches_of(model: nn.Module, layers: Sequence[LayerSize]) -> list[Branch]:
    """The heads, each with what it reads; none where all tasks share everything."""
    if not isinstance(model, MultiTaskNetwork):
        return []
    return [
        Branch(
            task,
            blocks_of([layer for layer in layers if layer.task == task]),
            head.stop_gradient,
            tuple(head.features_from),
            head.detach_features,
        )
        for task, head in model.heads.items()
    ]
