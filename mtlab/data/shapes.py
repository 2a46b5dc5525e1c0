"""Drawn shapes with three independent targets: what shape, turned how far, how bright."""

import functools
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from mtlab.data.source import LabelledImages, Strata, Undivided, by_main_label
from mtlab.seeding import derived_seed

Field = npt.NDArray[np.float32]
"""One number per image and pixel, `(num_images, height, width)`."""

NUM_ORIENTATIONS = 32
BACKGROUND = 0.3
GREY_LEVELS = 256
IMAGES_AT_ONCE = 512


class Shapes(Undivided):
    """Ten shapes (`a`) in 32 orientations (`b`) and any brightness in [0, 1] (`c`)."""

    def __init__(
        self,
        *,
        num_images: int,
        image_size: int,
        seed: int,
        difficulty: float,
        test_fraction: float,
        strata: Strata = by_main_label,
    ) -> None:
        super().__init__("shapes", test_fraction, strata)
        self._draw = functools.partial(draw_shapes, num_images, image_size, seed, difficulty)

    def read(self) -> LabelledImages:
        return self._draw()

    def known_labels(self) -> dict[str, torch.Tensor]:
        return {"a": torch.arange(len(OUTLINES)), "b": torch.arange(NUM_ORIENTATIONS)}

    def class_names(self) -> dict[str, list[str]]:
        return {"a": list(OUTLINES)}


def draw_shapes(num_images: int, image_size: int, seed: int, difficulty: float) -> LabelledImages:
    """Draw the images; the same arguments give the same bytes.

    Args:
        difficulty: 0: large, sharp, centred and clean. 1: small, blurred, anywhere, and little but
            noise.

    Returns:
        Images `(num_images, 1, image_size, image_size)`, float32 in [0, 1] in steps of 1/256, and
        the labels a, b (int64) and c (float32).
    """
    draw = np.random.Generator(np.random.PCG64(derived_seed(seed, "shapes")))
    # Equal shares, so that a small set has every class.
    shape = draw.permutation(np.arange(num_images) % len(OUTLINES))
    orientation = draw.permutation(np.arange(num_images) % NUM_ORIENTATIONS)
    brightness = draw.random(num_images, dtype=np.float32)
    pixels = image_size / 32
    angle = 2 * math.pi * orientation / NUM_ORIENTATIONS
    centre = draw.uniform(-1, 1, (2, num_images)) * (1 + 4 * difficulty) * pixels
    radius = draw.uniform(11 - 4 * difficulty, 13 - 3 * difficulty, num_images) * pixels
    edge_width = draw.uniform(1, 1 + 4 * difficulty, num_images) * pixels
    placement = np.stack([angle, *centre, radius, edge_width])
    contrast = ((0.15 + 0.55 * brightness) * (1 - 0.6 * difficulty)).astype(np.float32)
    noise_deviation = np.float32(0.02 + 0.38 * difficulty**2)
    images = np.empty((num_images, image_size, image_size), dtype=np.float32)
    for start in range(0, num_images, IMAGES_AT_ONCE):
        part = slice(start, start + IMAGES_AT_ONCE)
        coverage = _coverage(shape[part], placement[:, part], image_size)
        noise = draw.standard_normal(coverage.shape, dtype=np.float32)
        clean = BACKGROUND + contrast[part, None, None] * coverage
        images[part] = np.clip(clean + noise_deviation * noise, 0, 1)
    # Steps of 1/256 are exact in float32, so that bytes do not hang on a processor's last bit.
    images = np.round(images * GREY_LEVELS) / np.float32(GREY_LEVELS)
    targets = {"a": shape, "b": orientation, "c": brightness}
    labels = {name: torch.from_numpy(values) for name, values in targets.items()}
    return LabelledImages(torch.from_numpy(images).unsqueeze(1), labels)


