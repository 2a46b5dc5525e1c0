"""The layers of each network among the runs, one table for all that share it."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from mtlab.artifacts.layer_table import ARE_NUMBERS, TITLES, layer_rows, total_rows
from mtlab.report.analyse.groups import Group
from mtlab.report.analyse.tables import Cell, Column, Table, table_of
from mtlab.report.read.run import Run


def layer_tables(groups: Sequence[Group], labels: Mapping[int, str]) -> list[tuple[str, Table]]:
    """A title and a table for each; runs whose summary has no such list are left out.

    Args:
        labels: By a group's number, what tells it from the others.
    """
    alike: dict[str, list[Group]] = {}
    for group in groups:
        if rows := _rows(group.first):
            alike.setdefault(json.dumps(rows), []).append(group)
    return [(_title(found, labels), _table(json.loads(key))) for key, found in alike.items()]


def _rows(run: Run) -> list[list[str]]:
    """Empty where the summary has no list of layers, or a damaged one."""
    layers, shape = run.summary.get("layers"), run.summary.get("image_shape")
    try:
        return layer_rows(layers or [], shape or []) + total_rows(layers) if layers else []
    except (KeyError, TypeError, ValueError):
        return []


def _title(groups: Sequence[Group], labels: Mapping[int, str]) -> str:
    first = groups[0]
    model = first.first.text_at("model")
    label = labels[first.number].replace(f"model={model}", model)
    told = label if model in label else ", ".join(filter(None, (model, label)))
    return f"{told} and {len(groups) - 1} more" if len(groups) > 1 else told


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
