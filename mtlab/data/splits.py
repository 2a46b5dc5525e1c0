"""Stratified random subsets: every class keeps its share."""

import torch

NUM_VALUE_STRATA = 10


def stratified_split(
    labels: torch.Tensor, fraction: float, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Split positions in two so that each class keeps its share on both sides.

    Args:
        labels: Class of each sample, `(num_samples,)`.

    Returns:
        Positions of the rest and of the held-out part, each ascending. The held-out part has
        `count_held_out` samples; per class their number differs from the exact share by less than
        one, classes with the largest remainders being rounded up.
    """
    num_samples = labels.shape[0]
    held_out = stratified_subset(labels, count_held_out(num_samples, fraction), generator)
    is_rest = torch.ones(num_samples, dtype=torch.bool)
    is_rest[held_out] = False
    return is_rest.nonzero().squeeze(1), held_out


def stratified_subset(
    labels: torch.Tensor, num_chosen: int, generator: torch.Generator
) -> torch.Tensor:
    """Choose `num_chosen` of the samples, each class in its share; positions ascending."""
    num_samples = labels.shape[0]
    if num_chosen >= num_samples:
        return torch.arange(num_samples)
    classes, class_sizes = labels.unique(return_counts=True)
    exact_shares = class_sizes.double() * num_chosen / num_samples
    quotas = exact_shares.floor().long()
    # Largest remainder; a stable sort makes ties go to the smaller class, so the result is fixed.
    by_remainder = (exact_shares - quotas).argsort(descending=True, stable=True)
    quotas[by_remainder[: num_chosen - int(quotas.sum())]] += 1
    chosen = []
    for class_label, quota in zip(classes, quotas.tolist(), strict=True):
        members = (labels == class_label).nonzero().squeeze(1)
        shuffled = members[torch.randperm(members.shape[0], generator=generator)]
        chosen.append(shuffled[:quota])
    return torch.cat(chosen).sort().values


def stratified_folds(
    labels: torch.Tensor, num_folds: int, generator: torch.Generator
) -> torch.Tensor:
    """The fold of each sample `(num_samples,)`, from 0.

    Folds differ by at most one sample, and so do the samples that each has of a class: each class
    is shuffled, and one sample after the other is dealt out to the folds in turn.
    """
    members = [(labels == label).nonzero().squeeze(1) for label in labels.unique()]
    shuffled = [one[torch.randperm(len(one), generator=generator)] for one in members]
    folds = torch.empty(len(labels), dtype=torch.int64)
    folds[torch.cat(shuffled)] = torch.arange(len(labels)) % num_folds
    return folds


def count_held_out(num_samples: int, fraction: float) -> int:
    """How many of the samples a split holds out: at least one, and one is left for the rest."""
    return min(max(round(fraction * num_samples), 1), num_samples - 1)


def strata_of(labels: torch.Tensor, num_chosen: int) -> torch.Tensor:
    """Strata `(num_samples,)` of a label.

    Fractions are values. Whole numbers are classes unless more of them occur than samples are
    chosen: then most could have no place, and rounding up would choose the smallest.
    """
    are_values = labels.is_floating_point() or labels.unique().shape[0] > num_chosen
    return strata_of_values(labels, num_chosen) if are_values else labels


def strata_of_values(values: torch.Tensor, num_chosen: int) -> torch.Tensor:
    """Tenths of the samples by their value, `(num_samples,)`; fewer where fewer are chosen.

    They are numbered from the middle outwards, below and above in turn: where the shares are equal
    and not whole, `stratified_subset` gives the first numbers one more, and the chosen values are
    to be neither small nor large on the whole.
    """
    num_strata = min(NUM_VALUE_STRATA, max(num_chosen, 1))
    ranks = values.argsort(stable=True).argsort()
    ascending = ranks * num_strata // max(values.shape[0], 1)
    from_middle = (torch.arange(num_strata) - (num_strata - 1) / 2).abs().argsort(stable=True)
    return from_middle.argsort()[ascending]
