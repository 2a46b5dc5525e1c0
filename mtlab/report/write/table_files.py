"""tables/: each table of a report alone, as LaTeX and as CSV."""

from collections.abc import Sequence
from pathlib import Path

from mtlab.artifacts.csv_lines import csv_text
from mtlab.artifacts.latex import latex_table
from mtlab.artifacts.run_dir import write_whole
from mtlab.report.analyse.report import NamedTable
from mtlab.report.analyse.tables import Table


def write_tables(tables: Sequence[NamedTable], folder: Path) -> None:
    """NAME.tex and NAME.csv for each."""
    folder.mkdir(exist_ok=True)
    for name, table in tables:
        write_whole(folder / f"{name}.tex", as_latex(table))
        write_whole(folder / f"{name}.csv", as_csv(table))


def as_latex(table: Table) -> str:
    """With the cells' notes in small print below them."""
    return latex_table(
        [column.title for column in table.columns],
        [[cell.text for cell in row.cells] for row in table.rows],
        [column.is_number for column in table.columns],
        [[cell.note for cell in row.cells] for row in table.rows],
    )


def as_csv(table: Table) -> str:
    """The cells as they are shown; a title that stands there twice is numbered."""
    titles: list[str] = []
    for column in table.columns:
        count = sum(title.partition(" #")[0] == column.title for title in titles)
        titles.append(f"{column.title} #{count + 1}" if count else column.title)
    texts = [[cell.text for cell in row.cells] for row in table.rows]
    return csv_text([dict(zip(titles, row, strict=True)) for row in texts])