def _coverage(
    shape: npt.NDArray[np.int64], placement: npt.NDArray[np.float64], image_size: int
) -> Field:
    """How much of each pixel the shape covers, in [0, 1].

    Args:
        placement: `(5, num_images)`: the angle in radians, and in pixels the centre's x and y from
            the image's centre, the radius, and over how many the edge fades: the blur.
    """
    angle, centre_x, centre_y, radius, edge_width = placement
    axis = np.arange(image_size, dtype=np.float32) - (image_size - 1) / 2
    x = (axis[None, None, :] - centre_x[:, None, None]).astype(np.float32)
    y = (axis[None, :, None] - centre_y[:, None, None]).astype(np.float32)
    cosine = (np.cos(angle) / radius).astype(np.float32)[:, None, None]
    sine = (np.sin(angle) / radius).astype(np.float32)[:, None, None]
    # In the shape's own frame it points along u and has the radius 1.
    u, v = x * cosine + y * sine, y * cosine - x * sine
    distance = np.empty_like(u)
    for index, outline in enumerate(OUTLINES.values()):
        chosen = shape == index
        distance[chosen] = outline(u[chosen], v[chosen])
    fade = (radius / edge_width).astype(np.float32)[:, None, None]
    coverage: Field = np.clip(np.float32(0.5) - distance * fade, 0, 1)
    return coverage


def _disc(u: Field, v: Field, centre: float, radius: float) -> Field:
    distance: Field = np.hypot(u - np.float32(centre), v) - np.float32(radius)
    return distance


def _box(u: Field, v: Field, centre: tuple[float, float], half: tuple[float, float]) -> Field:
    across = np.abs(u - np.float32(centre[0])) - np.float32(half[0])
    distance: Field = np.maximum(across, np.abs(v - np.float32(centre[1])) - np.float32(half[1]))
    return distance


def _spike(u: Field, v: Field, base: float, tip: float, half_width: float) -> Field:
    """A triangle from a base across the u axis to a tip on it."""
    length = tip - base
    norm = math.hypot(length, half_width)
    along, across = np.float32(half_width / norm), np.float32(length / norm)
    sides = np.abs(v) * across - (np.float32(tip) - u) * along
    distance: Field = np.maximum(sides, np.float32(base) - u)
    return distance


OUTLINES: dict[str, Callable[[Field, Field], Field]] = {
    "arrow": lambda u, v: np.minimum(
        _box(u, v, (-0.3, 0), (0.6, 0.17)), _spike(u, v, 0.15, 0.95, 0.6)
    ),
    "corner": lambda u, v: np.minimum(
        _box(u, v, (-0.45, 0), (0.2, 0.75)), _box(u, v, (0.05, -0.55), (0.7, 0.2))
    ),
    "crescent": lambda u, v: np.maximum(_disc(u, v, 0, 0.9), -_disc(u, v, 0.5, 0.75)),
    "drop": lambda u, v: np.minimum(_disc(u, v, -0.3, 0.55), _spike(u, v, -0.1, 1.0, 0.52)),
    "half disc": lambda u, v: np.maximum(_disc(u, v, -0.4, 0.95), -(u + np.float32(0.4))),
    "key": lambda u, v: np.minimum(
        np.maximum(_disc(u, v, 0.5, 0.45), -_disc(u, v, 0.5, 0.2)),
        _box(u, v, (-0.4, 0), (0.55, 0.12)),
    ),
    "open ring": lambda u, v: np.maximum(
        np.maximum(_disc(u, v, 0, 0.9), -_disc(u, v, 0, 0.5)),
        -_box(u, v, (0.7, 0), (0.6, 0.25)),
    ),
    "pie": lambda u, v: np.maximum(
        _disc(u, v, 0, 0.9),
        np.float32(math.sin(0.6)) * u - np.float32(math.cos(0.6)) * np.abs(v),
    ),
    "tee": lambda u, v: np.minimum(
        _box(u, v, (0.15, 0), (0.75, 0.18)), _box(u, v, (-0.6, 0), (0.2, 0.7))
    ),
    "triangle": lambda u, v: _spike(u, v, -0.65, 0.95, 0.55),
}
"""Per shape, in the order of the label: signed distance to its edge (below 0 inside) in units of
its radius. None looks the same when it is turned by less than a full circle."""
