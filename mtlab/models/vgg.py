"""VGG blocks: a few 3x3 convolutions, then pooling that halves the image."""

from collections.abc import Sequence

from mtlab.models.cnn import plan_convolutions
from mtlab.models.layers import LayerSpec, check_halvings


def plan_blocks(
    filters: Sequence[int],
    convolutions_per_block: int,
    image_shape: tuple[int, int, int],
    *,
    batch_norm: bool = False,
) -> list[LayerSpec]:
    """The convolutions of every block in order.

    Simonyan, Zisserman (2015), "Very deep convolutional networks for large-scale image
    recognition", arXiv:1409.1556: 3x3 convolutions with stride 1 and padding 1 keep the size of the
    map, and 2x2 max pooling behind the last one of a block halves it, rounded down.

    Args:
        filters: One number per block, for all of its convolutions.
        image_shape: `(channels, height, width)`.

    Raises:
        ModelError: More blocks than the image can be halved.
    """
    check_halvings("model.filters", filters, image_shape, "blocks", first_halves=True)
    layers = [num_filters for num_filters in filters for _ in range(convolutions_per_block)]
    last_of_blocks = range(convolutions_per_block, len(layers) + 1, convolutions_per_block)
    return plan_convolutions(
        layers,
        kernel_size=3,
        strides=1,
        padding=1,
        pool_after=last_of_blocks,
        pool_size=2,
        batch_norm=batch_norm,
    )
