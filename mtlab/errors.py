"""Mistakes a user can make, each told in one line with its remedy."""

import difflib
from collections.abc import Iterable, Sequence
from functools import partial


class MtlabError(Exception):
    """A mistake that the user can mend; the command line shows it without a traceback.

    Args:
        subject: The configuration key or the file at fault.
        rule: What has to hold.
        found: The value that breaks the rule; left out where there is none to show.
        remedy: What to type or change instead.
    """

    def __init__(self, subject: str, *, rule: str, found: object = ..., remedy: str = "") -> None:
        super().__init__(subject)
        self.subject = subject
        self.rule = rule
        self.found = found if found is ... else str(found)
        self.remedy = remedy

    def __str__(self) -> str:
        line = f"{self.subject}: {self.rule}"
        if self.found is not ...:
            line += f"; found {self.found}"
        if self.remedy:
            line += f"; {self.remedy}"
        return " ".join(line.split())

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: a notebook's reader wants the remedy, not the way to it."""
        return [f"{type(self).__name__}: {self}"]

    def __reduce__(self) -> tuple[object, ...]:
        """Errors come back from other processes, which know of positional arguments alone."""
        again = partial(type(self), rule=self.rule, found=self.found, remedy=self.remedy)
        return again, (self.subject,)


class ConfigError(MtlabError):
    """A configuration key with a wrong name, type or value."""


class DataError(MtlabError):
    """A dataset that is missing, damaged, or does not fit the configuration."""


class ModelError(MtlabError):
    """A network whose layers do not fit each other or the images."""


class TrainingError(MtlabError):
    """A training run that cannot go on, such as one whose loss is not finite."""


class RunFolderError(MtlabError):
    """A run folder that cannot be written or does not hold what it should."""


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """A remedy that names the nearest known word, if one is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {near[0]}?" if near else otherwise


def listed(names: Sequence[str], most: int = 10) -> str:
    """Names in a line; of more than `most` the rest is counted."""
    text = ", ".join(names[:most])
    return f"{text} and {len(names) - most} more" if len(names) > most else text
