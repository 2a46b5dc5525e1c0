"""What is told before training begins: classes and heads that learn nothing."""

from __future__ import annotations

import pytest
from conftest import Runner, composed

from mtlab.config.compose import to_run_config
from mtlab.data.build import build_dataset
from mtlab.runner.untrained import classes_without_images, heads_without_tasks

HEADS = "++model.heads={a: {layers: [flatten]}, b: {layers: [flatten]}, c: {layers: [flatten]}}"
SHAPES = ("dataset=shapes", "dataset.num_images=400", "dataset.image_size=8", "model=cnn")


def told(*overrides: str) -> list[str]:
    config = to_run_config(composed(*overrides))
    dataset = build_dataset(config.dataset, config.tasks, config.model.task_choice, config.seed)
    return [*classes_without_images(dataset), *heads_without_tasks(config, dataset)]


def test_classes_without_a_training_image_are_named_by_task() -> None:
    # Ten labels in five images, one of which is for validation: at least six are never seen.
    (line,) = told("model=mlp", "dataset.limit=5", "tasks=[digit]")
    assert line.startswith("task digit: no training image has the classes ")
    assert len(line.split("classes ")[1].split(", which")[0].split(", ")) >= 6
    assert told("model=mlp", "dataset.limit=100", "tasks=[digit,parity]", "mtl=weights") == []


def test_many_classes_are_counted() -> None:
    (line,) = told(*SHAPES, "dataset.limit=8", "tasks=[b]")
    assert " more, which cannot be learned" in line


def test_heads_of_tasks_that_the_model_does_not_choose_are_named() -> None:
    assert told(*SHAPES, HEADS) == [
        "model.heads: b, c belong to no task of this run; name the tasks by 'tasks=[a,b,c]'"
    ]


@pytest.mark.parametrize(
    "overrides",
    [
        (HEADS, "tasks=[c]"),
        ("model=three_heads", "mtl=weights"),
        ("model=three_heads", "tasks=[a]"),
    ],
)
def test_tasks_that_are_all_learned_or_left_out_on_purpose_are_not(
    overrides: tuple[str, ...],
) -> None:
    assert told(*SHAPES, *overrides) == []


def test_a_run_says_so_on_the_terminal_and_in_its_log(mtlab: Runner) -> None:
    outcome = mtlab(
        "model=mlp",
        "model.widths=[4]",
        "dataset.limit=5",
        "tasks=[digit]",
        "device=cpu",
        "trainer.epochs=0",
    )
    assert outcome.code == 0
    for text in (outcome.out, (mtlab.only_run() / "mtlab.log").read_text("utf-8")):
        assert "task digit: no training image has the classes" in text
