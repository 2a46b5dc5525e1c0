"""Run folders are claimed, never overwritten, never half-written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from mtlab.artifacts.model_file import save_model
from mtlab.artifacts.reading import read_metrics, read_overrides, read_summary
from mtlab.artifacts.run_dir import RunFolder, run_folders
from mtlab.data.dataset import Dataset, PixelStatistics, Split
from mtlab.data.tasks import ClassificationTask
from mtlab.device import Device
from mtlab.errors import RunFolderError
from mtlab.runner.origin import command_line


def test_a_claimed_folder_says_that_its_run_is_running(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a" / "b")
    assert read_summary(folder.path) == {"status": "running"}


def test_a_folder_with_a_run_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write_summary({"status": "completed"})
    with pytest.raises(RunFolderError, match="without a run in it"):
        RunFolder(tmp_path)
    assert read_summary(tmp_path) == {"status": "completed"}


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunFolderError, match="can be written"):
        RunFolder(tmp_path / "file" / "run")


def test_summaries_are_replaced_whole_and_hold_no_nan(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write_summary({"status": "completed", "value": 1.5})
    with pytest.raises(ValueError, match="Out of range"):
        folder.write_summary({"value": float("nan")})
    assert read_summary(tmp_path)["value"] == 1.5
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


@pytest.mark.parametrize("content", ["", '{"status": "comp', "[1, 2]"])
def test_a_summary_that_is_cut_off_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "summary.json").write_text(content)
    with pytest.raises(RunFolderError, match="summary"):
        read_summary(tmp_path)


def test_an_epoch_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"epoch": 1}\n{"epoch": 2}\n{"epo')
    assert [epoch["epoch"] for epoch in read_metrics(path)] == [1, 2]


def test_jobs_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("10_a", "9_b", "0_c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_text("{}")
    assert [folder.name for folder in run_folders(tmp_path)] == ["0_c", "9_b", "10_a"]


def test_overrides_are_split_at_the_first_equals_sign(tmp_path: Path) -> None:
    (tmp_path / ".hydra").mkdir()
    (tmp_path / ".hydra" / "overrides.yaml").write_text("- ++a.b={c:1}\n- model=x=y\n")
    assert read_overrides(tmp_path) == {"a.b": "{c:1}", "model": "x=y"}


def test_the_command_line_is_quoted_for_a_shell() -> None:
    assert command_line(["a=[1,2]", "b=c"]) == "mtlab 'a=[1,2]' b=c"


def test_weights_come_back_equal_with_what_is_needed_to_use_them(tmp_path: Path) -> None:
    empty = Split(torch.zeros(0, 3, 8, 8), {})
    dataset = Dataset(
        name="some",
        tasks=(ClassificationTask("kind", ("a", "b")),),
        image_shape=(3, 8, 8),
        pixel_statistics=PixelStatistics(1.0, (0.5,) * 3, (2.0,) * 3, 0.0, 1.0),
        train=empty,
        val=empty,
        load_test=lambda: empty,
        digest_test=str,
    )
    cpu = Device(torch.device("cpu"), "some processor", "float32", 1)
    model = cpu.place(torch.nn.Conv2d(3, 4, 3))
    path = tmp_path / "model.safetensors"
    save_model(path, model, dataset)
    loaded = load_file(path)
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded[name], tensor)
    with safe_open(path, "pt") as file:
        usage = json.loads(file.metadata()["mtlab"])
    assert usage["tasks"] == [{"name": "kind", "class_names": ["a", "b"], "labels": [0, 1]}]
    assert usage["pixel_statistics"]["std"] == [2.0, 2.0, 2.0]
    assert path.stat().st_mode & 0o044, "others may read it as any other file"
