"""`mtlab explain` tells every key's comment, its values and its defaults."""

from __future__ import annotations

import pytest
from conftest import Runner

from mtlab.config.arguments import GROUPS
from mtlab.config.key_help import all_uses, read_comments, value_in_words


def test_a_comment_belongs_to_the_keys_right_below_it() -> None:
    text = """# The header is no comment of a key.
#   mtlab
name: it
low: 1

# Both ends,
#   in pixels: a # stays.
first: 0
second: 1  # behind the value: not read

alone: {a: 1}
# Of the group.
outer:
  # Of one.
  inner: 1
  beside: 2

  below: 3
last: "# no comment"
"""
    assert read_comments(text) == {
        "name": "", "low": "", "alone": "",
        "first": "Both ends,\n  in pixels: a # stays.",
        "second": "Both ends,\n  in pixels: a # stays.",
        "outer": "Of the group.", "outer.inner": "Of one.", "outer.beside": "Of one.",
        "outer.below": "Of the group.", "last": "",
    }  # fmt: skip


def test_every_key_of_the_shipped_files_is_explained() -> None:
    uses = all_uses()
    for key, found in uses.items():
        is_choice = key.rpartition(".")[2] in ("name", "source")
        assert is_choice or any(use.comment for use in found), key
        group = key.partition(".")[0]
        if group in GROUPS and group != "tracker":
            assert any(value_in_words(key, found[0])), key


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("model.strides", ["or a list of whole numbers of at least 1, or null", "Stride in pixels",
                           "null     model=cnn", "1        model=mtl_cnn, model=three_heads",
                           "as in  mtlab model.strides=1"]),
        ("trainer.epochs", ["trainer.epochs: a whole number of at least 0", "10       trainer=",
                            "1001     mtlab separable"]),
        ("optimizer.lr", ["a number above 0", "0.05     optimizer=sgd"]),
        ("model.growth_rate", ["as in  mtlab model=densenet model.growth_rate=12"]),
        ("dataset.tasks.mine.by", ["dataset.tasks: a mapping of names", "by: parity      even"]),
        ("tracker.csv.delimiter", ['one of ",", ";"', "mtlab 'tracker=[csv]'"]),
        ("pca.points", ["at least 2, each class", "400      mtlab pca"]),
        ("model", ["perceptron   Rosenblatt's perceptron", "model.shared_widths", "growth_rate"]),
        ("model=vgg", ["Simonyan", "model.convolutions_per_block  Convolutions in each block"]),
        ("separable", ["mtlab separable", "pairs "]),
        ("scheduler.name", ["Says which of the group it is"]),
    ],
)  # fmt: skip
def test_what_is_told_of_a_key_or_group(mtlab: Runner, key: str, told: list[str]) -> None:
    outcome = mtlab("explain", key)
    assert outcome.code == 0, outcome.err
    for words in told:
        assert words in outcome.out


def test_without_a_key_the_groups_are_listed_and_nothing_is_wider_than_the_terminal(
    mtlab: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    out = mtlab("explain").out
    for group in GROUPS:
        assert f"\n  {group} " in out
    assert "mtlab visualize " in out and "after_sweep" in out
    assert max(map(len, out.splitlines())) <= 60


@pytest.mark.parametrize(
    ("word", "remedy"),
    [
        ("strides", "did you mean model.strides?"),
        ("model.stride", "did you mean model.strides?"),
        ("eval_batch_size", "did you mean trainer.eval_batch_size?"),
        ("optimiser", "did you mean optimizer?"),
        ("lr", "did you mean model.lr or optimizer.lr?"),
        ("zzz", "see mtlab explain"),
        ("model.zzz", "see mtlab explain"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest(mtlab: Runner, word: str, remedy: str) -> None:
    outcome = mtlab("explain", word)
    assert outcome.code == 2
    assert outcome.err.endswith(f"found {word}; {remedy}\n")
