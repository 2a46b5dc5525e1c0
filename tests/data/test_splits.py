"""Stratified splits: invariants over seeds, sizes and fractions."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mtlab.data.batches import num_batches, shuffled_batches
from mtlab.data.splits import (
    count_held_out,
    strata_of,
    strata_of_values,
    stratified_folds,
    stratified_split,
    stratified_subset,
)


@settings(deadline=None, max_examples=60)
@given(
    labels=st.lists(st.integers(0, 6), min_size=2, max_size=200),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**31),
)
def test_every_class_keeps_its_share(labels: list[int], fraction: float, seed: int) -> None:
    tensor = torch.tensor(labels)
    rest, held_out = stratified_split(tensor, fraction, torch.Generator().manual_seed(seed))
    together = torch.cat((rest, held_out)).sort().values
    assert torch.equal(together, torch.arange(len(labels)))
    expected = min(max(round(fraction * len(labels)), 1), len(labels) - 1)
    assert len(held_out) == expected
    for value in tensor.unique():
        exact = float((tensor == value).sum()) * expected / len(labels)
        assert abs(int((tensor[held_out] == value).sum()) - exact) < 1


@settings(deadline=None, max_examples=40)
@given(
    labels=st.lists(st.integers(0, 6), min_size=5, max_size=120),
    num_folds=st.integers(2, 5),
    seed=st.integers(0, 2**31),
)
def test_folds_are_alike_in_size_and_in_every_class(
    labels: list[int], num_folds: int, seed: int
) -> None:
    tensor = torch.tensor(labels)
    folds = stratified_folds(tensor, num_folds, torch.Generator().manual_seed(seed))
    for members in (folds, *(folds[tensor == value] for value in tensor.unique())):
        sizes = members.bincount(minlength=num_folds)
        assert int(sizes.sum()) == len(members) and int(sizes.max() - sizes.min()) <= 1


def test_the_seed_decides_who_is_held_out() -> None:
    labels = torch.arange(10).repeat(20)
    splits = [
        stratified_split(labels, 0.1, torch.Generator().manual_seed(seed))[1] for seed in (1, 1, 2)
    ]
    assert torch.equal(splits[0], splits[1])
    assert not torch.equal(splits[0], splits[2])


def test_a_subset_larger_than_the_set_is_the_set() -> None:
    assert torch.equal(
        stratified_subset(torch.tensor([0, 1, 1]), 9, torch.Generator()), torch.arange(3)
    )


@given(num_samples=st.integers(1, 120), batch_size=st.integers(1, 50), seed=st.integers(0, 2**31))
@settings(deadline=None, max_examples=40)
def test_an_epoch_draws_every_sample_once(num_samples: int, batch_size: int, seed: int) -> None:
    batches = list(
        shuffled_batches(
            num_samples, batch_size, torch.Generator().manual_seed(seed), torch.device("cpu")
        )
    )
    assert len(batches) == num_batches(num_samples, batch_size)
    assert {len(batch) for batch in batches[:-1]} <= {batch_size}
    assert torch.equal(torch.cat(batches).sort().values, torch.arange(num_samples))


@given(
    num_samples=st.integers(60, 400),
    fraction=st.floats(0.1, 0.5),
    seed=st.integers(0, 2**31),
    is_said=st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_whole_numbers_that_are_all_different_are_held_out_from_all_of_their_range(
    num_samples: int, fraction: float, seed: int, is_said: bool
) -> None:
    generator = torch.Generator().manual_seed(seed)
    values = 7 * torch.randperm(num_samples, generator=generator)
    strata = (strata_of_values if is_said else strata_of)(
        values, count_held_out(num_samples, fraction)
    )
    _, held_out = stratified_split(strata, fraction, generator)
    mean_rank = float((values[held_out] / 7).mean()) / (num_samples - 1)
    # Five standard deviations of a mean of one draw from each tenth, at the smallest size.
    assert abs(mean_rank - 0.5) < 5 / 12**0.5 / 10 / 6**0.5


def test_few_whole_numbers_stay_classes_unless_they_are_said_to_be_values() -> None:
    labels = torch.arange(40) % 4
    assert torch.equal(strata_of(labels, 4), labels)
    assert strata_of(labels, 3).unique().tolist() == [0, 1, 2]
    assert strata_of_values(labels, 20).unique().tolist() == list(range(10))


@pytest.mark.parametrize("num_chosen", [2, 5, 9, 10, 13, 17])
def test_where_shares_are_equal_the_middle_tenths_get_one_more(num_chosen: int) -> None:
    values = torch.arange(100.0)
    strata = strata_of_values(values, num_chosen)
    chosen = stratified_subset(strata, num_chosen, torch.Generator().manual_seed(0))
    tenths = values[chosen].long() // 10
    assert abs(float(tenths.double().mean()) - 4.5) <= 2
    if num_chosen > 10:
        counts = tenths.bincount(minlength=10)
        assert counts.max() == 2 and counts.min() == 1
        assert (counts == 2).nonzero().double().mean() == pytest.approx(4.5, abs=0.5)
