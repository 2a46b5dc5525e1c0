"""Digits side by side: which digits, where, and what they are called."""

import pytest
import torch
from conftest import composed

from mtlab.config.compose import to_run_config
from mtlab.data.build import build_dataset
from mtlab.data.digit_sequence import PLACES, DigitSequence
from mtlab.data.source import LabelledImages, Source
from mtlab.errors import ConfigError, DataError

SIDE = 6


class Tiles(Source):
    """Each digit is an image of one grey level of its own, which the test has none of."""

    def train(self) -> LabelledImages:
        return self._tiles(torch.arange(1, 41))

    def test(self) -> LabelledImages:
        return self._tiles(torch.arange(101, 121))

    def _tiles(self, levels: torch.Tensor) -> LabelledImages:
        images = levels.to(torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, SIDE, SIDE)
        return LabelledImages(images.contiguous(), {"label": levels % 10})


def sequence(**changes: object) -> DigitSequence:
    keys = {"length": 3, "num_images": None, "num_test_images": None, "spacing": 0}
    keys |= {"jitter_pixels": 0, "seed": 0, "classes": None}
    return DigitSequence(Tiles(), "tiles", **(keys | changes))


def levels(samples: LabelledImages, spacing: int = 0) -> torch.Tensor:
    """The grey level in the middle of each place, `(N, length)`."""
    step = SIDE + spacing
    centres = [place * step + SIDE // 2 for place in range(len(samples.labels))]
    return samples.images[:, 0, SIDE // 2, centres].long()


@pytest.mark.parametrize("spacing", [0, 4, -2])
def test_every_place_shows_the_digit_of_its_label(spacing: int) -> None:
    samples = sequence(spacing=spacing).train()
    assert samples.images.shape == (13, 1, SIDE, 3 * SIDE + 2 * spacing)
    assert list(samples.labels) == ["first", "second", "third"]
    labels = torch.stack(list(samples.labels.values()), dim=1)
    assert torch.equal(levels(samples, spacing) % 10, labels)
    if spacing > 0:
        assert int(samples.images[:, :, :, SIDE : SIDE + spacing].max()) == 0


def test_each_digit_is_used_once_and_the_test_is_made_of_test_digits_alone() -> None:
    source = sequence()
    used = levels(source.train()).flatten()
    assert len(used.unique()) == len(used) == 39
    assert int(levels(source.test()).min()) > 100
    assert source.notes()[0].endswith(
        "40 training digits of tiles, each of which stands in one image"
    )


def test_more_images_use_digits_about_equally_often_and_say_so() -> None:
    source = sequence(num_images=40)
    counts = levels(source.train()).flatten().bincount(minlength=41)[1:]
    assert counts.tolist() == [3] * 40
    assert "in up to 3 images: validation images share digits" in source.notes()[0]


def test_jitter_moves_digits_by_so_many_pixels_and_the_seed_decides() -> None:
    images = sequence(jitter_pixels=2, length=2).train().images
    lit = (images > 0).any(dim=3).squeeze(1)
    first_rows = lit.int().argmax(dim=1)
    assert {0, 1} <= set(first_rows.tolist()) <= {0, 1, 2}
    assert torch.equal(images, sequence(jitter_pixels=2, length=2).train().images)
    assert not torch.equal(images, sequence(jitter_pixels=2, length=2, seed=1).train().images)


def test_only_chosen_digits_are_used() -> None:
    labels = sequence(classes=[3, 8]).train().labels
    assert all(set(label.tolist()) <= {3, 8} for label in labels.values())
    with pytest.raises(DataError, match="at most the number of digits to put side by side, 2"):
        sequence(classes=[3], length=3).test()


def test_a_run_has_a_task_per_place() -> None:
    words = ("dataset=digit_sequence", "dataset.length=3", "dataset.spacing=2")
    config = to_run_config(composed(*words))
    dataset = build_dataset(config.dataset, None, "defaults", 0)
    assert [task.name for task in dataset.tasks] == list(PLACES[:3])
    assert dataset.image_shape == (1, 28, 88)
    assert all(task.class_names == tuple("0123456789") for task in dataset.tasks)
    with pytest.raises(ConfigError, match="must list labels of digits, which are 0 to 9"):
        chosen = to_run_config(composed(*words, "dataset.classes=[76,77]")).dataset
        build_dataset(chosen, None, "defaults", 0)
    with pytest.raises(
        ConfigError, match=r"dataset\.length: must be a whole number between 2 and 10"
    ):
        to_run_config(composed(*words[:1], "dataset.length=11"))
