"""`mtlab summary` prints, writes and draws the layers of a network."""

from __future__ import annotations

import csv
import json

import pytest
from conftest import Runner
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image
from trained_runs import train_run

from mtlab.drawing.blocks import Block, Branch
from mtlab.drawing.network import draw_network
from mtlab.explore.architecture import blocks_of
from mtlab.models.counting import LayerSize


def test_the_table_of_a_composed_network_without_any_file_of_its_dataset(
    mtlab: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTLAB_DATA", str(mtlab.folder / "empty"))
    monkeypatch.setenv("COLUMNS", "100")
    outcome = mtlab("summary", "model=mtl_cnn", "dataset=fashion_mnist", "output=layers.csv")
    assert outcome.code == 0, outcome.err
    assert "mtl_cnn on fashion_mnist" in outcome.out
    assert "│ article.output │ dense " in outcome.out and "head article" in outcome.out
    assert not list(mtlab.folder.glob("outputs/*")) and not (mtlab.folder / "empty").exists()
    with (mtlab.folder / "layers.csv").open(newline="") as file:
        rows = {row["layer"]: row for row in csv.DictReader(file)}
    assert rows["input"]["output"] == "1x28x28"
    assert (
        rows["conv2"] | {"parameters": "18496", "operations": "7225344", "part": "shared"}
        == (rows["conv2"])
    )
    assert rows["total"]["parameters"] == "912973" == rows["trainable"]["parameters"]
    assert rows["head group"]["parameters"] == str(64 * 129 + 3 * 65)


def test_a_row_of_a_preset_in_every_format(mtlab: Runner) -> None:
    preset = ("summary", "experiment=cnn_grid", "row=192-96")
    latex = mtlab(*preset, "format=latex", "output=layers.md")
    assert latex.code == 0, latex.err
    assert r"{conv2} & {conv 4x4, relu} & {96x23x23} & {295,008}" in latex.out
    assert latex.out.count(r"\midrule") == 3
    lines = (mtlab.folder / "layers.md").read_text().splitlines()
    assert lines[0] == "| layer | kind | output | parameters | operations | part |"
    assert {line.count("|") for line in lines} == {7}
    assert "| **804,778** |" in mtlab(*preset, "format=markdown").out


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_no_number_is_cut_in_a_narrow_terminal(
    mtlab: Runner, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    out = mtlab("summary", "model=three_heads", "dataset=shapes", "dataset.num_images=40").out
    assert "│    741,419 │" in out and "│ 64x16x16 │" in out
    assert ("│ 81,143,104 │" in out) is (columns > 60)
    assert max(map(len, out.splitlines())) <= columns


def test_the_layers_of_a_run_are_in_its_summary_and_drawn_on_request(mtlab: Runner) -> None:
    run = train_run(mtlab.folder / "run", "model=mlp", "model.widths=[5]")
    outcome = mtlab("summary", "run", "figure=network.png", "format=csv")
    assert outcome.code == 0, outcome.err
    assert 'dense1,"dense, relu",5,3925,' in outcome.out
    assert "trainable,,,3985," in outcome.out  # none, if the loaded network were asked
    with Image.open(mtlab.folder / "network.png") as drawing:
        assert drawing.width > 400
    layers = json.loads((run / "summary.json").read_text())["layers"]
    assert [layer["name"] for layer in layers] == ["flatten", "dense1", "digit.output"]
    assert layers[1]["shape"] == [5] and layers[1]["task"] is None
    refused = mtlab("summary", "run", "model=cnn")
    assert refused.code == 2
    assert "model: is no setting of a run that is there" in refused.err
    assert mtlab("summary", "figure=network.gif").err.startswith("mtlab: figure: must be a .png")


def _conv(number: int, shape: tuple[int, ...], kind: str = "conv 3x3, padding 1") -> LayerSize:
    return LayerSize(f"conv{number}", kind, shape, 10, 10, 0, None)


def test_deep_networks_have_few_blocks_with_all_their_parameters() -> None:
    layers = [_conv(number, (8 + number, 32 >> number // 12, 32)) for number in range(40)]
    blocks = blocks_of(layers)
    assert len(blocks) <= 9
    assert sum(block.parameters for block in blocks) == 400
    repeated = blocks_of([_conv(1, (8, 4, 4)), _conv(2, (8, 4, 4)), _conv(3, (9, 4, 4))])
    assert [block.words for block in repeated] == [
        ("2 \N{MULTIPLICATION SIGN} conv 3x3",), ("conv 3x3",),
    ]  # fmt: skip


def test_no_text_of_a_drawing_leaves_the_figure_or_lies_on_another() -> None:
    maps = Block((64, 8, 8), ("3 x conv 3x3, stride 2, relu", "batch norm"), 123456)
    hidden, answer = Block((64,), ("dense, relu",), 99), Block((10,), ("dense",), 650)
    join = Block((128,), ("join features of a long name",), 0, is_join=True)
    branches = [
        Branch("a long name", [maps, hidden, answer], stop_gradient=True),
        Branch("b", [answer]),
        Branch("c", [join, answer], borrows_from=["a long name"], detached=True),
    ]
    figure = draw_network("title", (1, 28, 28), [maps, maps], branches)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [
        text.get_window_extent(canvas.get_renderer())
        for text in figure.axes[0].texts
        if text.get_text()
    ]
    assert sum(text.get_text() == "no gradient" for text in figure.axes[0].texts) == 2
    width, height = canvas.get_width_height()
    for number, box in enumerate(boxes):
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
        assert not [other for other in boxes[:number] if box.overlaps(other)]
