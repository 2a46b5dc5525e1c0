"""How an exported program is checked before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Runner
from trained_runs import train_run

from mtlab.data.dataset import PixelStatistics
from mtlab.inference.export import StandaloneNetwork, largest_difference, pixel_range
from mtlab.inference.loading import LoadedRun, load_run

DARKEST, BRIGHTEST = 0.0, 199.0


def write_bright_floats(path: Path) -> Path:
    """Images of floats from 0 to 199, with a class and a value of some hundreds."""
    images = np.random.default_rng(0).integers(0, 200, (60, 8, 8)).astype(np.float32)
    images[:, 0, :2] = DARKEST, BRIGHTEST
    np.savez(path, X=images, kind=np.arange(60) % 2, amount=images.sum((1, 2)) / 16 + 0.5)
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> LoadedRun:
    folder = tmp_path_factory.mktemp("bright")
    data = write_bright_floats(folder / "bright.npz")
    trained = train_run(
        folder / "run",
        "dataset=npz",
        f"dataset.path={data}",
        "dataset.white=1",
        "model=mtl_cnn",
        "model.filters=[2]",
        "model.pool_after=[]",
        "device.precision=bfloat16",
        "device.threads=1",
    )
    return load_run(trained)


class Answering:
    """The network's own answers with something added; remembers the pixels that it was shown."""

    def __init__(self, network: StandaloneNetwork, added: float) -> None:
        self.pixels: list[torch.Tensor] = []
        self._network = network
        self._added = added

    def __call__(self, images: torch.Tensor) -> Sequence[torch.Tensor]:
        self.pixels.append(images.flatten())
        first, *others = self._network(images)
        changed = first.clone()
        changed[-1] += self._added
        return [changed, *others]


@pytest.mark.parametrize("added", [float("nan"), float("inf"), -float("inf")])
def test_an_answer_that_is_no_finite_number_is_infinitely_far(run: LoadedRun, added: float) -> None:
    network = StandaloneNetwork(run)
    assert largest_difference(network, Answering(network, added), run) == float("inf")


def test_a_network_that_answers_nan_itself_does_not_pass(run: LoadedRun) -> None:
    network = StandaloneNetwork(run)
    network.mean = torch.full_like(network.mean, float("nan"))
    assert largest_difference(network, Answering(network, 0), run) == float("inf")


def test_the_difference_is_measured_over_pixels_of_the_training_range(run: LoadedRun) -> None:
    network = StandaloneNetwork(run)
    answering = Answering(network, 0.25)
    assert largest_difference(network, answering, run) == pytest.approx(0.25)
    pixels = torch.cat(answering.pixels)
    assert DARKEST <= float(pixels.min()) < 0.05 * BRIGHTEST
    assert 0.95 * BRIGHTEST < float(pixels.max()) <= BRIGHTEST


def test_large_values_are_compared_by_their_share(run: LoadedRun) -> None:
    def values(shift: float) -> Callable[[torch.Tensor], Sequence[torch.Tensor]]:
        return lambda images: [torch.tensor([0.5, -4000.0]) + torch.tensor([shift, 8 * shift])]

    # 0.25 of 0.5 counts as it is, 2 of 4000 as 0.0005.
    assert largest_difference(values(0), values(0.25), run) == pytest.approx(0.25)
    only_large = largest_difference(
        lambda images: [torch.tensor([-4000.0])], lambda images: [torch.tensor([-3998.0])], run
    )
    assert only_large == pytest.approx(0.0005)


@pytest.mark.parametrize(
    ("scale", "low", "high", "wanted"),
    [
        (1.0, -3.0, 199.0, (-3.0, 199.0)),
        (1 / 255, 0.1, 0.2, (0.0, 1.0)),
        (1.0, 7.0, 7.0, (0.0, 1.0)),
    ],
)
def test_the_range_is_that_of_the_training_pixels_where_they_were_floats(
    scale: float, low: float, high: float, wanted: tuple[float, float]
) -> None:
    assert pixel_range(PixelStatistics(scale, (0.0,), (1.0,), low, high)) == wanted


def test_what_was_compared_is_told_of_a_run_in_bfloat16(mtlab: Runner, run: LoadedRun) -> None:
    outcome = mtlab("export", f"run={run.folder}", "format=torch_export", "output=bright.pt2")
    assert outcome.code == 0, outcome.err
    assert "predicts as the run does in float32 (it was tested in bfloat16): " in outcome.out


def test_a_program_that_answers_nan_is_not_kept(
    mtlab: Runner, run: LoadedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def export_nan(network: StandaloneNetwork, run: LoadedRun, path: Path) -> Answering:
        path.write_text("a program")
        return Answering(network, float("nan"))

    monkeypatch.setattr("mtlab.inference.export.export_torch", export_nan)
    outcome = mtlab("export", f"run={run.folder}", "format=torch_export", "output=bright.pt2")
    assert outcome.code == 2
    assert "in finite numbers; found NaN" in outcome.err
    assert not list(mtlab.folder.glob("*.pt2"))
