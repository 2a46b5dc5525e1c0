"""Mistakes a user can make, each told in one line with its remedy."""

from __future__ import annotations

NOTHING_TO_SHOW = object()


class MtlabError(Exception):
    """A mistake that the user can mend; the command line shows it without a traceback.

    Args:
        subject: The configuration key or the file at fault.
        rule: What has to hold.
        found: The value that breaks the rule; left out where there is none to show.
        remedy: What to type or change instead.
    """

    def __init__(
        self, subject: str, *, rule: str, found: object = NOTHING_TO_SHOW, remedy: str = ""
    ) -> None:
        # All four go to the base class so that the error survives pickling between processes.
        super().__init__(subject, rule, found, remedy)
        self.subject = subject
        self.rule = rule
        self.found = found
        self.remedy = remedy

    def __str__(self) -> str:
        line = f"{self.subject}: {self.rule}"
        if self.found is not NOTHING_TO_SHOW:
            line += f"; found {self.found}"
        if self.remedy:
            line += f"; {self.remedy}"
        return " ".join(line.split())

    def __reduce__(self) -> tuple[object, ...]:
        found = None if self.found is NOTHING_TO_SHOW else self.found
        return (
            _rebuild,
            (type(self), self.subject, self.rule, str(found), self.remedy, found is None),
        )


def _rebuild(
    kind: type[MtlabError], subject: str, rule: str, found: str, remedy: str, found_nothing: bool
) -> MtlabError:
    shown = NOTHING_TO_SHOW if found_nothing else found
    return kind(subject, rule=rule, found=shown, remedy=remedy)


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
