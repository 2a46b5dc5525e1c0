"""Names in pictures: written as they are, and cut where they would push the picture aside."""

import itertools
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MISSING_SIGN = re.compile(r"Glyph (\d+) \(.*\) missing from font")
MOST_SIGNS_TOLD = 10
LONGEST_FILE_NAME = 80
"""Bytes without the ending; file systems take 255, and a reader's window fewer."""


@contextmanager
def plain_drawing(say: Callable[[str], object]) -> Iterator[None]:
    """Draw text letter for letter, and tell once which signs the font lacks.

    Matplotlib takes what stands between two dollar signs for a formula, and fails where it is
    none; names come from users. It also warns once for every sign that it has to draw as a box.
    """
    import matplotlib as mpl

    missing: dict[str, None] = {}
    with mpl.rc_context({"text.parse_math": False}), warnings.catch_warnings():
        show = warnings.showwarning

        def note(message: Warning | str, *rest: object, **named: object) -> None:
            found = MISSING_SIGN.match(str(message))
            if found is None:
                show(message, *rest, **named)  # type: ignore[arg-type]
            else:
                missing[chr(int(found[1]))] = None

        warnings.filterwarnings("always", message=MISSING_SIGN.pattern)
        warnings.showwarning = note
        yield
    if missing:
        signs = "".join(list(missing)[:MOST_SIGNS_TOLD])
        more = " and others" if len(missing) > MOST_SIGNS_TOLD else ""
        say(f"figures: the font has no sign for {signs}{more}; boxes stand in their place")


def shortened(text: str, most: int) -> str:
    """At most so many characters, the middle left out: names often differ at one of their ends."""
    if len(text) <= most:
        return text
    num_last = (most - 1) // 3
    return f"{text[: most - 1 - num_last].rstrip()}…{text[len(text) - num_last :].lstrip()}"


class FileNames:
    """File names for one folder, without endings: short, and each given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def claim(self, *words: str) -> str:
        """Words of letters, digits and dashes, joined by underscores; numbered if taken before."""
        whole = "_".join(re.sub(r"[^\w-]+", "-", word).strip("-") for word in words)
        for number in itertools.count(1):
            ending = f"-{number}" if number > 1 else ""
            cut = whole.encode()[: LONGEST_FILE_NAME - len(ending)].decode(errors="ignore")
            name = cut.rstrip("-_") + ending
            # Some file systems do not tell upper case from lower.
            if name.casefold() not in self._taken:
                break
        self._taken.add(name.casefold())
        return name
