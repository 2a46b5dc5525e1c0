"""Names in pictures and files, whatever users call their classes."""

from __future__ import annotations

import warnings
from io import BytesIO

import pytest
from matplotlib.figure import Figure

from mtlab.drawing.lettering import LONGEST_FILE_NAME, FileNames, plain_drawing, shortened


def draw(*texts: str) -> None:
    figure = Figure(figsize=(1, 1))
    axes = figure.subplots()
    for text in texts:
        axes.text(0, 0, text)
    axes.set_xticks(range(len(texts)), texts)
    figure.savefig(BytesIO(), format="png")


def test_dollar_signs_are_no_formulas() -> None:
    said: list[str] = []
    with plain_drawing(said.append):
        draw("US$_A$", "b$^$", r"$\frac{$")
    assert said == []


def test_signs_that_the_font_lacks_are_told_in_one_line() -> None:
    said: list[str] = []
    with plain_drawing(said.append):
        draw("猫", "犬", "cat 猫")
    assert said == ["figures: the font has no sign for 猫犬; boxes stand in their place"]


def test_very_many_missing_signs_are_not_all_told() -> None:
    said: list[str] = []
    with plain_drawing(said.append):
        draw("".join(chr(0x4E00 + number) for number in range(20)))
    assert len(said) == 1
    assert "and others" in said[0]
    assert len(said[0]) < 100


def test_other_warnings_pass() -> None:
    with pytest.warns(UserWarning, match="something else"), plain_drawing(print):
        warnings.warn("something else", stacklevel=1)


def test_long_names_keep_both_their_ends() -> None:
    assert shortened("short", 5) == "short"
    cut = shortened("a very long name, number 1", 12)
    assert (len(cut), cut) == (12, "a very l…r 1")
    assert shortened("a very long name, number 2", 12) != cut


def test_file_names_are_letters_digits_and_dashes() -> None:
    assert FileNames().claim("confusion", "mnist · digit · classes 0, 1") == (
        "confusion_mnist-digit-classes-0-1"
    )
    assert FileNames().claim("a", "../../b") == "a_b"


def test_file_names_that_read_the_same_are_numbered() -> None:
    names = FileNames()
    claimed = [names.claim("confusion", text) for text in ("a, b c", "a b, c", "A, b, c")]
    assert claimed == ["confusion_a-b-c", "confusion_a-b-c-2", "confusion_A-b-c-3"]


@pytest.mark.parametrize("sign", ["x", "猫"])
def test_file_names_fit_every_file_system(sign: str) -> None:
    names = FileNames()
    claimed = [names.claim("confusion", sign * 300) for _ in range(12)]
    assert len(set(claimed)) == 12
    assert all(len(name.encode()) <= LONGEST_FILE_NAME for name in claimed)
    assert claimed[11].endswith("-12")
