"""What produced a run: versions, and the command that repeats it."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Sequence
from importlib import metadata

from mtlab import __version__

PACKAGES = ("torch", "numpy", "hydra-core", "omegaconf", "scikit-learn")


def versions() -> dict[str, str]:
    """Versions of mtlab, Python and the packages that results depend on."""
    found = {"mtlab": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        found[package] = metadata.version(package)
    return found


def command_line(overrides: Sequence[str]) -> str:
    """The command that repeats a run, quoted for a shell."""
    return shlex.join(["mtlab", *overrides])
