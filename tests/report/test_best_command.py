"""`mtlab best`: chosen on validation, never on test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from made_runs import write_run

from mtlab.cli import EXIT_MISTAKE, main
from mtlab.errors import ConfigError
from mtlab.report.analyse.best import winners
from mtlab.report.analyse.groups import group_runs
from mtlab.report.read.folders import collect
from mtlab.results import Runs


def write_widths(folder: Path, vals: Sequence[float], seeds: int = 1, **more: object) -> Path:
    """A run per width and seed; what is better on validation is worse on test."""
    for job, val in enumerate(vals):
        for seed in range(seeds):
            settings = {"model.widths": [job], "trainer.monitor": "accuracy"}
            measured = val + 0.01 * seed
            write_run(
                folder / f"{job}{seed}_run",
                seed=seed,
                command=f"mtlab 'model.widths=[{job}]' seed={seed}",
                val={"digit": {"accuracy": measured, "loss": 0.3}},
                test={"digit": {"accuracy": 1 - measured, "loss": 0.3}},
                settings=settings,
                **more,  # type: ignore[arg-type]
            )
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["best", *arguments]) == 0
    return capsys.readouterr().out


def test_the_best_on_validation_is_told_with_its_test_figures_and_how_to_repeat_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    write_widths(tmp_path, (0.7, 0.9, 0.8))
    text = said(capsys, str(tmp_path))
    assert text.startswith(
        "best of 3: widths=[1] by val.digit.accuracy: 90.00 % (n = 1), 10.00 points ahead of"
        " widths=[2], and 10.00 % on test\n"
    )
    assert f"mtlab rerun {tmp_path}/10_run" in text
    assert "how much is noise where n = 1: too few" in text


def test_with_seeds_the_mean_decides_and_all_seeds_are_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    write_widths(tmp_path, (0.7, 0.9), seeds=3)
    text = said(capsys, str(tmp_path))
    assert "91.0 ± 1.0 % (95%: 88.5 to 93.5, n = 3), 20.00 points ahead of widths=[0]" in text
    assert "cannot be told" not in text
    assert "repeat it: mtlab -m 'model.widths=[1]' seed=0,1,2" in text


def test_a_lead_within_the_noise_is_said_to_be_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    write_widths(tmp_path, (0.9, 0.901), seeds=3)
    text = said(capsys, str(tmp_path))
    assert "cannot be told: whether widths=[1] is better than widths=[0]" in text


def test_of_runs_that_weighed_their_tasks_differently_the_best_of_each_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for job, weight in enumerate((0.0, 0.5)):
        weighting = {"digit": weight, "parity": 1 - weight}
        settings = {"mtl.lambda": weight, "trainer.monitor": "accuracy"}
        run = {"tasks": ("digit", "parity"), "weighting": weighting, "settings": settings}
        write_run(tmp_path / f"{job}", accuracy=0.8 + weight / 10, **run)  # type: ignore[arg-type]
    text = said(capsys, str(tmp_path))
    assert "best of 2: lambda=0.5 by val.digit.accuracy" in text
    assert "best of 2: lambda=0.5 by val.parity.accuracy" in text
    # In Python one run is wanted, so the metric has to be named.
    with pytest.raises(ConfigError, match=r"for example by=val\.digit\.accuracy"):
        Runs(tmp_path).best()
    for by in ("by=val.digit.accuracy", "by=digit.accuracy", "by=accuracy"):
        assert "by val" in said(capsys, str(tmp_path), by)


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("test.digit.accuracy", "by: must not compare test metrics"),
        ("val.digits.accuracy", "did you mean val.digit.accuracy?"),
        ("seconds.total", "by: must compare metrics that the runs have"),
    ],
)
def test_no_other_metric_than_one_of_validation_decides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], by: str, told: str
):
    write_widths(tmp_path, (0.7, 0.9))
    assert main(["best", str(tmp_path), f"by={by}"]) == EXIT_MISTAKE
    captured = capsys.readouterr()
    assert told in captured.err
    assert len(captured.err.splitlines()) == 1


def test_runs_of_different_problems_have_no_best(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    write_widths(tmp_path / "a", (0.7,), dataset="mnist")
    write_widths(tmp_path / "b", (0.9,), dataset="digits")
    assert main(["best", str(tmp_path)]) == EXIT_MISTAKE
    assert "found mnist · digit, digits · digit" in capsys.readouterr().err


def test_of_a_lower_is_better_metric_the_least_is_best(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for job, mae in enumerate((0.3, 0.1)):
        measured = {"c": {"mae": mae, "r2": 0.5}}
        write_run(
            tmp_path / f"{job}",
            tasks=(),
            values=("c",),
            settings={"model.widths": [job]},
            val=measured,
            test=measured,
        )
    assert "widths=[1] by val.c.mae: 0.1 (n = 1), 0.2 ahead of" in said(
        capsys, str(tmp_path), "by=c.mae"
    )


def test_runs_that_did_not_complete_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_widths(tmp_path, (0.7, 0.9))
    write_run(tmp_path / "x", status="failed")
    assert "not compared: 1 run (" in said(capsys, str(tmp_path))
    # One whose loss went to infinity is in no mean, and is counted.
    lost = {"digit": {"accuracy": 0.1, "loss": float("nan")}}
    write_run(tmp_path / "y", val=lost, settings={"model.widths": [7]})
    text = said(capsys, str(tmp_path), "by=digit.loss")
    assert text.startswith("best of 2:") and "not compared: 2 runs (" in text
    (write_run(tmp_path / "only" / "x", status="failed"))
    assert main(["best", str(tmp_path / "only")]) == EXIT_MISTAKE
    assert "must hold a completed run" in capsys.readouterr().err


def test_an_ensemble_that_stands_first_hides_no_winner(tmp_path: Path):
    tasks = ("digit", "parity")
    write_run(tmp_path / "0", tasks=tasks, kind="ensemble", val={})
    for job, weight in enumerate((0.4, 0.6), start=1):
        weighting = {"digit": weight, "parity": 1 - weight}
        settings = {"mtl.lambda": weight, "trainer.monitor": "accuracy"}
        write_run(tmp_path / f"{job}", tasks=tasks, accuracy=weight, weighting=weighting,
                  settings=settings)  # fmt: skip
    runs = collect([tmp_path]).runs
    # As if it had been tested on the same images, which a real one's members tell.
    runs[0] = replace(runs[0], member_settings=runs[1].settings)
    found = winners(group_runs(runs))
    assert [one.criterion.name for one in found] == ["val.digit.accuracy", "val.parity.accuracy"]
    assert all(one.group.first.number == 3 for one in found)
