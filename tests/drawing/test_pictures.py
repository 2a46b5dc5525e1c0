"""Pictures keep their numbers, and every value has its colour."""

from __future__ import annotations

import itertools
from pathlib import Path

import matplotlib
import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from mtlab.drawing.colours import class_colours
from mtlab.drawing.contact_sheet import write_contact_sheet
from mtlab.drawing.heat_map import PairGrid, draw_pair_grids
from mtlab.drawing.mosaic import (
    ColourScale,
    Panel,
    as_displayable,
    draw_panels,
)
from mtlab.drawing.saving import save_picture
from mtlab.drawing.scatter import LONGEST_NAME_AMID_POINTS, ClassPoints, draw_scatter, push_apart


def drawn() -> Figure:
    tiles = np.linspace(-1, 0.5, 6 * 3 * 3).reshape(6, 3, 3)
    scale = ColourScale.centred(tiles, "weight")
    return draw_panels([Panel("a", tiles, "abcdef", 4)], scale, "title", tile_inches=0.4)


def test_zero_is_the_middle_of_the_diverging_map_and_nothing_is_clipped() -> None:
    scale = ColourScale.centred(np.array([-0.2, 0.7]), "weight")
    assert (scale.low, scale.high) == (-0.7, 0.7)
    assert ColourScale.centred(np.zeros(3), "weight").high == 1
    assert ColourScale.from_zero(np.array([0.0, 3.0]), "activation").high == 3


def test_panels_lie_within_the_figure_and_apart() -> None:
    tiles = np.zeros((5, 2, 2))
    panels = [Panel("one", tiles, num_columns=3) for _ in range(4)]
    figure = draw_panels(
        panels, ColourScale("gray", 0, 1, "bar"), "title", tile_inches=0.5, num_panel_columns=2
    )
    tiles_axes, bar = figure.axes
    boxes = [image.get_window_extent() for image in tiles_axes.images] + [bar.bbox]
    assert len(boxes) == 21
    for index, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
        for other in boxes[:index]:
            apart = (
                box.x0 >= other.x1 or other.x0 >= box.x1 or box.y0 >= other.y1 or other.y0 >= box.y1
            )
            assert apart


def test_one_channel_is_grey_three_are_colours() -> None:
    assert as_displayable(np.zeros((4, 1, 5, 6))).shape == (4, 5, 6)
    assert as_displayable(np.zeros((4, 3, 5, 6))).shape == (4, 5, 6, 3)
    assert as_displayable(np.ones((4, 2, 5, 6))).shape == (4, 5, 6)


def test_classes_have_different_colours() -> None:
    for num_classes in (2, 10, 17, 47):
        assert len(set(class_colours(num_classes))) == num_classes


