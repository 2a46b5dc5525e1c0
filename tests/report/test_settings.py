"""What varied, what did not, and how runs are named."""

from __future__ import annotations

from pathlib import Path

from mtlab.artifacts.run_dir import Status
from mtlab.report.analyse.settings import Settings, compare_settings, labels, short_keys
from mtlab.report.read.run import UNKNOWN, Run, flatten


def run(number: int, settings: dict[str, str], **summary: str) -> Run:
    return Run(number, f"sweep/{number}", Path(f"/{number}"), Status.completed, summary, settings)


def compared(*configurations: dict[str, str]) -> Settings:
    return compare_settings([run(number, one) for number, one in enumerate(configurations, 1)])


def test_lists_stay_whole_and_values_become_text():
    nested = {"model": {"widths": [64, 32], "dropout": 0.0}, "mtl": None, "seed": 3}
    assert flatten(nested) == {
        "model.widths": "[64, 32]",
        "model.dropout": "0",
        "mtl": "null",
        "seed": "3",
    }


def test_zero_is_the_same_written_as_whole_number_or_as_float():
    assert flatten({"mtl": {"lambda": 0}}) == flatten({"mtl": {"lambda": 0.0}})


def test_varied_and_constant_settings_are_told_apart():
    first = {"model.name": "mlp", "model.widths": "[8]", "optimizer.lr": "0.1", "seed": "0"}
    keys = compared(first, {**first, "model.widths": "[8, 8]", "seed": "1"})
    assert keys.varied == ["model.widths", "seed"]
    assert keys.constant == {"model.name": "mlp", "optimizer.lr": "0.1"}
    assert keys.implied == []


def test_settings_that_follow_from_a_groups_name_are_set_apart():
    keys = compared(
        {"model.name": "mlp", "model.widths": "[8]"},
        {"model.name": "cnn", "model.filters": "[4]"},
        {"model.name": "cnn", "model.filters": "[4]"},
    )
    assert keys.varied == ["model.name"]
    assert keys.implied == ["model.widths", "model.filters"]


def test_a_group_that_is_null_is_told_by_the_keys_of_the_others():
    keys = compared({"mtl": "null"}, {"mtl.name": "lambda", "mtl.lambda": "0.5"})
    assert keys.varied == ["mtl.name"]


def test_paths_are_shown_only_where_they_differ():
    same = {"dataset.name": "mnist", "dataset.root": "/a"}
    assert "dataset.root" in compared(same, same).constant
    assert compared(same, {**same, "dataset.root": "/b"}).varied == ["dataset.root"]


def test_what_a_run_left_unresolved_differs_from_nothing():
    keys = compared({"tasks": "[digit]", "seed": "0"}, {"tasks": UNKNOWN, "seed": "1"})
    assert keys.varied == ["seed"]


def test_what_a_preset_says_about_its_runs_is_no_setting():
    said = {"preset": "grid", "deviations.trainer.epochs": "1", "rows.a.lr": "2", "row": "a"}
    assert compared({"seed": "0", **said}, {"seed": "1"}).varied == ["seed"]


def test_keys_are_cut_as_long_as_they_stay_apart():
    keys = ["model.name", "model.widths", "optimizer.lr", "model.lr", "dataset.name"]
    assert short_keys(keys) == {
        "model.name": "model",
        "model.widths": "widths",
        "optimizer.lr": "optimizer.lr",
        "model.lr": "model.lr",
        "dataset.name": "dataset",
    }


def test_keys_of_a_task_name_it_and_are_never_its_name_alone():
    keys = [
        "mtl.weights.b",
        "model.heads.c.stop_gradient",
        "model.heads.b.features_from",
        "dataset.stratify_by",
        "optimizer.lr",
        "dataset.name",
    ]
    assert short_keys(keys, tasks=("a", "b", "c", "lr")) == {
        "mtl.weights.b": "weights.b",
        "model.heads.c.stop_gradient": "c.stop_gradient",
        "model.heads.b.features_from": "b.features_from",
        "dataset.stratify_by": "stratify_by",
        "optimizer.lr": "optimizer.lr",
        "dataset.name": "dataset",
    }
    both = ["dataset.tasks.c.loss", "model.heads.c.loss"]
    assert list(short_keys(both, {"c"}).values()) == ["tasks.c.loss", "heads.c.loss"]


def test_labels_leave_out_the_seed_and_what_others_say_already():
    settings = {"model.name": "mlp", "model.widths": "[8]", "device.threads": "1", "seed": "0"}
    other = {"model.name": "mlp", "model.widths": "[9]", "device.threads": "2", "seed": "1"}
    assert labels([run(1, settings), run(2, other)]) == {1: "widths=[8]", 2: "widths=[9]"}


def test_rows_of_an_experiment_name_its_runs():
    runs = [run(1, {"a": "1"}, row="2 x 1000"), run(2, {"a": "2"}, row="3 x 500")]
    assert labels(runs) == {1: "2 x 1000", 2: "3 x 500"}


def test_runs_of_several_experiments_are_named_by_these():
    runs = [
        run(1, {"model.name": "mlp", "a": "1"}, experiment="mlp_grid", row="992-544"),
        run(2, {"model.name": "cnn", "a": "2"}, experiment="cnn_baseline"),
        run(3, {"model.name": "vgg", "a": "3"}, model="vgg"),
    ]
    assert labels(runs) == {1: "mlp_grid 992-544", 2: "cnn_baseline", 3: "vgg"}


def test_settings_tell_runs_of_one_row_apart():
    runs = [
        run(1, {"optimizer.lr": "0.1", "a": "1"}, experiment="mlp_grid", row="992-544"),
        run(2, {"optimizer.lr": "0.2", "a": "1"}, experiment="mlp_grid", row="992-544"),
        run(3, {"optimizer.lr": "0.1", "a": "2"}, experiment="mlp_grid", row="480-960"),
    ]
    assert labels(runs) == {1: "992-544, lr=0.1", 2: "992-544, lr=0.2", 3: "480-960"}
