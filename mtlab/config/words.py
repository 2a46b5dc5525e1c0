"""Commands with options of their own in place of Hydra's overrides."""

import argparse
from pathlib import Path
from typing import NoReturn

from mtlab.errors import MtlabError


class WordsParser(argparse.ArgumentParser):
    """Mistakes are told like all others of mtlab, in one line."""

    def __init__(self, command: str, description: str, examples: str) -> None:
        super().__init__(
            prog=f"mtlab {command}",
            description=description,
            epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self._command = command

    def add_folders(self) -> None:
        """Take folders of runs, at least one."""
        told = "a run, a sweep, or any folder of them"
        self.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help=told)

    def error(self, message: str) -> NoReturn:
        raise MtlabError(self._command, rule=message, remedy=f"see mtlab {self._command} --help")
