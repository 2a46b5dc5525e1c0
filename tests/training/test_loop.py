"""The training loop: exact sums, determinism, best epochs, early stops, losses that blow up."""

from __future__ import annotations

import json
import math

import pytest
import torch
from conftest import composed

from mtlab.config.compose import to_run_config
from mtlab.data.dataset import Split
from mtlab.data.tasks import ClassificationTask
from mtlab.errors import ConfigError, TrainingError
from mtlab.runner.build import Experiment, build
from mtlab.training.evaluate import evaluate
from mtlab.training.monitor import Monitor
from mtlab.training.optim import build_scheduler
from mtlab.training.trainer import EpochEnd, Progress


def classification(*names: str) -> list[ClassificationTask]:
    """Tasks of two classes."""
    return [ClassificationTask(name, ("no", "yes")) for name in names]


SMALL = [
    "dataset.limit=150",
    "model.filters=[4,8]",
    "model.shared_widths=[16]",
    "model.branch_widths=[]",
    "trainer.epochs=3",
    "trainer.batch_size=32",
    "device=cpu",
]


def built(*overrides: str) -> Experiment:
    return build(to_run_config(composed(*overrides)))


def experiment(*overrides: str) -> Experiment:
    return built(*SMALL, *overrides)


def trained(*overrides: str):
    parts = experiment(*overrides)
    trainer = parts.trainer
    return parts, trainer, [event for event in trainer.fit() if isinstance(event, EpochEnd)]


@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_seed_gives_the_same_bits(seed: int) -> None:
    runs = [trained(f"seed={seed}", "model.dropout=0.2") for _ in range(2)]
    (_, one, events), (_, other, same_events) = runs
    for name, tensor in one.model.state_dict().items():
        assert torch.equal(tensor, other.model.state_dict()[name]), name
    assert [event.val.as_dict() for event in events] == [
        event.val.as_dict() for event in same_events
    ]
    _, different, _ = trained(f"seed={seed + 1}")
    assert not torch.equal(
        one.model.state_dict()["head_digit.output.weight"],
        different.model.state_dict()["head_digit.output.weight"],
    )


def test_training_figures_are_exact_means_over_a_ragged_last_batch() -> None:
    """With a step size of nearly nothing the figures are those of the standing weights."""
    parts, trainer, events = trained("optimizer=sgd", "optimizer.lr=1e-12", "trainer.epochs=1")
    assert len(parts.train) % 32 != 0
    measured = evaluate(trainer.model, parts.train, parts.objective, 1000, parts.device)
    assert events[0].train.loss == pytest.approx(measured.loss, rel=1e-5)
    for task, confusion in events[0].train.confusions.items():
        assert torch.equal(confusion, measured.confusions[task])


def without_labels(split: Split, task: str, num_missing: int) -> Split:
    """The first samples have none; the last batch of an epoch may be among them."""
    target = split.targets[task].clone()
    target[:num_missing] = math.nan if target.is_floating_point() else -1
    return Split(split.images, split.targets | {task: target})


@pytest.mark.parametrize("num_missing", [0, 1, 100, 134])
def test_means_over_an_epoch_are_over_the_samples_with_labels(num_missing: int) -> None:
    missing = ["+dataset.tasks.parity.missing=-1", "+dataset.tasks.value.missing='nan'"]
    still = ["optimizer=sgd", "optimizer.lr=1e-12", "trainer.epochs=1", "trainer.batch_size=16"]
    parts = experiment("tasks=[digit,parity,value]", *missing, *still)
    for task in ("parity", "value"):
        parts.train = without_labels(parts.train, task, num_missing)
    (event,) = (event for event in parts.trainer.fit() if isinstance(event, EpochEnd))
    for task in ("parity", "value"):
        kept = parts.train.only_labelled(task)
        assert len(kept) == len(parts.train) - num_missing
        alone = parts.measure(kept).tasks[task]
        for found in (event.train, parts.measure(parts.train)):
            assert found.tasks[task] == pytest.approx(alone, rel=1e-4)


def test_epochs_tell_the_weights_that_move() -> None:
    _, _, events = trained("mtl=lambda_schedule", "mtl.start=1", "mtl.end=0")
    assert [event.weights for event in events] == [
        {"digit": share, "parity": 1 - share} for share in (1, 0.5, 0)
    ]
    _, _, events = trained("trainer.epochs=1")
    assert events[0].weights is None


@pytest.mark.parametrize("batch_size", [1, 7, 135, 500])
def test_the_size_of_evaluation_batches_changes_nothing(batch_size: int) -> None:
    parts = experiment()
    whole = evaluate(parts.model, parts.train, parts.objective, len(parts.train), parts.device)
    batched = evaluate(parts.model, parts.train, parts.objective, batch_size, parts.device)
    assert batched.loss == pytest.approx(whole.loss, rel=1e-5)
    assert torch.equal(batched.confusions["digit"], whole.confusions["digit"])


