"""Means, intervals and fronts against values worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtlab.report.statistics import estimate, pareto_front


def test_mean_std_and_interval_are_those_of_the_t_table():
    found = estimate([1.0, 2.0, 3.0])
    # s = 1, and t for 2 degrees of freedom is 4.303: 4.303 / sqrt(3) = 2.484.
    assert (found.n, found.mean, found.std) == (3, 2.0, 1.0)
    assert found.half_width == pytest.approx(4.30265 / 3**0.5, rel=1e-5)
    assert found.interval == pytest.approx((2 - 2.48414, 2 + 2.48414), rel=1e-4)


def test_two_values_take_the_t_of_one_degree_of_freedom():
    found = estimate([90.0, 92.0])
    # s = sqrt(2), t = 12.706: 12.706 * sqrt(2) / sqrt(2).
    assert found.std == pytest.approx(2**0.5)
    assert found.half_width == pytest.approx(12.7062, rel=1e-5)


def test_one_value_has_no_spread():
    found = estimate([0.5])
    assert (found.mean, found.std, found.half_width, found.interval) == (0.5, None, None, None)


def test_no_values_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        estimate([])


def test_front_keeps_what_nothing_beats():
    #         beaten by (1, 90)  front      front      dear and bad  front
    points = [(2.0, 90.0), (1.0, 90.0), (5.0, 95.0), (6.0, 94.0), (9.0, 95.5)]
    assert pareto_front(points) == [1, 2, 4]


def test_equal_points_are_both_on_the_front():
    assert sorted(pareto_front([(1.0, 90.0), (1.0, 90.0), (1.0, 80.0)])) == [0, 1]


def test_front_of_nothing_is_empty():
    assert pareto_front([]) == []


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_front_is_exactly_the_unbeaten_points(points: list[tuple[int, int]]):
    def beats(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return one[0] <= other[0] and one[1] >= other[1] and one != other

    unbeaten = [i for i, p in enumerate(points) if not any(beats(q, p) for q in points)]
    assert sorted(pareto_front(points)) == unbeaten
