"""Keys that name a run's folder or a file."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from mtlab.errors import ConfigError


def _run_folder(value: object) -> object:
    if not value:
        raise ConfigError(
            "run",
            rule="must name the folder of a run",
            found=value,
            remedy="for example run=outputs/DATE/TIME",
        )
    return value


RunFolderKey = Annotated[str, BeforeValidator(_run_folder)]
"""The key `run` of the commands that take a run's folder."""


def file_ending(key: str, *endings: str) -> BeforeValidator:
    """Refuse null, and a file whose name ends otherwise."""

    def check(value: object) -> object:
        if not str(value).endswith(endings):
            raise ConfigError(
                key,
                rule=f"must name a {' or '.join(endings)} file",
                found=value,
                remedy=f"for example {key}=FILE{endings[0]}",
            )
        return value

    return BeforeValidator(check)