def test_evaluation_switches_dropout_off_and_leaves_the_mode_as_it_was() -> None:
    parts = experiment("model.dropout=0.5")
    parts.model.train()
    first, second = parts.measure(parts.val), parts.measure(parts.val)
    assert first.loss == second.loss
    assert parts.model.training


def test_the_best_epoch_is_the_monitors_and_its_weights_are_kept() -> None:
    parts, trainer, events = trained("trainer.epochs=6", "trainer.monitor=parity.loss")
    losses = [event.val.tasks["parity"]["loss"] for event in events]
    assert trainer.best is not None
    assert trainer.best.epoch == losses.index(min(losses)) + 1
    trainer.model.load_state_dict(trainer.best.weights)
    assert parts.measure(parts.val).tasks["parity"]["loss"] == pytest.approx(min(losses), rel=1e-6)


def test_training_stops_when_patience_runs_out() -> None:
    _, trainer, events = trained(
        "trainer.epochs=50", "trainer.patience_epochs=2", "optimizer.lr=1e-9"
    )
    assert trainer.best is not None
    assert len(events) == trainer.best.epoch + 2 < 50


@pytest.mark.parametrize(
    ("overrides", "rates"),
    [
        (["scheduler=none"], [0.1, 0.1, 0.1, 0.1]),
        (
            ["scheduler=step", "scheduler.step_epochs=2", "scheduler.gamma=0.5"],
            [0.1, 0.1, 0.05, 0.05],
        ),
        (["scheduler=cosine"], [0.1 * (1 + math.cos(math.pi * e / 4)) / 2 for e in range(4)]),
        # Periods of 1 and 2 epochs.
        (["scheduler=warm_restarts"], [0.1, 0.1, 0.05, 0.1]),
        # A rate from 0.01 up in 10 of 20 steps, of 5 an epoch, and down to 0.01 / 2.
        (
            [
                "scheduler=one_cycle",
                "scheduler.shape=linear",
                "scheduler.warmup=0.5",
                "scheduler.start_divisor=10",
                "scheduler.end_divisor=2",
            ],
            [0.01, 0.01 + 0.09 * 5 / 9, 0.1 - 0.095 * 1 / 10, 0.1 - 0.095 * 6 / 10],
        ),
    ],
)  # fmt: skip
def test_the_learning_rate_is_that_of_the_epochs_first_step(
    overrides: list[str], rates: list[float]
) -> None:
    _, _, events = trained("optimizer=sgd", "optimizer.lr=0.1", "trainer.epochs=4", *overrides)
    found = [event.learning_rate for event in events]
    assert found == pytest.approx(rates, rel=1e-6, abs=0)


def one_cycle(
    optimizer: torch.optim.Optimizer, *overrides: str
) -> torch.optim.lr_scheduler.LRScheduler:
    config = to_run_config(composed("scheduler=one_cycle", *overrides))
    scheduler = build_scheduler(config.scheduler, optimizer, 2, True, steps_per_epoch=5)
    assert scheduler is not None
    return scheduler


def test_one_cycle_moves_momentum_against_the_rate() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, momentum=0.5)
    scheduler = one_cycle(optimizer)
    found = []
    for _ in range(10):
        found.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]))
        optimizer.step()
        scheduler.step()
    assert found[0] == pytest.approx((1 / 25, 0.95))
    assert found[2] == pytest.approx((1, 0.85))  # 30% of 10 steps
    assert found[-1] == pytest.approx((1 / 25e4, 0.95))
    other = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, momentum=0.5)
    one_cycle(other, "scheduler.momentum=null")
    assert other.param_groups[0]["momentum"] == 0.5


def test_one_cycle_needs_steps_to_rise_in_and_its_highest_momentum_first() -> None:
    with pytest.raises(ConfigError, match=r"scheduler\.momentum: has the highest first.*\[0\.8, "):
        built("scheduler=one_cycle", "scheduler.momentum=[0.8,0.9]")
    with pytest.raises(ConfigError, match=r"scheduler\.warmup: .*more than one.*0\.3 of 3 steps"):
        trained("scheduler=one_cycle", "trainer.batch_size=200")


@pytest.mark.parametrize(
    ("lower_is_better", "values", "rates"),
    [
        # The second value is better by 0.02, the third by less than min_delta, the fourth is worse.
        (True, [1.0, 0.98, 0.979, 0.99, 0.99], [1.0, 1.0, 1.0, 0.5, 0.5]),
        (False, [0.5, 0.52, 0.521, 0.5, 0.5], [1.0, 1.0, 1.0, 0.5, 0.5]),
        (True, [1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 0.5, 0.5, 0.25]),
    ],
)
def test_a_plateau_is_judged_by_the_monitors_direction_and_min_delta(
    lower_is_better: bool, values: list[float], rates: list[float]
) -> None:
    config = to_run_config(
        composed("scheduler=plateau", "scheduler.patience_epochs=1", "scheduler.factor=0.5")
    )
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = build_scheduler(config.scheduler, optimizer, 5, lower_is_better, min_delta=0.01)
    assert isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau)
    found = []
    for value in values:
        scheduler.step(value)
        found.append(optimizer.param_groups[0]["lr"])
    assert found == pytest.approx(rates, rel=1e-9, abs=0)


