"""Stratified splits: invariants over seeds, sizes and fractions."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mtlab.data.batches import num_batches, shuffled_batches
from mtlab.data.splits import stratified_split, stratified_subset


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
