"""The layers of each network among the runs, one table for all that share it."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from mtlab.artifacts.layer_table import ARE_NUMBERS, TITLES, layer_rows, total_rows
from mtlab.report.analyse.groups import Group, group_labels
from mtlab.report.analyse.tables import Cell, Column, Table, TitledTable, table_of
from mtlab.report.read.run import Run

LAYERS_REMARK = (
    "Output shapes, parameters, and the operations of one image: of products, a multiplication and"
    " an addition being two."
)


def layer_tables(groups: Sequence[Group]) -> list[TitledTable]:
    """A title, which tells the networks apart, and a table for each; runs whose summary has no such
    list are left out.
    """
    firsts: dict[str, Group] = {}
    for group in groups:
        if rows := _rows(group.first):
            firsts.setdefault(json.dumps(rows), group)
    names = group_labels(list(firsts.values()))
    return [
        TitledTable(names[group.number], _table(json.loads(rows))) for rows, group in firsts.items()
    ]


def _rows(run: Run) -> list[list[str]]:
    """Empty where the summary has no list of layers, or a damaged one."""
    layers, shape = run.summary.get("layers"), run.summary.get("image_shape")
    try:
        return layer_rows(layers or [], shape or []) + total_rows(layers) if layers else []
    except (KeyError, TypeError, ValueError):
        return []


def _table(rows: Sequence[Sequence[str]]) -> Table:
    def cell(place: int, row: Sequence[str]) -> Cell:
        text = row[place]
        number: Any = text.replace(",", "")
        return Cell(text, float(number) if number.isdigit() else text or None)

    columns = [
        Column(title, partial(cell, place), is_number=ARE_NUMBERS[place])
        for place, title in enumerate(TITLES)
    ]
    return table_of(rows, columns, lambda _: [])
