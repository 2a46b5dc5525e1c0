"""The drawn shapes: reproducible, balanced in nothing but chance, and as hard as asked for."""

import subprocess
import sys
from hashlib import sha256

import numpy as np
import pytest
import torch

from mtlab.data.shapes import OUTLINES, Shapes, draw_shapes
from mtlab.data.source import LabelledImages

HASH_IN_A_NEW_PROCESS = """
from hashlib import sha256
from mtlab.data.shapes import draw_shapes
print(sha256(draw_shapes(60, 32, 7, 0.5).images.numpy().tobytes()).hexdigest())
"""


def draw(num_images: int = 60, seed: int = 7, difficulty: float = 0.5) -> LabelledImages:
    return draw_shapes(num_images, 32, seed, difficulty)


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    here = sha256(draw().images.numpy().tobytes()).hexdigest()
    there = subprocess.run(
        [sys.executable, "-c", HASH_IN_A_NEW_PROCESS], capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == here


def test_the_bytes_stay_those_of_every_version():
    images = draw_shapes(3000, 32, 0, 0.4).images
    digest = sha256(images.numpy().tobytes()).hexdigest()
    assert digest == "e4dfe7002b9bd77bb60241c48f7e514164fb847f883c93b98f1d93bf599578f7"


def test_another_seed_gives_other_images_and_targets():
    one, other = draw(seed=1), draw(seed=2)
    assert not torch.equal(one.images, other.images)
    assert not torch.equal(one.labels["b"], other.labels["b"])


@pytest.mark.parametrize("difficulty", [0.0, 1.0])
def test_images_and_targets_have_the_studys_form(difficulty: float):
    samples = draw(700, difficulty=difficulty)
    assert samples.images.shape == (700, 1, 32, 32)
    assert samples.images.dtype == torch.float32
    assert float(samples.images.min()) >= 0 and float(samples.images.max()) <= 1
    assert samples.labels["a"].unique().tolist() == list(range(10))
    assert samples.labels["b"].unique().tolist() == list(range(32))
    assert float(samples.labels["c"].min()) >= 0 and float(samples.labels["c"].max()) <= 1


def test_targets_do_not_tell_each_other():
    labels = draw_shapes(3000, 8, 0, 0.0).labels
    table = torch.stack([labels[name].double() for name in "abc"])
    correlations = table.corrcoef() - torch.eye(3, dtype=torch.float64)
    assert float(correlations.abs().max()) < 0.06


def test_brightness_is_that_of_the_shape():
    samples = draw(400, difficulty=0.0)
    brightest = samples.images.flatten(1).quantile(0.98, dim=1)
    assert float(torch.corrcoef(torch.stack([brightest, samples.labels["c"]]))[0, 1]) > 0.95


def test_difficulty_buries_the_shape_in_noise():
    def signal_to_noise(difficulty: float) -> float:
        images = draw(300, difficulty=difficulty).images[:, 0]
        corners = images[:, :4, :4].reshape(300, -1)
        return float(
            (images[:, 12:20, 12:20].mean(dim=(1, 2)) - 0.3).mean() / corners.std(dim=1).mean()
        )

    assert signal_to_noise(0.0) > 5
    assert signal_to_noise(0.0) > signal_to_noise(0.5) > signal_to_noise(1.0)


@pytest.mark.parametrize("name", OUTLINES)
def test_no_shape_looks_the_same_when_turned(name: str):
    axis = np.linspace(-1.2, 1.2, 96, dtype=np.float32)
    u, v = np.meshgrid(axis, axis)
    upright = OUTLINES[name](u, v) < 0
    for turn in range(1, 32):
        angle = 2 * np.pi * turn / 32
        cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        turned = OUTLINES[name](u * cosine + v * sine, v * cosine - u * sine) < 0
        overlap = (upright & turned).sum() / (upright | turned).sum()
        assert overlap < 0.95, f"{name} turned by {turn}/32"


def test_shapes_fit_their_radius():
    axis = np.linspace(-2, 2, 201, dtype=np.float32)
    u, v = np.meshgrid(axis, axis)
    for outline in OUTLINES.values():
        assert bool((np.hypot(u, v)[outline(u, v) < 0] < 1.1).all())


def test_train_and_test_share_no_image():
    source = Shapes(
        num_images=100,
        image_size=32,
        seed=7,
        difficulty=0.5,
        test_fraction=0.2,
        strata=lambda samples, _: samples.main_label,
    )
    train, test = source.train(), source.test()
    assert (len(train), len(test)) == (80, 20)
    seen = {image.numpy().tobytes() for image in train.images}
    assert not any(image.numpy().tobytes() in seen for image in test.images)
