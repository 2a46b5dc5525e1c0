"""A chart's legend: an entry for every look that is drawn, and for no other."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.lines import Line2D

from mtlab.drawing.lettering import shortened
from mtlab.report.analyse.charts import Line
from mtlab.report.write.looks import BLACK, OF_ONE_RUN, OTHERS, SPLIT_DASHES, WHITE, Look
from mtlab.report.write.svg import ChartFigure

LONGEST_LABEL = 60
LONGEST_LABEL_IN_THREE_COLUMNS = 36
LONGEST_LABEL_BESIDE = 30
ROW_INCHES = 0.18


def add_legend(figure: ChartFigure, looks: Mapping[str, Look], lines: Sequence[Line]) -> None:
    """Beside the axes at half their height, where the title does not reach; below them, in a
    figure made higher, where long labels would take the axes' room.
    """
    handles = [*_split_handles(lines), *_label_handles(looks, lines)]
    if not handles:
        return
    longest = max(len(str(handle.get_label())) for handle in handles)
    style: dict[str, Any] = {"handlelength": 2.8, "frameon": False, "fontsize": 8}
    if longest <= LONGEST_LABEL_BESIDE:
        legend = figure.legend(handles=handles, loc="outside right center", **style)
    else:
        style["ncols"] = 3 if longest <= LONGEST_LABEL_IN_THREE_COLUMNS else 2
        num_rows = math.ceil(len(handles) / style["ncols"])
        figure.set_figheight(figure.get_figheight() + ROW_INCHES * num_rows)
        legend = figure.legend(handles=handles, loc="outside lower center", **style)
    parts = zip(handles, legend.legend_handles, legend.get_texts(), strict=True)
    for handle, drawn, text in parts:
        figure.mark([drawn, text], switch=handle.get_gid())


def _split_handles(lines: Sequence[Line]) -> list[Line2D]:
    splits = dict.fromkeys(line.split for line in lines if line.split)
    if len(splits) < 2:
        return []
    are_compared = any(line.group for line in lines)
    handles = []
    for split in splits:
        look = OF_ONE_RUN[split]
        if are_compared:
            look = Look(split, BLACK, "*" if split == "test" else "o")
        handle = _handle(look, split, SPLIT_DASHES[split])
        handle.set_markerfacecolor(WHITE if split == "validation" else look.colour)
        handles.append(handle)
    return handles


def _label_handles(looks: Mapping[str, Look], lines: Sequence[Line]) -> list[Line2D]:
    styles = {line.label: line.style for line in lines}
    handles = []
    for label, look in looks.items():
        if not label or look is OTHERS:
            continue
        dash = "" if styles[label] == "points" else look.dash
        handles.append(_handle(look, shortened(label, LONGEST_LABEL), dash))
    num_others = sum(look is OTHERS for look in looks.values())
    if num_others:
        dash = "" if "points" in styles.values() else "-"
        look = OTHERS if dash else OTHERS._replace(marker="o")
        handles.append(_handle(look, f"{num_others} more configurations", dash))
    return handles


def _handle(look: Look, label: str, dash: Any) -> Line2D:  # noqa: ANN401 - as matplotlib takes it
    """A line for the legend; its gid is what it switches."""
    handle = Line2D([], [], color=look.colour, marker=look.marker, markersize=4)
    if look.marker == "*":
        handle.set_markersize(9)
    handle.set(linestyle=dash, gid=look.key, label=label)
    return handle
