"""A trained run comes back as it was, or says in one line why not."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from trained_runs import train_run

from mtlab.errors import RunFolderError
from mtlab.inference.loading import load_run, rebuild_dataset


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "run"
    return train_run(folder, "model=cnn", "model.filters=[4,8]", "model.batch_norm=true")


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


def test_a_loaded_run_gives_the_recorded_test_accuracy(trained: Path) -> None:
    run = load_run(trained)
    test = rebuild_dataset(run).load_test()
    with torch.inference_mode():
        predicted = run.model(test.images)["digit"].argmax(dim=1)
    recorded = json.loads((trained / "summary.json").read_text())["test"]["digit"]["accuracy"]
    assert float((predicted == test.targets["digit"]).double().mean()) == recorded


def test_a_loaded_model_is_for_looking_only(trained: Path) -> None:
    run = load_run(trained)
    assert not run.model.training
    assert not any(parameter.requires_grad for parameter in run.model.parameters())
    assert [task.name for task in run.tasks] == ["digit"]
    assert run.image_shape == (1, 28, 28)


def test_loading_draws_no_random_numbers_of_others(trained: Path) -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    load_run(trained)
    assert torch.equal(torch.rand(4), expected)


def test_an_unknown_task_is_answered_with_those_that_exist(trained: Path) -> None:
    with pytest.raises(RunFolderError, match=r"which has digit; found colour"):
        load_run(trained).task("colour")


def refused(folder: Path) -> str:
    with pytest.raises(RunFolderError) as caught:
        load_run(folder)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "no such folder" in refused(tmp_path / "nowhere")


def test_a_sweep_is_answered_with_one_of_its_runs(run: Path) -> None:
    assert f"name one of the runs below it, such as {run.name}" in refused(run.parent)


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        ('{"status": "failed"}', "is recorded as failed"),
        ('{"status": "interrupted"}', "is recorded as interrupted"),
        ('{"status": "completed", "epochs": 0}', "completed with 0 epochs"),
        ("", "left no readable summary"),
    ],
)
def test_a_run_without_weights_says_how_it_ended(run: Path, summary: str, told: str) -> None:
    (run / "model.safetensors").unlink()
    (run / "summary.json").write_text(summary)
    assert told in refused(run)


@pytest.mark.parametrize("num_bytes", [0, 5, 100, 2000])
def test_a_truncated_model_file(run: Path, num_bytes: int) -> None:
    path = run / "model.safetensors"
    path.write_bytes(path.read_bytes()[:num_bytes])
    assert "must be a complete safetensors file" in refused(run)


def test_a_pickle_is_not_opened(run: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (pytest.fail, ("it was unpickled",))

    (run / "model.safetensors").write_bytes(pickle.dumps(Bomb()))
    assert "must be a complete safetensors file" in refused(run)


def test_weights_without_mtlabs_metadata(run: Path) -> None:
    path = run / "model.safetensors"
    save_file(load_file(path), path)
    assert "must carry the tasks" in refused(run)


def test_weights_of_another_network(run: Path) -> None:
    config = run / "config.yaml"
    config.write_text(config.read_text().replace("- 8", "- 9", 1))
    assert "with the model's shape (9, 4, 4, 4); found (8, 4, 4, 4)" in refused(run)


def test_a_configuration_of_another_version(run: Path) -> None:
    config = run / "config.yaml"
    config.write_text(config.read_text().replace("batch_norm: true", "batch_norming: true"))
    assert "config.yaml: must be a configuration that this version understands" in refused(run)


def test_a_configuration_that_is_no_yaml(run: Path) -> None:
    (run / "config.yaml").write_text("a: [")
    assert "must be readable YAML" in refused(run)
