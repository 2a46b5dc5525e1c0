"""Where a run computes: the processor or GPU, its name, its precision."""

import os
import platform
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from mtlab.errors import ConfigError


@dataclass(frozen=True)
class Device:
    """A device with the precision of its arithmetic.

    Attributes:
        name: The processor's or GPU's product name.
        precision: `float32`, or `bfloat16` for autocast matrix products and convolutions
            (weights, optimizer state and losses stay float32).
        num_threads: CPU threads that torch uses.
    """

    torch_device: torch.device
    name: str
    precision: str
    num_threads: int

    @property
    def type(self) -> str:
        return self.torch_device.type

    def autocast(self) -> AbstractContextManager[object]:
        """The context in which forward passes run."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.type, dtype=torch.bfloat16)

    def place(self, model: nn.Module) -> nn.Module:
        """Move a model to the device, in the layout that its convolutions are fastest in.

        On processors that is channels-last: 10 to 15% on a CNN of 32-64-128 filters.
        """
        if self.type == "cpu":
            return model.to(memory_format=torch.channels_last)
        return model.to(self.torch_device)

    def synchronize(self) -> None:
        """Wait for queued GPU work, so that a clock read afterwards is true."""
        if self.type == "cuda":
            torch.cuda.synchronize(self.torch_device)


def select_device(kind: str, precision: str, num_threads: int | None) -> Device:
    """Choose the device: `cpu`, `cuda`, or `auto` (cuda where there is one, else cpu).

    Args:
        num_threads: CPU threads, at least 1; None keeps torch's choice, one per core.

    Raises:
        ConfigError: cuda was asked for and there is none.
    """
    has_cuda = torch.cuda.is_available()
    if kind == "cuda" and not has_cuda:
        raise ConfigError(
            "device",
            rule="cuda needs an NVIDIA GPU that torch can use",
            found=f"device=cuda, and torch {torch.__version__} sees no GPU",
            remedy="use device=cpu or device=auto",
        )
    if num_threads is not None:
        torch.set_num_threads(num_threads)
    if has_cuda and kind != "cpu":
        # Same seed, same bits: the deterministic kernels cost little on networks of this size.
        # cuBLAS reads its variable when it starts, which is after this.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False
        chosen = torch.device("cuda", torch.cuda.current_device())
        name = torch.cuda.get_device_name(chosen)
    else:
        chosen, name = torch.device("cpu"), _processor_name()
    return Device(chosen, name, precision, torch.get_num_threads())


def _processor_name() -> str:
    cpu_information = Path("/proc/cpuinfo")
    if cpu_information.exists():
        for line in cpu_information.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
