"""The end of a sweep: one table over its runs, on the terminal, as text and as CSV."""

import io
from pathlib import Path

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

SWEEP_FOLDERS: list[Path] = []
"""Folders of the sweeps that this process began."""


class RememberSweepFolder(Callback):
    """Hydra's hook; it tells its caller neither where a sweep's folder is nor that it began."""

    def on_multirun_start(self, config: DictConfig, **_: object) -> None:
        SWEEP_FOLDERS.append(Path(config.hydra.sweep.dir))


def finish_sweep(folder: Path) -> int:
    """Write and print the sweep's table; returns how many of its runs did not complete."""
    from rich.console import Console

    from mtlab.artifacts.run_dir import FIGURES, SWEEP_CSV, SWEEP_TABLE, write_whole
    from mtlab.report.write.result_tables import sweep_table
    from mtlab.visualize.curves import draw_sweep_error_curves, has_learning_rates

    table = sweep_table(folder)
    if not table.rows:
        return 0
    write_whole(folder / SWEEP_CSV, table.as_csv())
    text = io.StringIO()
    Console(file=text, width=160, force_jupyter=False).print(table.as_rich())
    best = "".join(f"{line}\n" for line in table.best)
    write_whole(folder / SWEEP_TABLE, text.getvalue() + best)
    if has_learning_rates(folder):
        draw_sweep_error_curves(folder, folder / FIGURES, "mtlab -m model.lr=...")
    terminal = Console(highlight=False, force_jupyter=False)
    if terminal.is_terminal:
        terminal.print(table.as_rich())
    else:
        print(text.getvalue(), end="")
    print(best, end="")
    completed = f"{len(table.rows) - table.num_failed} of {len(table.rows)} runs completed"
    print(f"{completed}; everything is in {folder}")
    return table.num_failed
