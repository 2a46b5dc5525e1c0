"""Hydra's and OmegaConf's errors, and the operating system's, in one line with a remedy."""

from __future__ import annotations

from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from mtlab.errors import MtlabError


def explain(error: Exception) -> str | None:
    """One line for a mistake of the user's; None for anything else, which is ours."""
    if isinstance(error, MtlabError):
        return str(error)
    if isinstance(error, HydraException | OmegaConfBaseException):
        causes = [str(error)]
        if isinstance(error.__cause__, OmegaConfBaseException):
            causes.append(str(error.__cause__))
        return " ".join(" ".join(causes).split())
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}; name another folder or check its permissions"
    return None
