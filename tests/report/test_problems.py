"""Which runs share a chart of accuracies: only those tested on the same images."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_runs import write_run

from mtlab.report.analyse.groups import group_runs
from mtlab.report.analyse.problems import problems_of
from mtlab.report.read.folders import collect


def problems(folder: Path) -> dict[str, list[int]]:
    found = problems_of(group_runs(collect([folder]).runs))
    return {title: [group.number for group, _ in members] for title, members in found.items()}


def write_two(folder: Path, key: str, values: tuple[object, object], **more: object) -> None:
    for job, value in enumerate(values):
        write_run(folder / f"{job}", settings={key: value, "model.widths": [job]}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "values", "told"),
    [
        ("dataset.limit", (100, None), ("limit=100", "limit=null")),
        ("dataset.difficulty", (0.1, 0.9), ("difficulty=0.1", "difficulty=0.9")),
        ("dataset.test_fraction", (0.2, 0.5), ("test_fraction=0.2", "test_fraction=0.5")),
        (
            "dataset.tasks",
            ({"digit": {"at": 4}}, {"digit": {"at": 5}}),
            ("tasks.digit.at=4", "tasks.digit.at=5"),
        ),
    ],
)
def test_other_test_images_are_another_problem(
    tmp_path: Path, key: str, values: tuple[object, object], told: tuple[str, str]
):
    write_two(tmp_path, key, values)
    assert problems(tmp_path) == {f"digits · digit · {text}": [n] for n, text in enumerate(told, 1)}


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("dataset.val_fraction", (0.1, 0.5)),
        ("dataset.normalisation", ("unit", "standard")),
        ("dataset.root", ("/a", None)),
        ("dataset.default_tasks", (["digit"], ["digit", "parity"])),
        ("dataset.tasks", ({"parity": {"by": "parity"}}, {})),
        ("optimizer.lr", (0.1, 0.2)),
    ],
)
def test_what_only_changes_the_training_can_be_compared(
    tmp_path: Path, key: str, values: tuple[object, object]
):
    write_two(tmp_path, key, values)
    assert problems(tmp_path) == {"digits · digit": [1, 2]}


def test_an_ensemble_was_tested_on_what_its_members_were(tmp_path: Path):
    for job in (0, 1):
        write_run(tmp_path / f"{job}", settings={"dataset.limit": 100, "model.widths": [job]})
    both = write_run(tmp_path / "both", kind="ensemble", members=[{"kept": True}] * 2)
    for job in (0, 1):
        write_run(both / "members" / f"{job}", settings={"dataset.limit": 100})
    (both / "config.yaml").write_text("runs: sweep\nkeep: null\n")
    assert problems(tmp_path) == {"digits · digit": [1, 2, 3]}


def test_the_same_class_names_for_other_labels_are_another_problem(tmp_path: Path):
    write_two(tmp_path, "dataset.classes", ([0, 1], [3, 8]), classes=("a", "b"))
    assert problems(tmp_path) == {
        "digits · digit · classes=[0, 1]": [1],
        "digits · digit · classes=[3, 8]": [2],
    }


def test_a_run_without_a_configuration_is_compared_with_none(tmp_path: Path):
    write_run(tmp_path / "0")
    (write_run(tmp_path / "1") / "config.yaml").unlink()
    assert problems(tmp_path) == {
        "digits · digit · with configuration": [1],
        "digits · digit · no configuration": [2],
    }
