"""A network as blocks from left to right: the shared trunk, then a lane for each head."""

from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path

from mtlab.drawing.blocks import (
    GAP,
    LINE,
    MOST_UNITS,
    PARAMETERS,
    SMALL,
    STEP,
    TITLE,
    UNIT,
    Block,
    Branch,
    Cell,
    Lane,
)
from mtlab.drawing.colours import LINE_COLOURS

GREY, MAP, BAR = "#777777", "#cfe3f3", "#f3d9bd"
LANE_GAP, MARGIN, TOP = 0.18, 0.2, 0.5
"""Between lanes, around all, and above for the title, in inches."""
CUT_GAP = 0.75
"""From the trunk to the frames of the heads, with room for a word, in inches."""


def draw_network(
    title: str, image_shape: Sequence[int], trunk: Sequence[Block], branches: Sequence[Branch]
) -> Figure:
    """Maps as stacked squares and vectors as bars; a network of dense layers alone as units.

    Sizes grow with those of the maps, and with the logarithm of the numbers of maps and features.
    """
    every = [*trunk, *(block for branch in branches for block in branch.blocks)]
    are_units = all(len(block.shape) == 1 for block in every)

    def lane(blocks: Sequence[Block], name: str) -> Lane:
        cells = [Cell(block, max(image_shape[1:]), are_units=are_units) for block in blocks]
        num_parameters = sum(block.parameters for block in blocks)
        return Lane(cells, f"{name}: {num_parameters:,} parameters" if name else "")

    image = lane([Block(tuple(image_shape), ("image",), 0)], "")
    shared = lane(trunk, ("network", "trunk", "shared")[min(len(branches), 2)])
    heads = [lane(branch.blocks, f"head {branch.task}") for branch in branches]
    height = sum(head.height for head in heads) + LANE_GAP * (len(heads) - 1)
    lone = [image, shared, *(heads if len(heads) == 1 else [])]
    above, below = (max(getattr(one, name) for one in lone) for name in ("above", "below"))
    extra = max(above + below - height, 0) / 2 if len(heads) > 1 else 0.0
    middle = TOP + max(above, height / 2 + (above - below) / 2 if len(heads) > 1 else 0)
    left = image.place(MARGIN, middle)
    # A network without shared layers of its own has no frame for them.
    left = shared.place(left + GAP, middle) if trunk else left
    down, right = TOP + extra, left
    for head in heads:
        at = middle if len(heads) == 1 else down + head.above
        right = max(right, head.place(left + (CUT_GAP + GAP / 2 if len(heads) > 1 else GAP), at))
        down += head.height + LANE_GAP
    lanes = [image, *([shared] if trunk else []), *heads]
    whole = max(one.middle + one.below for one in lanes) + MARGIN
    width = max(right + MARGIN, 0.09 * len(title) + 2 * MARGIN)
    figure = Figure(figsize=(width, whole))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(whole, 0))
    axes.axis("off")
    axes.text(MARGIN, TOP / 2, title, fontsize=11, va="center")
    _draw_lanes(axes, lanes[: len(lanes) - len(heads)], heads, branches)
    return figure


def _draw_lanes(
    axes: Axes, stem: Sequence[Lane], heads: Sequence[Lane], branches: Sequence[Branch]
) -> None:
    colours = dict(zip((branch.task for branch in branches), _colours(len(branches)), strict=True))
    for lane in stem[1:]:
        _frame(axes, lane, GREY)
    for lane, colour in zip(heads, colours.values(), strict=True):
        _frame(axes, lane, colour)
    cells = [cell for lane in stem for cell in lane.cells]
    for before, behind in pairwise(cells):
        _connect(axes, before, behind)
    for lane, branch in zip(heads, branches, strict=True):
        _connect(axes, cells[-1], lane.cells[0], lane.left, is_cut=branch.stop_gradient)
        for before, behind in pairwise(lane.cells):
            _connect(axes, before, behind)
    last_hidden = {
        branch.task: lane.cells[-2]
        for lane, branch in zip(heads, branches, strict=True)
        if len(lane.cells) > 1
    }
    for lane, branch in zip(heads, branches, strict=True):
        join = next((cell for cell in lane.cells if cell.block.is_join), None)
        for task in branch.borrows_from if join else ():
            assert join is not None
            between = lane.middle - lane.above - LANE_GAP / 2
            if last_hidden[task].y > join.y:
                between = lane.middle + lane.below + LANE_GAP / 2
            _borrow(axes, last_hidden[task], between, join, colours[task], is_cut=branch.detached)
    for lane in (*stem, *heads):
        for cell in lane.cells:
            _draw_cell(axes, cell, lane.middle + lane.words_at)


