"""What perceptrons made of pairs of labels, as a table, a list and a picture."""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from rich.table import Table

from mtlab.artifacts.csv_lines import csv_text
from mtlab.artifacts.run_dir import FIGURES, write_whole
from mtlab.drawing.heat_map import PairGrid, draw_pair_grids
from mtlab.drawing.saving import save_picture
from mtlab.explore.perceptron_pairs import Pair, PairResult, PublishedPairs
from mtlab.terminal import Terminal

PAIRS_CSV = "separable.csv"
COLUMNS = {
    "pair": "pair",
    "converged": "converged",
    "iterations": "iterations",
    "last_train_error": "error,\nlast",
    "kept_test_accuracy": "test,\nkept",
    "seconds": "seconds",
    "published": "published",
}
"""Of the table on the terminal, which has 80 columns: a column of the CSV file to its header."""
MEASURES = ("iterations", "seconds", "test_accuracy")
"""That others have published of some pairs."""


def report(
    results: Sequence[PairResult],
    published: PublishedPairs | None,
    folder: Path,
    command: str,
    terminal: Terminal,
) -> None:
    """Write the table and the picture, and say the pairs that converged beside the published."""
    rows = [_row(result, published) for result in results]
    write_whole(folder / PAIRS_CSV, csv_text(rows))
    path = _draw(results, published, folder / FIGURES, command)
    shown = [name for name in COLUMNS if name in rows[0]]
    table = Table(title="pairs", title_justify="left")
    for name in shown:
        table.add_column(COLUMNS[name], justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(row[name] for name in shown))
    terminal.say(table)
    terminal.say(
        "last: with the weights of the last iteration, which decides about convergence; kept: with"
        " those that the run keeps (trainer.keep)"
    )
    tried = {result.pair for result in results}
    found = {result.pair for result in results if result.converged}
    terminal.say(f"{len(found)} of {len(results)} converged: {_listed(found)}")
    if published is not None:
        pairs = published.pairs
        terminal.say(f"published: {_listed(pairs)}")
        terminal.say(
            f"in both: {_listed(pairs & found)}; only here: {_listed(found - pairs)};"
            f" only published: {_listed((pairs & tried) - found)}"
        )
        measured = [one for one in results if published.measures_of(one.pair)]
        if measured:
            terminal.say(_beside_published(measured, published))
    terminal.say(str(path))


def _row(result: PairResult, published: PublishedPairs | None) -> dict[str, str]:
    row = {
        "pair": f"{result.pair[0]} {result.pair[1]}",
        "converged": "yes" if result.converged else "no",
        "iterations": str(result.iterations),
        "last_train_error": f"{result.last_train_error:.4f}",
        "kept_train_accuracy": f"{result.kept_train_accuracy:.4f}",
        "kept_test_accuracy": f"{result.kept_test_accuracy:.4f}",
        "seconds": f"{result.seconds:.1f}",
    }
    if published is not None:
        row["published"] = "yes" if result.pair in published.pairs else "no"
        measures = published.measures_of(result.pair)
        for name in MEASURES if published.measured else ():
            row[f"published_{name}"] = f"{getattr(measures, name):g}" if measures else ""
    return row


def _beside_published(results: Sequence[PairResult], published: PublishedPairs) -> Table:
    """The pairs that others have measured too, each measure beside theirs."""
    table = Table(title="pairs with published measures", title_justify="left")
    headings = (
        "pair",
        *(name for one in ("iterations", "seconds", "test,\nkept") for name in (one, "published")),
    )
    for name in headings:
        table.add_column(name, justify="right", no_wrap=True)
    for result in results:
        theirs = published.measures_of(result.pair)
        assert theirs is not None
        table.add_row(
            _listed([result.pair]),
            str(result.iterations),
            str(theirs.iterations),
            f"{result.seconds:.1f}",
            f"{theirs.seconds:.1f}",
            f"{result.kept_test_accuracy:.4f}",
            f"{theirs.test_accuracy:.4f}",
        )
    return table


def _listed(pairs: Collection[Pair]) -> str:
    return ", ".join(f"{first}-{second}" for first, second in sorted(pairs)) or "none"


def _draw(
    results: Sequence[PairResult], published: PublishedPairs | None, figures: Path, command: str
) -> Path:
    """Iterations of each pair as a grid: published pairs are framed, those that failed grey."""
    labels = sorted({label for result in results for label in result.pair})
    errors = np.full((len(labels), len(labels)), np.nan)
    iterations = errors.copy()
    converged, framed = np.zeros(errors.shape, dtype=bool), np.zeros(errors.shape, dtype=bool)
    for result in results:
        cell = labels.index(result.pair[1]), labels.index(result.pair[0])
        errors[cell], iterations[cell] = result.last_train_error, result.iterations
        converged[cell] = result.converged
        framed[cell] = published is not None and result.pair in published.pairs
    failed = np.isfinite(iterations) & ~converged
    told = [] if published is None else ["frames: published as separable"]
    told += ["grey: error left after so many iterations"] if failed.any() else []
    figure = draw_pair_grids(
        [PairGrid("\n".join(told), iterations, lambda value: f"{value:.0f}", framed, failed)],
        [str(label) for label in labels],
        f"{converged.sum()} of {len(results)} pairs separated by one perceptron",
        "iterations",
        highest=float(np.nanmax(np.where(failed, 1, iterations))),
    )
    numbers = {
        "train_error": errors,
        "iterations": iterations,
        "converged": converged,
        "published": framed,
        "labels": labels,
    }
    return save_picture(figure, figures / "pairs.png", numbers, command=command, vector=True)
