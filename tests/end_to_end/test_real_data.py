"""The studies' datasets: real MNIST and Fashion-MNIST, where they are there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Runner

from mtlab.data.downloaded import SETS, Downloaded


@pytest.fixture
def on_real_data(mtlab: Runner, real_data: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Run `mtlab` with the cache folder that holds the real sets."""
    monkeypatch.setenv("MTLAB_DATA", str(real_data))
    return mtlab


def summary_of(folder: Path) -> dict:
    return json.loads((folder / "summary.json").read_text())


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_the_published_files_are_read_whole(real_data: Path, name: str) -> None:
    source = Downloaded(SETS[name], name, real_data)
    train, test = source.train(), source.test()
    assert train.images.shape == (60000, 1, 28, 28)
    assert test.images.shape == (10000, 1, 28, 28)
    if name == "fashion_mnist":
        assert train.main_label.bincount().tolist() == [6000] * 10
    else:
        assert train.main_label[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
        assert float(train.images.float().mean() / 255) == pytest.approx(0.1307, abs=1e-4)


def test_a_small_cnn_learns_mnist(on_real_data: Runner) -> None:
    outcome = on_real_data(
        "model=cnn", "model.filters=[16,32]", "dataset=mnist", "dataset.limit=12000",
        "trainer.epochs=2", "device=cpu", "optimizer.lr=0.003",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert summary_of(on_real_data.only_run())["test"]["digit"]["accuracy"] > 0.95


def test_an_mlp_learns_mnist(on_real_data: Runner) -> None:
    outcome = on_real_data(
        "model=mlp", "model.widths=[128]", "dataset=mnist", "trainer.epochs=1", "device=cpu"
    )
    assert outcome.code == 0, outcome.err
    assert summary_of(on_real_data.only_run())["test"]["digit"]["accuracy"] > 0.93


def test_zero_against_one_converges_and_three_against_eight_does_not(on_real_data: Runner) -> None:
    outcome = on_real_data(
        "-m", "model=perceptron", "dataset=mnist", "dataset.classes=[0,1],[3,8]",
        "trainer.epochs=60", "trainer.figures=false",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    easy, hard = (
        summary_of(path.parent)
        for path in sorted(on_real_data.folder.glob("outputs/multirun/*/*/*/summary.json"))
    )
    assert easy["converged"]
    assert easy["test"]["digit"]["accuracy"] >= 0.998
    assert not hard["converged"]
    assert hard["epochs"] == 60
    assert 0.94 < hard["test"]["digit"]["accuracy"] < 0.98


def test_lambda_decides_which_task_of_fashion_mnist_is_learned(on_real_data: Runner) -> None:
    outcome = on_real_data(
        "dataset=fashion_mnist", "-m", "mtl.lambda=0,0.5,1", "trainer.epochs=1",
        "dataset.limit=4000", "model.filters=[8,16]", "trainer.figures=false", "device=cpu",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    group_only, both, article_only = (
        summary_of(path.parent)["test"]
        for path in sorted(on_real_data.folder.glob("outputs/multirun/*/*/*/summary.json"))
    )
    assert group_only["article"]["accuracy"] < 0.25
    assert group_only["group"]["accuracy"] > 0.8
    assert both["article"]["accuracy"] > 0.6
    assert both["group"]["accuracy"] > 0.8
    assert article_only["article"]["accuracy"] > 0.6
    assert article_only["group"]["accuracy"] < 0.6


def test_a_perceptron_iteration_scores_blocks_and_gives_the_one_by_one_result(
    real_data: Path,
) -> None:
    """On real digits, where thousands of scores lie near zero in the first iterations."""
    import numpy as np
    import torch

    from mtlab.data.dataset import Split
    from mtlab.training.perceptron import LabelledVectors, LinearUnit, online_pass

    train = Downloaded(SETS["mnist"], "mnist", real_data).train()
    pair = train.select(((train.main_label == 4) | (train.main_label == 9)).nonzero().squeeze(1))
    split = Split(pair.images[:3000].float() / 255, {"pair": (pair.main_label[:3000] == 9).long()})
    samples = LabelledVectors.of(split, "pair", torch.randperm(3000))
    blocked, plain = (LinearUnit(np.full(784, 1e-3), 0.0) for _ in range(2))
    for _ in range(3):
        num_mistakes = 0
        for vector, label in zip(samples.vectors.astype(np.float64), samples.labels, strict=True):
            if (vector @ plain.weight + plain.bias) * float(label) <= 0:
                plain.weight += 2 * 0.01 * float(label) * vector
                plain.bias += 2 * 0.01 * float(label)
                num_mistakes += 1
        assert online_pass(blocked, samples, 0.01) == num_mistakes
        assert np.array_equal(blocked.weight, plain.weight)
