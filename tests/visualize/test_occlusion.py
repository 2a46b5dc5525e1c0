"""Patches hide pixels, and what the answer loses by it is mapped."""

from __future__ import annotations

import pytest
import torch

from mtlab.data.tasks import ClassificationTask, RegressionTask
from mtlab.visualize.occlusion import Cover

TASK = ClassificationTask("t", ("dark", "bright"))
BLACK = torch.zeros(1, 1, 1, 1)


def by_one_pixel(images: torch.Tensor) -> dict[str, torch.Tensor]:
    """The class follows from pixel (2, 3), the value is the sum of all pixels."""
    decisive = 4 * images[:, 0, 2, 3] - 2
    return {"t": torch.stack((-decisive, decisive), dim=1), "v": images.sum(dim=(1, 2, 3))}


def test_the_map_shows_where_a_patch_hides_the_pixel_that_decides() -> None:
    slide = Cover(by_one_pixel, 1, BLACK).slide(torch.ones(1, 6, 6), 3)
    effects = slide.effects(TASK)
    lost = 2 * torch.tensor(4.0).sigmoid() - 1
    expected = torch.zeros(6, 6)
    expected[1:4, 2:5] = lost
    torch.testing.assert_close(effects, expected)
    assert torch.equal(slide.answers(TASK) == 0, expected > 0)


def test_a_value_loses_what_the_patch_hides_and_less_at_the_border() -> None:
    slide = Cover(by_one_pixel, 1, BLACK).slide(torch.ones(1, 4, 4), 3)
    effects = slide.effects(RegressionTask("v"))
    expected = -torch.tensor([[4.0, 6, 6, 4], [6, 9, 9, 6], [6, 9, 9, 6], [4, 6, 6, 4]])
    torch.testing.assert_close(effects, expected)
    hidden = slide.strongest(RegressionTask("v"))
    assert (hidden.box.height, hidden.box.width, float(hidden.output)) == (3, 3, 7.0)


def test_the_smallest_patch_is_the_pixel_and_one_that_changes_nothing_is_told() -> None:
    cover = Cover(by_one_pixel, 1, BLACK)
    found = cover.smallest_changes(torch.ones(1, 6, 6), [TASK])["t"]
    assert found.box == (2, 3, 1, 1)
    assert int(found.output.argmax()) == 0
    # Covered by its own colour, the image stays what it is.
    same = Cover(by_one_pixel, 1, BLACK + 1).smallest_changes(torch.ones(1, 6, 6), [TASK])["t"]
    assert int(same.output.argmax()) == 1


@pytest.mark.parametrize("stride", [2, 3, 4])
def test_a_stride_fills_the_whole_map(stride: int) -> None:
    slide = Cover(by_one_pixel, stride, BLACK).slide(torch.ones(1, 7, 5), 2)
    effects = slide.effects(RegressionTask("v"))
    assert effects.shape == (7, 5)
    assert bool((effects < 0).all())
    # One answer for each place of the patch.
    assert bool((effects[:stride, :stride] == effects[0, 0]).all())
