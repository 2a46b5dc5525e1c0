"""What a drawing of a network is made of: blocks in lanes, with their sizes in inches."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

LARGEST, SMALLEST = 1.15, 0.24
"""Sides of the largest and the smallest map, in inches."""
STEP = 0.05
"""From one of a stack's maps to the next, in inches."""
GAP, INSIDE = 0.26, 0.14
"""Between blocks, and between a frame and what stands in it, in inches."""
LINE, SMALL, TITLE = 0.135, 7.0, 8.0
"""A line of small text in inches, and sizes of texts in points."""
LETTER = 0.057
"""About the width of a small letter in inches."""
MOST_LETTERS = 20
"""Of what a block does, in a line."""
PARAMETERS, TIMES = " par.", "\N{MULTIPLICATION SIGN}"
MOST_UNITS, UNIT = 7, 0.075
"""Of a layer that is drawn as units: how many are shown, and a unit's radius in inches."""


@dataclass(frozen=True)
class Block:
    """What one or several layers give, and what they do.

    Attributes:
        shape: `(channels, height, width)` or `(features,)`.
        words: A line each.
        is_join: Whether features of other heads come in here.
    """

    shape: tuple[int, ...]
    words: tuple[str, ...]
    parameters: int
    is_join: bool = False


@dataclass(frozen=True)
class Branch:
    """A task's head.

    Attributes:
        stop_gradient: Whether no gradient goes back into the trunk.
        borrows_from: Tasks whose heads' last hidden features join.
        detached: Whether no gradient goes back into those.
    """

    task: str
    blocks: Sequence[Block]
    stop_gradient: bool = False
    borrows_from: Sequence[str] = ()
    detached: bool = False


class Cell:
    """A block with its size in inches; `x` and `y` are its middle, once it is placed."""

    def __init__(self, block: Block, largest_side: int, *, are_units: bool) -> None:
        self.block, self.x, self.y = block, 0.0, 0.0
        self.units: list[float] = []
        number, *sides = block.shape
        self.num_maps = min(round(math.log2(number)) + 1, 8) if sides else 1
        if sides:
            stack = STEP * (self.num_maps - 1)
            scale = _side(max(sides), largest_side) / max(sides)
            self.height, self.width = (scale * side + stack for side in sides)
        elif are_units:
            shown = min(number, MOST_UNITS)
            self.units = [2.6 * UNIT * (one - (shown - 1) / 2) for one in range(shown)]
            # The middle one's place is for the dots that stand for all the others.
            self.units = [place for place in self.units if place or number <= MOST_UNITS]
            self.height, self.width = 2.6 * UNIT * shown, 2 * UNIT
        else:
            self.height, self.width = 0.2 + 0.35 * math.log10(number), 0.14
        self.lines = [line for words in block.words for line in _lines(words)]
        self.lines += [f"{block.parameters:,}{PARAMETERS}"] if block.parameters else []
        widest = max([*map(len, self.lines), len(self.shape_text)])
        self.room = max(self.width, LETTER * widest)

    @property
    def shape_text(self) -> str:
        return f" {TIMES} ".join(f"{one:,}" for one in self.block.shape)


class Lane:
    """Blocks in a row within a frame.

    Attributes:
        above, below: How far it reaches from its middle line, in inches.
    """

    def __init__(self, cells: Sequence[Cell], title: str) -> None:
        self.cells, self.title = cells, title
        tallest = max((cell.height for cell in cells), default=0) / 2
        num_lines = max((len(cell.lines) for cell in cells), default=0)
        self.words_at = tallest + 0.09
        self.above = tallest + (3 if title else 1.5) * LINE
        self.below = self.words_at + (num_lines + 0.6) * LINE
        self.left = self.right = self.middle = 0.0

    @property
    def height(self) -> float:
        return self.above + self.below

    def place(self, left: float, middle: float) -> float:
        """Set the blocks from this edge on; the right edge comes back."""
        self.left, self.middle = left, middle
        needed = sum(cell.room + GAP for cell in self.cells) - GAP
        inside = max(needed, LETTER * TITLE / SMALL * len(self.title))
        x = left + INSIDE + (inside - needed) / 2
        for cell in self.cells:
            cell.x, cell.y = x + cell.room / 2, middle
            x += cell.room + GAP
        self.right = left + inside + 2 * INSIDE
        return self.right


def _lines(words: str) -> list[str]:
    """No line ends between a word and its number."""
    return wrap(words.replace("stride ", "stride\N{NO-BREAK SPACE}"), MOST_LETTERS)


def _side(side: int, largest: int) -> float:
    """A map's side in inches."""
    return SMALLEST + (LARGEST - SMALLEST) * float((side / largest) ** 0.8)
