"""The keys of the group `device`: where and how precisely to compute."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mtlab.config.checks import check_between

LARGEST_THREADS = 1024
"""Far more threads than any processor has, and far fewer than an operating system refuses."""


class DeviceKind(Enum):
    """`auto` takes a GPU where there is one."""

    cpu = "cpu"
    cuda = "cuda"
    auto = "auto"


class Precision(Enum):
    """`bfloat16`: autocast; weights and optimizer state stay float32."""

    float32 = "float32"
    bfloat16 = "bfloat16"


@dataclass
class DeviceConfig:
    """Where to compute."""

    name: DeviceKind
    threads: int | None
    precision: Precision

    def __post_init__(self) -> None:
        if self.threads is not None:
            check_between(self.threads, "device.threads", 1, LARGEST_THREADS)
