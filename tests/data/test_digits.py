"""The bundled digits."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_digits

from mtlab.data.digits import Digits, bundled_scans


def test_the_table_read_directly_is_scikit_learns() -> None:
    pixels, labels = bundled_scans()
    known = load_digits()
    assert np.array_equal(pixels, known.data)
    assert np.array_equal(labels, known.target)


def test_train_and_test_are_a_fixed_stratified_80_20_split_of_all_scans() -> None:
    train, test = Digits().train(), Digits().test()
    assert (len(train), len(test)) == (1438, 359)
    assert train.images.shape[1:] == (1, 28, 28)
    everything = torch.cat((train.main_label, test.main_label)).bincount()
    assert torch.equal(everything, torch.from_numpy(load_digits().target).bincount())
    assert test.main_label.bincount().tolist() == [36, 36, 35, 37, 36, 36, 36, 36, 35, 36]


def test_pixels_use_the_whole_range_of_a_byte() -> None:
    images = Digits().train().images
    assert images.dtype == torch.uint8
    assert (int(images.min()), int(images.max())) == (0, 255)