def as_cielab(colour: tuple[float, float, float, float]) -> npt.NDArray[np.float64]:
    """An sRGB colour by the standard's formulas, white point D65."""
    rgb = np.array(colour[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = np.array(
        [[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]]
    )
    shares = matrix @ linear / np.array([0.9505, 1, 1.0888])
    x, y, z = np.where(shares > 0.008856, np.cbrt(shares), 7.787 * shares + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_the_colours_of_ten_classes_lie_far_apart() -> None:
    colours = [as_cielab(colour) for colour in class_colours(10)]
    for one, other in itertools.combinations(colours, 2):
        assert np.linalg.norm(one - other) > 40


def only_axes(figure: Figure) -> Axes:
    return figure.axes[0]


def test_each_class_is_named_amid_its_points() -> None:
    coordinates = np.array([[0.0, 0], [2, 0], [4, 0], [9, 9]])
    points = ClassPoints("t", coordinates, np.array([0, 0, 0, 2]), ("a", "b", "c"), "task", "xy")
    texts = only_axes(draw_scatter([points])).texts
    assert {text.get_text(): text.get_position() for text in texts} == {"a": (2, 0), "c": (9, 9)}


def test_names_that_would_cover_each_other_are_pushed_apart() -> None:
    names = ("coat", "bag", "a name that is much too long")
    points = ClassPoints("t", np.zeros((3, 2)), np.arange(3), names, "task", "xy")
    figure = draw_scatter([points])
    axes = only_axes(figure)
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 3
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    assert max(len(text.get_text()) for text in axes.texts) == LONGEST_NAME_AMID_POINTS
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == list(names)


def test_boxes_are_moved_only_where_they_overlap() -> None:
    middles, sizes = np.array([[0.0, 0], [1, 0], [50, 0]]), np.full((3, 2), 4.0)
    moved = push_apart(middles, sizes)
    np.testing.assert_array_equal(moved[2], middles[2])
    gaps = np.abs(moved[0] - moved[1])
    assert gaps.max() > 3.8
    assert push_apart(np.zeros((40, 2)), np.ones((40, 2))).std() > 1


def test_plots_side_by_side_share_no_colour_and_many_classes_have_several_markers() -> None:
    def plot(num_classes: int) -> ClassPoints:
        classes = np.arange(num_classes)
        names = [str(one) for one in classes]
        return ClassPoints("t", np.eye(num_classes)[:, :2], classes, names, "task", "xy")

    left, right = draw_scatter([plot(25), plot(3)]).axes
    legends = [axes.get_legend() for axes in (left, right)]
    lines = [line for legend in legends if legend for line in legend.get_lines()]
    looks = [(str(line.get_color()), str(line.get_marker())) for line in lines]
    assert len({colour for colour, _ in looks}) == 28
    assert [marker for _, marker in looks] == ["o"] * 10 + ["^"] * 10 + ["s"] * 8


def test_greyed_cells_lie_outside_the_colour_scale_and_frames_are_whole() -> None:
    values = np.array([[np.nan, np.nan], [1001.0, np.nan]])
    mask = np.isfinite(values)
    grid = PairGrid("t", values, lambda value: f"{value:.0f}", marked=mask, greyed=mask)
    figure = draw_pair_grids([grid], ("0", "1"), "title", "iterations", highest=200)
    axes = only_axes(figure)
    grey = axes.images[1].get_array()
    assert grey is not None and np.isfinite(grey).sum() == 1
    assert matplotlib.colors.same_color(axes.texts[0].get_color(), "black")
    assert not axes.patches[0].get_clip_on()


def test_a_picture_keeps_its_numbers_and_its_command(tmp_path: Path) -> None:
    path = save_picture(
        drawn(), tmp_path / "a" / "b.png", {"x": np.arange(3)}, command="mtlab pca", vector=True
    )
    with Image.open(path) as image:
        assert image.info["Description"] == "mtlab pca"
    assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert path.with_suffix(".svg").read_text().count("<svg") == 1
    with np.load(path.with_suffix(".npz")) as numbers:
        np.testing.assert_array_equal(numbers["x"], [0, 1, 2])


def test_the_contact_sheet_shows_every_picture_and_escapes_what_was_typed(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    for name in ("one", "two"):
        save_picture(drawn(), folder / "kind" / f"{name}.png", {}, command="mtlab 'a=<b>'")
    page = write_contact_sheet(folder, "pictures of <me>").read_text()
    assert 'src="kind/one.png"' in page
    assert 'src="kind/two.png"' in page
    assert 'href="kind/one.npz"' in page
    assert "<me>" not in page
    assert "&lt;b&gt;" in page
    assert str(tmp_path) not in page


def test_an_interrupted_picture_leaves_the_one_before(tmp_path: Path) -> None:
    path = save_picture(drawn(), tmp_path / "a.png", {}, command="first", vector=True)
    before = path.read_bytes()

    class Interrupted(Figure):
        def savefig(self, fname: Path, **_: object) -> None:  # type: ignore[override]
            fname.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_picture(Interrupted(), path, {}, command="second", vector=True)
    assert path.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.npz", "a.pdf", "a.png", "a.svg"]


def test_the_contact_sheet_names_a_file_that_is_no_picture(tmp_path: Path) -> None:
    save_picture(drawn(), tmp_path / "kind" / "good.png", {}, command="mtlab")
    (tmp_path / "kind" / "bad.png").write_bytes(b"half a picture")
    page = write_contact_sheet(tmp_path, "pictures").read_text()
    assert 'src="kind/good.png"' in page
    assert "kind/bad.png cannot be read" in page
    assert 'src="kind/bad.png"' not in page