def _colours(number: int) -> list[str]:
    return [LINE_COLOURS[index % len(LINE_COLOURS)] for index in range(number)]


def _frame(axes: Axes, lane: Lane, colour: str) -> None:
    corner = lane.left, lane.middle - lane.above
    width, height = lane.right - lane.left, lane.height
    style = "round,pad=0,rounding_size=0.08"
    back = FancyBboxPatch(corner, width, height, boxstyle=style, linewidth=0)
    axes.add_patch(back).set(facecolor=colour, alpha=0.1, zorder=0)
    edge = FancyBboxPatch(corner, width, height, boxstyle=style, fill=False, linewidth=0.8)
    axes.add_patch(edge).set(edgecolor=colour, zorder=0)
    place = lane.left + 0.1, lane.middle - lane.above + 0.12
    axes.text(*place, lane.title, fontsize=TITLE, va="center", color="0.15")


def _draw_cell(axes: Axes, cell: Cell, words_y: float) -> None:
    top, left = cell.y - cell.height / 2, cell.x - cell.width / 2
    if cell.units:
        for place in cell.units:
            circle = Circle((cell.x, cell.y + place), UNIT, facecolor="white", edgecolor="0.25")
            axes.add_patch(circle).set(linewidth=0.8, zorder=3)
        if cell.block.shape[0] > MOST_UNITS:
            for offset in (-0.7, 0, 0.7):
                axes.add_patch(Circle((cell.x, cell.y + offset * UNIT), 0.012, color="0.25"))
    else:
        stack = STEP * (cell.num_maps - 1)
        size = cell.width - stack, cell.height - stack
        is_map = len(cell.block.shape) == 3
        for number in reversed(range(cell.num_maps)):
            corner = left + STEP * number, top + stack - STEP * number
            tile = Rectangle(corner, *size, edgecolor="0.25", linewidth=0.7, zorder=2)
            axes.add_patch(tile).set_facecolor(MAP if is_map else BAR)
    text: dict[str, Any] = {"ha": "center", "fontsize": SMALL}
    axes.text(cell.x, top - 0.06, cell.shape_text, va="bottom", weight="bold", **text)
    for number, line in enumerate(cell.lines):
        colour = "0.4" if line.endswith(PARAMETERS) else "0.1"
        axes.text(cell.x, words_y + number * LINE, line, va="top", color=colour, **text)


def _connect(
    axes: Axes, before: Cell, behind: Cell, edge: float | None = None, *, is_cut: bool = False
) -> None:
    """An arrow, which is level from the edge of a frame on; between units, a line for each pair."""
    if before.units and behind.units:
        for upper, lower in product(before.units, behind.units):
            line = (before.x, behind.x), (before.y + upper, behind.y + lower)
            axes.plot(*line, color="0.6", linewidth=0.35, zorder=1)
        return
    start = before.x + before.width / 2 + 0.03, before.y
    end = behind.x - behind.width / 2 - 0.03, behind.y
    way = [start, end]
    if edge is not None and before.y != behind.y:
        way = [start, (edge - CUT_GAP, before.y), (edge, behind.y), end]
    _arrow(axes, way, "0.3", is_cut=is_cut)


def _borrow(
    axes: Axes, lender: Cell, between: float, join: Cell, colour: str, *, is_cut: bool
) -> None:
    """From the last hidden features of one head to where another one takes them in.

    The way leads down or up between the blocks, and along between the frames.
    """
    side = 1 if lender.y < join.y else -1
    away, back = lender.x + (lender.room + GAP) / 2, join.x - (join.room + GAP) / 2
    out = lender.x + lender.width / 2, lender.y + side * lender.height / 4
    into = join.x - join.width / 2, join.y - side * join.height / 4
    way = [out, (away, out[1]), (away, between), (back, between), (back, into[1]), into]
    _arrow(axes, way, colour, is_cut=is_cut)


def _arrow(axes: Axes, way: Sequence[tuple[float, float]], colour: str, *, is_cut: bool) -> None:
    """Along a way; in the middle of one without a gradient back there stands a word."""
    arrow = FancyArrowPatch(path=Path(way), arrowstyle="-|>", mutation_scale=8)
    arrow.set(color=colour, linewidth=1.1, linestyle="--" if is_cut else "-", zorder=4)
    arrow.set(fill=False, joinstyle="round")
    axes.add_patch(arrow)
    if is_cut:
        (x, y), (other_x, other_y) = way[len(way) // 2 - 1 : len(way) // 2 + 1]
        place = (x + other_x) / 2, (y + other_y) / 2
        box = {"facecolor": "white", "edgecolor": colour, "linewidth": 0.6, "pad": 1.5}
        word = axes.text(*place, "no gradient", fontsize=SMALL, ha="center", va="center")
        word.set(bbox=box, zorder=5)
