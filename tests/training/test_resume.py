"""Training that goes on from a saved state gives the bits of one that was never interrupted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from test_loop import built

from mtlab.artifacts.training_state import restore, write_state
from mtlab.training.trainer import EpochEnd, Trainer

NUM_EPOCHS = 3
SMALL = [
    "dataset.limit=60",
    "device=cpu",
    "trainer.batch_size=16",
    "device.threads=1",
    f"trainer.epochs={NUM_EPOCHS}",
]
CNN = ["model.filters=[4,4]", "model.pool_after=[]", "model.shared_widths=[8]"]
PAIR = ["model=perceptron", "dataset.classes=[3,8]", "model.tolerance=0"]
SHAPES = ["dataset=shapes", "dataset.num_images=80", "dataset.image_size=16"]

CASES = {
    "perceptron, online": PAIR,
    "perceptron, batch": [*PAIR, "model.update=batch"],
    "mlp, dropout, batch norm, adamw, step": [
        "model=mlp", "model.widths=[8]", "model.dropout=0.5", "model.batch_norm=true",
        "optimizer=adamw", "scheduler=step", "scheduler.step_epochs=1",
    ],
    "cnn, augmentation, sgd, cosine, clipped": [
        "model=cnn", *CNN, "augmentation=affine", "optimizer=sgd", "scheduler=cosine",
        "trainer.clip_norm=1",
    ],
    "cnn, bfloat16, rmsprop, decay of kernels": [
        "model=cnn", *CNN, "device.precision=bfloat16", "optimizer=rmsprop",
        "optimizer.momentum=0.5", "optimizer.conv_weight_decay=0.01",
    ],
    "mlp, sgd, one cycle": [
        "model=mlp", "model.widths=[8]", "optimizer=sgd", "scheduler=one_cycle",
        "trainer.clip_each_norm=1",
    ],
    "mlp, adam, one cycle": ["model=mlp", "model.widths=[8]", "scheduler=one_cycle"],
    "mlp, warm restarts": ["model=mlp", "model.widths=[8]", "scheduler=warm_restarts"],
    "mtl_cnn, adam, plateau, dropout": [
        *CNN, "scheduler=plateau", "scheduler.patience_epochs=0", "optimizer.lr=0.1",
        "model.dropout=0.3",
    ],
    "vgg, early stop": [
        "model=vgg", "model.filters=[4,4]", "model.shared_widths=[8]", "optimizer.lr=1e-9",
        "trainer.patience_epochs=1",
    ],
    "three heads": [
        *SHAPES, "model=three_heads", "mtl=weights", "model.filters=[4,4]", "model.pool_after=[1]",
    ],
    "pcgrad": [*CNN, "tasks=[digit,parity,threshold]", "mtl=pcgrad"],
    "uncertainty": [*CNN, "mtl=uncertainty", "optimizer.weight_decay=0.1"],
    "uncertainty of values": [*SHAPES, *CNN, "mtl=uncertainty"],
    "lambda by a schedule, smoothed, balanced": [
        *CNN, "mtl=lambda_schedule", "trainer.label_smoothing=0.1",
        "trainer.class_weights=balanced",
    ],
    "tasks in turn": [*CNN, "mtl=alternating", "tasks=[digit,parity,threshold]"],
    "tasks drawn, all may lack labels": [
        *SHAPES, *CNN, "mtl=alternating", "mtl.order=random", "+dataset.tasks.a.missing=-1",
        "+dataset.tasks.b.missing=-1", "+dataset.tasks.c.missing='nan'",
    ],
}  # fmt: skip


def fresh(overrides: list[str]) -> Trainer:
    trainer = built(*SMALL, *overrides).trainer
    torch.seed()  # whatever the process drew before must not matter
    return trainer


def told(event: EpochEnd) -> str:
    """All that an epoch's end says but its seconds."""
    values = [event.epoch, event.learning_rate, event.is_best, event.num_samples]
    return json.dumps([*values, event.train.as_dict(), event.val.as_dict()])


def finish(trainer: Trainer, folder: Path) -> list[str]:
    """Train to the end, keeping the state before and after each epoch."""
    write_state(folder / f"{trainer.epoch}.state", trainer.state_dict())
    lines = []
    for event in trainer.fit():
        if isinstance(event, EpochEnd):
            lines.append(told(event))
            write_state(folder / f"{trainer.epoch}.state", trainer.state_dict())
    return lines


def resume(overrides: list[str], state: Path, folder: Path) -> list[str]:
    trainer = fresh(overrides)
    restore(state, trainer.load_state_dict)
    folder.mkdir()
    return finish(trainer, folder)


@pytest.mark.parametrize("overrides", CASES.values(), ids=CASES.keys())
def test_a_resumed_training_equals_an_uninterrupted_one(
    overrides: list[str], tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    trainer = built(*SMALL, *overrides).trainer
    lines = finish(trainer, whole)
    for epoch in range(trainer.epoch + 1):
        resumed = tmp_path / f"from {epoch}"
        assert resume(overrides, whole / f"{epoch}.state", resumed) == lines[epoch:]
        for later in range(epoch, trainer.epoch + 1):
            name = f"{later}.state"
            assert (resumed / name).read_bytes() == (whole / name).read_bytes(), name


def test_another_process_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    overrides = CASES["mlp, dropout, batch norm, adamw, step"]
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    whole.mkdir()
    lines = finish(built(*SMALL, *overrides).trainer, whole)
    code = (
        "import json, sys; from pathlib import Path; import test_resume\n"
        "overrides, state, folder = json.loads(sys.argv[1])\n"
        "print(json.dumps(test_resume.resume(overrides, Path(state), Path(folder))))"
    )
    arguments = json.dumps([overrides, str(whole / "1.state"), str(resumed)])
    places = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {places}\n{code}", arguments],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1]) == lines[1:]
    final = f"{NUM_EPOCHS}.state"
    assert (resumed / final).read_bytes() == (whole / final).read_bytes()
