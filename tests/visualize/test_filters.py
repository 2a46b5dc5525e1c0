"""Weights as images, every kernel on sheets, and units in a rectangle."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from trained_runs import classification_head, cnn_trunk

from mtlab.drawing.mosaic import ColourScale
from mtlab.models.cnn import plan_convolutions
from mtlab.models.mlp import MlpTrunk
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.models.perceptron import Perceptron
from mtlab.visualize.activations import rectangle_of_units
from mtlab.visualize.filters import (
    MOST_PIXELS,
    draw_kernel_sheet,
    kernels_in_rows,
    reads_pixels,
    sheet_sizes,
)
from mtlab.visualize.layers import find_layers


def test_dense_layers_that_read_pixels_are_the_first_ones() -> None:
    mlp = MultiTaskNetwork(MlpTrunk((1, 2, 2), [4, 3]), {"t": classification_head(3, [], 2)})
    linear = MultiTaskNetwork(MlpTrunk((1, 2, 2), []), {"t": classification_head(4, [], 2)})
    unit = Perceptron((1, 2, 2), "t", 1.0)

    def readers(model: nn.Module, shape: tuple[int, int, int]) -> list[str]:
        layers = find_layers(model)
        return [layer.name for layer in layers if reads_pixels(layer, layers, shape)]

    # dense2 has four inputs as well, but they are features.
    assert readers(mlp, (1, 2, 2)) == ["dense1"]
    assert readers(linear, (1, 2, 2)) == ["t.output"]
    assert readers(unit, (1, 2, 2)) == ["unit"]
    trunk = cnn_trunk((1, 12, 12), plan_convolutions([3], 3, 1, 1, [], 2))
    cnn = MultiTaskNetwork(trunk, {"t": classification_head(trunk.output_shape[0], [], 2)})
    assert readers(cnn, (1, 12, 12)) == []


def test_kernels_stand_in_rows_by_filter() -> None:
    weights = torch.arange(2 * 3 * 2 * 2).float().reshape(2, 3, 2, 2).numpy()
    sheet = kernels_in_rows(weights)
    assert sheet.shape == (5, 8)
    assert (sheet[3:5, 6:8] == weights[1, 2]).all()
    assert torch.from_numpy(sheet[2]).isnan().all()
    assert torch.from_numpy(sheet[:, 2]).isnan().all()


def test_units_fill_a_rectangle_row_by_row() -> None:
    rectangle = rectangle_of_units(np.arange(7.0)[np.newaxis])
    assert rectangle.shape == (1, 3, 3)
    assert rectangle[0, 1, 0] == 3
    assert np.isnan(rectangle[0, 2, 1:]).all()


@pytest.mark.parametrize("shape", [(16, 8, 4, 4), (128, 64, 4, 4), (512, 512, 3, 3), (4, 2, 9, 9)])
def test_a_sheet_of_kernels_fits_a_screen_as_far_as_pixels_allow(
    shape: tuple[int, int, int, int],
) -> None:
    filters, inputs, height, width = shape
    pixels, at_once = sheet_sizes(shape)
    assert pixels >= 1
    assert pixels == 1 or pixels * inputs * (width + 1) <= MOST_PIXELS
    assert min(at_once, filters) * pixels * (height + 1) <= MOST_PIXELS


def test_filters_and_channels_of_a_sheet_are_numbered() -> None:
    weights = np.zeros((8, 3, 2, 2), np.float32)
    scale = ColourScale("RdBu_r", -1, 1, "weight")
    figure = draw_kernel_sheet(
        weights, range(16, 24), sheet_sizes(weights.shape)[0], scale, "title"
    )
    axes, bar = figure.axes
    assert [text.get_text() for text in axes.get_yticklabels()] == [str(n) for n in range(16, 24)]
    # The middle of a kernel of two weights, with one between kernels; every other has room.
    assert axes.get_xticks().tolist() == [0.5, 6.5]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "2"]
    assert bar.get_ylabel() == "weight"
