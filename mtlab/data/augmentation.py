"""Random shift, rotation and scale of whole batches of training images, on their device."""

import math
from dataclasses import dataclass

import torch
from torch.nn.functional import affine_grid, grid_sample


@dataclass(frozen=True)
class AffineAugmentation:
    """Moves every image of a batch by a map of its own, drawn uniformly.

    The image is scaled and rotated about its centre, then shifted by at most so many pixels in
    either direction. New pixels are interpolated linearly; what comes in from outside is black.

    Attributes:
        scale: The factor lies between 1 - scale and 1 + scale; in [0, 1).
        black: Value of a black pixel, `(channels, 1, 1)` or one for each pixel, on the device of
            the images; None where normalisation left it at 0.
        deviation: Of each pixel, `(channels, height, width)`, where each was divided by its own:
            brightness is what moves. None where all of a channel were divided by the same.
    """

    shift_pixels: float
    rotate_degrees: float
    scale: float
    black: torch.Tensor | None = None
    deviation: torch.Tensor | None = None

    def __call__(self, images_bchw: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """The batch moved; the generator is on its device, so that nothing waits for the CPU."""
        batch, _, height, width = images_bchw.shape
        if self.shift_pixels == self.rotate_degrees == self.scale == 0:
            return images_bchw
        # In [-1, 1): shift to the right and down, rotation, scale.
        draws = torch.rand(batch, 4, generator=generator, device=images_bchw.device) * 2 - 1
        maps = inverse_maps(
            shift_x=draws[:, 0] * self.shift_pixels,
            shift_y=draws[:, 1] * self.shift_pixels,
            radians=draws[:, 2] * math.radians(self.rotate_degrees),
            factor=1 + draws[:, 3] * self.scale,
            height=height,
            width=width,
        )
        black, deviation = self.black, self.deviation
        if deviation is None:
            return move(images_bchw, maps, black)
        black = None if black is None else black * deviation
        return move(images_bchw * deviation, maps, black) / deviation


def inverse_maps(
    *,
    shift_x: torch.Tensor,
    shift_y: torch.Tensor,
    radians: torch.Tensor,
    factor: torch.Tensor,
    height: int,
    width: int,
) -> torch.Tensor:
    """From each new pixel to where its value comes from, in the coordinates of `affine_grid`.

    A point p of the old image, in pixels from the centre, goes to factor * R p + shift; the map
    wanted is the inverse. `affine_grid` measures x in half widths and y in half heights, so the
    entries that mix the two are scaled by their ratio.

    Args:
        shift_x, shift_y: To the right and down, in pixels, `(batch,)`.
        radians: Counter-clockwise as the image is seen, `(batch,)`.
        factor: Above 1 enlarges, `(batch,)`.

    Returns:
        `(batch, 2, 3)`.
    """
    cosine, sine = torch.cos(radians) / factor, torch.sin(radians) / factor
    from_x = -(cosine * shift_x - sine * shift_y)
    from_y = -(sine * shift_x + cosine * shift_y)
    rows = [
        torch.stack([cosine, -sine * height / width, from_x * 2 / width], dim=1),
        torch.stack([sine * width / height, cosine, from_y * 2 / height], dim=1),
    ]
    return torch.stack(rows, dim=1)


def move(
    images_bchw: torch.Tensor, maps: torch.Tensor, black: torch.Tensor | None = None
) -> torch.Tensor:
    """Move images by `(batch, 2, 3)` maps from `inverse_maps`; the outside is black."""
    grid = affine_grid(maps, list(images_bchw.shape), align_corners=False)
    # grid_sample takes the outside for 0; so black is 0 while it works.
    shifted = images_bchw if black is None else images_bchw - black
    moved = grid_sample(shifted, grid, padding_mode="zeros", align_corners=False)
    return moved if black is None else moved + black
