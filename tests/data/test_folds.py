"""`dataset.folds`: every training image is validated on once."""

import pytest
import torch
from conftest import composed

from mtlab.config.compose import to_run_config
from mtlab.config.no_effect import check_overruled
from mtlab.config.roles import REPETITION
from mtlab.data.build import build_dataset
from mtlab.data.dataset import Dataset
from mtlab.errors import ConfigError, DataError


def build(*overrides: str) -> Dataset:
    config = to_run_config(composed(*overrides))
    return build_dataset(config.dataset, None, "defaults", config.seed)


def test_the_folds_divide_the_training_images_and_leave_the_test_as_it_is() -> None:
    folds = [build("dataset.limit=103", "dataset.folds=4", f"dataset.fold={k}") for k in range(4)]
    whole = build("dataset.limit=103")
    images = torch.cat([whole.train.images, whole.val.images]).flatten(1)
    held_out = torch.cat([fold.val.images for fold in folds]).flatten(1)
    assert [len(fold.val) for fold in folds] == [26, 26, 26, 25]
    assert sorted(images.sum(dim=1).tolist()) == sorted(held_out.sum(dim=1).tolist())
    for fold in folds:
        assert len(fold.train) + len(fold.val) == 103
        seen = {tuple(image) for image in fold.train.images.flatten(1).tolist()}
        assert not seen & {tuple(image) for image in fold.val.images.flatten(1).tolist()}
        counts = fold.val.targets["digit"].bincount(minlength=10)
        assert int(counts.max() - counts.min()) <= 1
        assert fold.digest_test() == whole.digest_test()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["dataset.folds=5"], r"dataset\.fold: must be set with the other.*-m dataset\.fold=0,1"),
        (["dataset.fold=0"], r"dataset\.folds: must be set with the other.*found fold 0"),
        (["dataset.folds=3", "dataset.fold=3"], r"from 0 to 2; found 3; .*dataset\.fold=0,1,2"),
        (["dataset.folds=1", "dataset.fold=0"], r"dataset\.folds: must be a whole number of at"),
    ],
)
def test_folds_that_do_not_fit_are_told(overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        to_run_config(composed(*overrides))


def test_folds_without_images_and_a_share_beside_them_are_refused() -> None:
    with pytest.raises(DataError, match=r"an image for each of dataset\.folds=9; found 7"):
        build("dataset.limit=7", "dataset.folds=9", "dataset.fold=0")
    config = to_run_config(composed("dataset.folds=5", "dataset.fold=0"))
    check_overruled(config, ["dataset.folds=5"])
    with pytest.raises(
        ConfigError, match=r"dataset\.val_fraction: has no effect beside dataset\.fo"
    ):
        check_overruled(config, ["dataset.val_fraction=0.2"])
    config = to_run_config(composed("optimizer=sgd", "scheduler=one_cycle"))
    with pytest.raises(ConfigError, match=r"optimizer\.momentum: has no effect beside sch"):
        check_overruled(config, ["optimizer.momentum=0.5"])
    assert "dataset.fold" in REPETITION
