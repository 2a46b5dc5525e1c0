"""Keys of the group `device`: where and how precisely to compute."""

from typing import Annotated, Literal

from pydantic import Field

from mtlab.config.base import Keys

Precision = Literal["float32", "bfloat16"]


class DeviceConfig(Keys):
    """Where to compute: `auto` takes a GPU where there is one. bfloat16 is that of autocast, while
    weights and optimizer state stay float32.
    """

    name: Literal["cpu", "cuda", "auto"]
    # Far more than any processor has, and far fewer than an operating system refuses.
    threads: Annotated[int, Field(ge=1, le=1024)] | None
    precision: Precision