def test_weights_that_break_in_the_last_step_are_noticed_on_validation() -> None:
    parts = experiment("optimizer.lr=1e38", "trainer.batch_size=500", "model.filters=[4]",
                       "model.pool_after=[]")  # fmt: skip
    events = parts.trainer.fit()
    with pytest.raises(TrainingError, match=r"validation loss must stay finite; epoch 1"):
        list(events)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
def test_every_optimizer_lowers_the_loss(optimizer: str) -> None:
    _, _, events = trained(f"optimizer={optimizer}", "trainer.epochs=6")
    assert events[-1].train.loss < events[0].train.loss


def test_an_exploding_loss_names_step_and_task() -> None:
    parts = experiment("optimizer=sgd", "optimizer.lr=1e30")
    events = parts.trainer.fit()
    with pytest.raises(TrainingError, match=r"task digit: .*epoch 1, step \d+; found (nan|inf)"):
        list(events)


def test_clipping_bounds_the_step() -> None:
    parts = experiment(
        "optimizer=sgd", "optimizer.lr=1", "optimizer.momentum=0", "trainer.clip_norm=1e-3",
        "trainer.epochs=1", "trainer.batch_size=500",
    )  # fmt: skip
    before = [parameter.detach().clone() for parameter in parts.model.parameters()]
    events = parts.trainer.fit()
    list(events)
    moved = torch.sqrt(
        sum(
            (new - old).square().sum()
            for new, old in zip(parts.model.parameters(), before, strict=True)
        )
    )
    assert float(moved.detach()) == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize(("weight", "still"), [(0.0, "digit"), (1.0, "parity")])
def test_a_task_of_weight_zero_does_not_move_its_head(weight: float, still: str) -> None:
    parts = experiment(f"mtl.lambda={weight}")
    heads = parts.model.heads
    before = {task: head.output.weight.detach().clone() for task, head in heads.items()}
    events = parts.trainer.fit()
    list(events)
    for task, head in heads.items():
        assert torch.equal(head.output.weight.detach(), before[task]) is (task == still)


def test_bfloat16_trains_and_reports_float32_losses() -> None:
    parts, trainer, events = trained("device.precision=bfloat16")
    assert events[-1].train.loss < events[0].train.loss
    assert {parameter.dtype for parameter in trainer.model.parameters()} == {torch.float32}
    assert parts.device.precision == "bfloat16"


def test_progress_reports_what_is_done_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtlab.training.loop.SECONDS_BETWEEN_PROGRESS", 0.0)
    parts = experiment("trainer.epochs=1")
    events = parts.trainer.fit()
    steps = [event for event in events if isinstance(event, Progress)]
    assert [event.step for event in steps] == [1, 2, 3, 4, 5]
    assert {event.num_steps for event in steps} == {5}
    counts = [int(event.train.confusions["digit"].sum()) for event in steps]
    assert counts == [32, 64, 96, 128, 135]


def test_the_monitor_weighs_accuracies_as_the_loss_weighs_tasks() -> None:
    parts = experiment("trainer.epochs=0")
    measured = parts.measure(parts.val)
    digit = measured.tasks["digit"]["accuracy"]
    parity = measured.tasks["parity"]["accuracy"]
    tasks = classification("digit", "parity")
    monitor = Monitor("accuracy", tasks, {"digit": 3.0, "parity": 1.0})
    assert monitor.value(measured) == pytest.approx((3 * digit + parity) / 4)
    assert Monitor(
        "val.parity.f1", classification("digit", "parity"), {"digit": 1, "parity": 1}
    ).value(measured) == pytest.approx(measured.tasks["parity"]["f1"])
    assert json.dumps(measured.as_dict())


def test_a_monitor_that_is_no_figure_is_refused() -> None:
    for name in ("digit", "digit.speed", "colour.loss", "val.loss.loss"):
        with pytest.raises(ConfigError, match=r"trainer\.monitor"):
            Monitor(name, classification("digit"), {"digit": 1.0})


def test_improvement_needs_more_than_min_delta() -> None:
    monitor = Monitor("accuracy", classification("digit"), {"digit": 1.0}, min_delta=0.01)
    assert monitor.improves(0.5, None)
    assert not monitor.improves(0.505, 0.5)
    assert monitor.improves(0.52, 0.5)
    assert Monitor("loss", classification("digit"), {"digit": 1.0}).improves(0.4, 0.5)


def test_splits_move_with_their_targets() -> None:
    split = Split(torch.zeros(2, 1, 3, 3), {"digit": torch.tensor([0, 1])})
    moved = split.to(torch.device("cpu"))
    assert len(moved) == 2
    assert moved.targets["digit"].tolist() == [0, 1]
