"""Curves over epochs of many runs, drawn with Matplotlib."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mtlab.drawing.axes import show_epochs, show_logarithmic
from mtlab.drawing.lettering import shortened
from mtlab.report.palette import MARKERS, OKABE_ITO
from mtlab.report.quantities import Quantity
from mtlab.report.series import Curve

MOST_NAMED = 14
LONGEST_LABEL = 60
LONGEST_LABEL_IN_THREE_COLUMNS = 36
LONGEST_LABEL_BESIDE = 30
ROW_INCHES = 0.18
LONGEST_TITLE = 90
MOST_EPOCHS_WITH_MARKERS = 15
LOGARITHMIC_FROM_EPOCHS = 100
UNNAMED_COLOUR = "0.8"
SPLIT_KEYS: tuple[tuple[str, Literal["-", "--"], str], ...] = (
    ("train", "-", "0.4"),
    ("validation", "--", "white"),
)
"""Each split's name, line and filling of markers in a legend."""
LEGEND: dict[str, Any] = {"frameon": False, "fontsize": 8, "handlelength": 2.8}


@dataclass(frozen=True)
class Look:
    """How a group's lines look."""

    colour: str
    marker: str


def looks(groups: Sequence[int]) -> dict[int, Look]:
    """A colour and marker for each of the first groups; the rest are drawn grey."""
    return {
        group: Look(
            OKABE_ITO[position % len(OKABE_ITO)],
            MARKERS[position // len(OKABE_ITO) % len(MARKERS)],
        )
        for position, group in enumerate(groups[:MOST_NAMED])
    }


def learning_curves_figure(
    topic: str, curves: Sequence[Curve], labels: Mapping[int, str]
) -> Figure:
    """Loss beside the first other measure, per epoch."""
    names = dict.fromkeys(name for curve in curves for name in curve.measures)
    shown = [name for name in names if name == "loss"] + [n for n in names if n != "loss"][:1]
    shown_looks = looks(list(labels))
    figure = Figure(figsize=(10.5, 4.2), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        for look, members in _by_look(curves, shown_looks):
            for split, line in (("train", "-"), ("val", "--")):
                _draw(axes, members, name, split, line, look)
        axes.set_ylabel(Quantity(f"val.{curves[0].task}.{name}").header.replace(", val", ""))
        show_epochs(axes, max(curve.epochs[-1] for curve in curves))
        _finish(axes, "epoch")
    handles = [
        Line2D(
            [], [], color="0.4", linestyle=line, marker="o", markersize=4, markerfacecolor=fill,
            label=label,
        )
        for label, line, fill in SPLIT_KEYS
    ]  # fmt: skip
    _legend(figure, handles, shown_looks, labels)
    add_title(figure, topic)
    return figure


def perceptron_figure(topic: str, curves: Sequence[Curve], labels: Mapping[int, str]) -> Figure:
    """Training error per iteration."""
    shown_looks = looks(list(labels))
    figure = Figure(figsize=(10.5, 4.4), layout="constrained")
    axes = figure.subplots()
    for look, members in _by_look(curves, shown_looks):
        _draw(axes, members, "loss", "train", "-", look)
    axes.set_ylabel("training error: mean |sign(w·x + b) - y|")
    last = max(curve.epochs[-1] for curve in curves)
    if last > LOGARITHMIC_FROM_EPOCHS:
        show_logarithmic(axes, last)
    else:
        show_epochs(axes, last)
    _finish(axes, "iteration")
    axes.set_ylim(bottom=0)
    _legend(figure, [], shown_looks, labels)
    add_title(figure, topic)
    return figure


def _by_look(
    curves: Sequence[Curve], shown: Mapping[int, Look]
) -> list[tuple[Look | None, list[Curve]]]:
    """The curves of each named group, and those of all others together."""
    members: dict[Look | None, list[Curve]] = {}
    for curve in curves:
        members.setdefault(shown.get(curve.group), []).append(curve)
    return list(members.items())


def _draw(
    axes: Axes, curves: Sequence[Curve], name: str, split: str, line: str, look: Look | None
) -> None:
    """All curves as one line with gaps: hundreds of lines take Matplotlib seconds."""
    over: list[float] = []
    values: list[float] = []
    for curve in curves:
        measured = curve.measures.get(name, {}).get(split, ())
        over += [*curve.epochs[: len(measured)], math.nan]
        values += [math.nan if value is None else value for value in measured] + [math.nan]
    longest = max(len(curve.epochs) for curve in curves)
    axes.plot(
        over,
        values,
        color=look.colour if look else UNNAMED_COLOUR,
        linestyle=line,
        linewidth=1.4 if look else 0.8,
        marker=look.marker if look and longest <= MOST_EPOCHS_WITH_MARKERS else None,
        markersize=4,
        # After a single epoch there is no line whose dashes tell the splits apart.
        markerfacecolor="white" if split == "val" else None,
        zorder=2 if look else 1,
    )


def _finish(axes: Axes, over: str) -> None:
    axes.set_xlabel(over)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _legend(
    figure: Figure, handles: list[Line2D], shown: Mapping[int, Look], labels: Mapping[int, str]
) -> None:
    for group, look in shown.items():
        handles.append(
            Line2D(
                [],
                [],
                color=look.colour,
                marker=look.marker,
                markersize=4,
                label=shortened(labels[group], LONGEST_LABEL),
            )
        )
    num_unnamed = len(labels) - len(shown)
    if num_unnamed > 0:
        handles.append(
            Line2D([], [], color=UNNAMED_COLOUR, label=f"{num_unnamed} more configurations")
        )
    add_legend(figure, handles)


def add_legend(figure: Figure, handles: Sequence[Line2D | ErrorbarContainer]) -> None:
    """Beside the axes at half their height, where the title does not reach; below them, in a
    figure made higher, where long labels would take the axes' room.
    """
    labels = [str(handle.get_label()) for handle in handles]
    longest = max(map(len, labels))
    if longest <= LONGEST_LABEL_BESIDE:
        figure.legend(handles=handles, loc="outside right center", **LEGEND)
        return
    num_columns = 3 if longest <= LONGEST_LABEL_IN_THREE_COLUMNS else 2
    figure.set_figheight(figure.get_figheight() + ROW_INCHES * -(-len(labels) // num_columns))
    figure.legend(handles=handles, loc="outside lower center", ncols=num_columns, **LEGEND)


def add_title(figure: Figure, text: str) -> None:
    """Above everything, cut to the figure's width."""
    figure.suptitle(shortened(text, LONGEST_TITLE), fontsize=11)
