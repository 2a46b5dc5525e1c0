"""`mtlab summary`: the layers of a network with their shapes and sizes, and a drawing of it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal, NamedTuple

from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from rich.table import Table
from torch import nn

from mtlab.artifacts.csv_lines import csv_text
from mtlab.artifacts.latex import latex_table
from mtlab.artifacts.layer_table import ARE_NUMBERS, TITLES, layer_rows, total_rows
from mtlab.artifacts.run_dir import WEIGHTS, output_path, write_whole
from mtlab.config.base import Keys
from mtlab.config.compose import read_run, to_options
from mtlab.config.files import DrawingFile, RunFolderKey, TableFile
from mtlab.config.run import RunConfig
from mtlab.data.build import Inputs, read_inputs
from mtlab.drawing.lettering import plain_drawing
from mtlab.errors import ConfigError
from mtlab.inference.loading import load_run, read_run_config
from mtlab.models.build import build_model
from mtlab.models.counting import layer_sizes
from mtlab.runner.origin import Origin, compose_again, hydra_origin

WIDTH_FOR = {"operations": 74, "part": 96}
"""Columns of a terminal that has room for them beside the others."""
DOTS_PER_INCH = 150


class SummaryKeys(Keys):
    """conf/summary.yaml."""

    run: RunFolderKey | None
    format: Literal["text", "markdown", "csv", "latex"]
    output: TableFile | None
    figure: DrawingFile | None


class Network(NamedTuple):
    """What is shown."""

    title: str
    image_shape: tuple[int, int, int]
    model: nn.Module


def summary(composed: DictConfig) -> None:
    """Hydra's job: build the network, or load it, and show its layers."""
    keys = to_options(composed, SummaryKeys)
    target = None if keys.output is None else output_path(keys.output)
    figure = None if keys.figure is None else output_path(keys.figure)
    origin = hydra_origin(composed, "summary")
    network = _composed(composed, origin) if keys.run is None else _of_run(keys.run, origin)
    layers = layer_sizes(network.model, network.image_shape)
    values = [asdict(layer) for layer in layers]
    rows, totals = layer_rows(values, network.image_shape), total_rows(values)
    if keys.format == "text":
        console = Console(highlight=False)
        console.print(_as_rich(network.title, rows, totals, console.width))
    else:
        print(WRITERS[keys.format](rows, totals), end="")
    if target is not None:
        write_whole(target, WRITERS[ENDINGS[target.suffix]](rows, totals))
        print(f"table: {target}")
    if figure is not None:
        from mtlab.explore.architecture import drawing_of

        with plain_drawing(print):
            drawn = drawing_of(network.model, layers, network.image_shape, network.title)
            drawn.savefig(figure, dpi=DOTS_PER_INCH)
        print(f"drawing: {figure}")


def _composed(composed: DictConfig, origin: Origin) -> Network:
    """The network that training with these overrides would begin with."""

    def without_own_keys(whole: DictConfig) -> DictConfig:
        return OmegaConf.masked_copy(
            whole, [str(key) for key in whole if key not in SummaryKeys.model_fields]
        )

    def again(overrides: list[str]) -> DictConfig:
        return without_own_keys(compose_again(overrides))

    config = read_run(without_own_keys(composed), origin.overrides, None, again)
    return _untrained(config)


def _untrained(config: RunConfig) -> Network:
    inputs: Inputs = read_inputs(config.dataset, config.tasks, config.model.task_choice)
    model = build_model(config.model, inputs.image_shape, inputs.tasks, inputs.available_tasks)
    return Network(_title(config), inputs.image_shape, model)


def _of_run(typed: str, origin: Origin) -> Network:
    """The network of a run; one that was not trained is built again.

    Raises:
        ConfigError: A setting beside the run, which has its own.
    """
    for override in origin.overrides:
        key = override.lstrip("+~").partition("=")[0]
        if key not in SummaryKeys.model_fields:
            raise ConfigError(
                key,
                rule="is no setting of a run that is there",
                found=override,
                remedy="leave it out, or leave run= out",
            )
    folder = Path(typed).expanduser()
    config = read_run_config(folder)
    if not (folder / WEIGHTS).is_file():
        return _untrained(config)
    run = load_run(folder)
    # Built again, since nothing of a loaded one can be trained.
    model = build_model(config.model, run.image_shape, run.tasks)
    return Network(_title(config), run.image_shape, model)


def _title(config: RunConfig) -> str:
    row = f", row {config.row}" if config.row else ""
    return f"{config.model.name} on {config.dataset.name}{row}"


Rows = Sequence[Sequence[str]]


def _as_rich(title: str, rows: Rows, totals: Rows, width: int) -> Table:
    table = Table(title=title, title_justify="left")
    shown = [number for number, name in enumerate(TITLES) if width >= WIDTH_FOR.get(name, 0)]
    for number in shown:
        justify: Literal["left", "right"] = "right" if ARE_NUMBERS[number] else "left"
        is_kind = TITLES[number] == "kind"
        table.add_column(TITLES[number], justify=justify, no_wrap=not is_kind, overflow="fold")
    part = ""
    for row in (*rows, *totals):
        if row[-1] != part or row is totals[0]:
            table.add_section()
        part = row[-1]
        table.add_row(*(row[number] for number in shown))
    return table


def _as_markdown(rows: Rows, totals: Rows) -> str:
    dashes = ["---:" if is_number else "---" for is_number in ARE_NUMBERS]
    cells = [
        TITLES,
        dashes,
        *rows,
        *([f"**{one}**" if one else "" for one in row] for row in totals),
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def _as_csv(rows: Rows, totals: Rows) -> str:
    lines = [dict(zip(TITLES, row, strict=True)) for row in [*rows, *totals]]
    for line in lines:
        for name in ("parameters", "operations"):
            line[name] = line[name].replace(",", "")
    return csv_text(lines)


def _as_latex(rows: Rows, totals: Rows) -> str:
    return latex_table(TITLES, [*rows, *totals], ARE_NUMBERS, rules={1, len(rows)})


WRITERS: dict[str, Callable[[Rows, Rows], str]] = {
    "markdown": _as_markdown,
    "csv": _as_csv,
    "latex": _as_latex,
}
ENDINGS = {".md": "markdown", ".csv": "csv", ".tex": "latex"}
