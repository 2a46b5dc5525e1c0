r"""Tables as LaTeX: a booktabs `tabular` that a document takes in with `\input`."""

import re
from collections.abc import Collection, Iterable, Sequence

SIGNS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "\N{MINUS SIGN}": "$-$",
    "±": r"$\pm$",
    "·": r"$\cdot$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "λ": r"$\lambda$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "∞": r"$\infty$",
    "…": r"\ldots{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
}
"""What LaTeX would take for a command, or has no letter for."""
HEAD = r"% In the preamble: \usepackage[T1]{fontenc} and \usepackage{textcomp,booktabs}"


def escaped(text: str) -> str:
    """Text in one line that LaTeX prints as it is."""
    return re.sub(
        "[" + re.escape("".join(SIGNS)) + "]",
        lambda found: SIGNS[found[0]],
        " ".join(text.split()),
    )


def latex_table(
    titles: Sequence[str],
    rows: Iterable[Sequence[str]],
    are_numbers: Sequence[bool] = (),
    below: Sequence[Sequence[str]] = (),
    rules: Collection[int] = (),
) -> str:
    """A `tabular` with a heading, of texts that may hold any sign.

    Args:
        are_numbers: Per column whether it is aligned right; left out: none is.
        below: Per row what stands in small print below its cells; left out, or empty: nothing.
        rules: Rows, counted from 0, that a line stands above, such as those of sums.
    """
    places = "".join("r" if is_number else "l" for is_number in are_numbers) or "l" * len(titles)
    lines = [HEAD, rf"\begin{{tabular}}{{{places}}}", r"\toprule", _line(titles), r"\midrule"]
    for number, row in enumerate(rows):
        lines += [r"\midrule"] if number in rules else []
        lines.append(_line(row))
        if number < len(below) and any(below[number]):
            lines.append(_line(below[number], r"\footnotesize "))
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _line(cells: Sequence[str], style: str = "") -> str:
    # Braces: LaTeX would take a bracket behind a line's end for the space to leave there.
    texts = (f"{{{style}{escaped(cell)}}}" if cell else "" for cell in cells)
    return " & ".join(texts) + r" \\"
