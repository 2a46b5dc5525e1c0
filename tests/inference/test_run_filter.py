"""The language that chooses runs: what it means, and that it is nothing else."""

from typing import Any

import pytest

from mtlab.errors import ConfigError
from mtlab.inference.run_filter import RunFilter

SUMMARY: dict[str, Any] = {
    "status": "completed",
    "seed": 42,
    "row": None,
    "test": None,
    "val": {
        "b": {"accuracy": 0.07},
        "c": {"mae": 0.2, "r2": -0.5},
        "lambda": {"mae": 1.5},
        "my-task": {"mae": 2.5},
        "2nd": {"mae": 3.5},
    },
}


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("val.b.accuracy>=0.06", True),
        ("val.b.accuracy >= 0.07", True),
        ("val.b.accuracy>0.07", False),
        ("val.c.r2 < -1e-3", True),
        ("seed==42", True),
        ("seed!=42", False),
        ("status==completed", True),
        ("status == 'completed'", True),
        ('status != "failed"', True),
        ("val.b.accuracy<=0.1 and seed==43", False),
        ("seed==43 or seed==42", True),
        ("seed==43 or seed==42 and val.c.mae>1", False),
        ("(seed==43 or seed==42) and val.c.mae<1", True),
        ("not seed==42", False),
        ("not not (seed==42)", True),
        ("seed==42\n  and status==completed", True),
        # Names that Python would not take for names.
        ("val.lambda.mae==1.5", True),
        ("val.my-task.mae==2.5 and val.2nd.mae==3.5", True),
        ("status==class or status=='not (a'", False),
        # What is not there, and what is no number, matches nothing.
        ("val.z.accuracy>=0", False),
        ("test.b.accuracy>=0", False),
        ("status>=1", False),
        ("row==baseline", False),
    ],
)
def test_expressions_mean_what_they_say(expression: str, holds: bool) -> None:
    assert RunFilter(expression).holds(SUMMARY) is holds


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "val.b.accuracy",
        "val.b.accuracy>=",
        ">=0.1",
        "seed==42 and",
        "(seed==42",
        "seed==42)",
        "seed==42 seed==43",
        "seed=42",
        "seed==<3",
        "__import__('os')",
        "lambda: 1",
        "seed==42;1",
        "1<seed<50",
        "not",
        "seed=='42",
        "seed",
        "seed==a b",
        "seed==f'42'",
        "seed==42 # all",
        "seed*2==84",
        "seed in 42",
        "(seed==42)(42)",
        "not seed",
        "_0==42 if seed==1 else 2",
        "seed==x==42",
    ],
)
def test_anything_else_is_refused_in_one_line(expression: str) -> None:
    with pytest.raises(ConfigError, match=r"keep: must compare metrics.*for example keep="):
        RunFilter(expression)


def test_a_number_on_the_left_is_told_to_change_sides() -> None:
    with pytest.raises(ConfigError, match=r"5 left of <.*on the left, for example keep='seed>5'"):
        RunFilter("5<seed")


def test_a_figure_that_no_run_has_is_a_mistake() -> None:
    other = {**SUMMARY, "train": {"b": {"accuracy": 0.1}}}
    RunFilter("row==x or train.b.accuracy>0 and val.c.mae<1").check([SUMMARY, other])
    with pytest.raises(ConfigError) as caught:
        RunFilter("not val.b.acuracy<0.5").check([SUMMARY])
    assert str(caught.value) == (
        "keep: must compare metrics that the runs have, such as seed, row, val.b.accuracy,"
        " val.c.mae, val.c.r2, val.lambda.mae, val.my-task.mae, val.2nd.mae; found val.b.acuracy;"
        " did you mean val.b.accuracy?"
    )
    with pytest.raises(ConfigError, match=r"found val\.b;"):
        RunFilter("val.b>1").check([SUMMARY])


def test_nothing_is_chosen_by_test_figures() -> None:
    tested = {**SUMMARY, "test": {"b": {"accuracy": 0.1}}}
    with pytest.raises(ConfigError, match=r"must not compare test metrics.*val\.b\.accuracy$"):
        RunFilter("seed<9 and not test.b.accuracy<0.5").check([tested])
    with pytest.raises(ConfigError) as caught:
        RunFilter("tst.b.accuracy<0.5").check([tested])
    assert "found tst.b.accuracy; did you mean val.b.accuracy?" in str(caught.value)


def test_the_figures_that_were_asked_for_are_known() -> None:
    term = RunFilter("val.b.accuracy>=1 and (seed==1 or val.b.accuracy<2)")
    assert term.paths == ["val.b.accuracy", "seed"]
