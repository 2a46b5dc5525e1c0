"""Tables as LaTeX: their structure, and that no text becomes a command."""

from __future__ import annotations

import re

import pytest

from mtlab.artifacts.latex import escaped, latex_table

SIGNS = "\N{MINUS SIGN}\N{MULTIPLICATION SIGN}±λ·…"
ODD = r"""a_b 5% $x$ #1 {y} \input ~ ^ < > | " ' ` & [2]""" + SIGNS


def test_a_table_has_a_heading_rules_and_a_line_per_row() -> None:
    text = latex_table(["layer", "parameters"], [["conv_1", "320"], ["fc", "1,290"]], [False, True])
    assert text.splitlines()[1:] == [
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"{layer} & {parameters} \\",
        r"\midrule",
        r"{conv\_1} & {320} \\",
        r"{fc} & {1,290} \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_small_print_stands_below_its_cells_where_there_is_any() -> None:
    text = latex_table(["a", "b"], [["1", "2"], ["3", "4"]], below=[["", "95%: 1 to 3"], ["", ""]])
    assert r" & {\footnotesize 95\%: 1 to 3} \\" in text.splitlines()
    assert text.count(r"\footnotesize") == 1


@pytest.mark.parametrize("text", [ODD, "\\", "[2] first in its line", "two\nlines"])
def test_every_sign_is_printed_as_it_is(text: str) -> None:
    found = escaped(text)
    commands = r"\\(text[a-z]+|ldots)\{\}|\$(\\[a-z]+|-)\$|\\[&%$#_{}]"
    left = re.sub(commands, "", found)
    assert not set(left) & set("\\&%$#_{}~^<>|\"'`\n" + SIGNS)


def test_a_line_that_begins_with_a_bracket_is_no_option_of_the_line_before() -> None:
    lines = latex_table(["widths"], [["[8]"], ["[9, 8]"]]).splitlines()
    assert [line for line in lines if line.startswith("[")] == []
