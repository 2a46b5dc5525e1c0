"""Fine-tuning: runs that start from another run's weights, and trunks that do not train."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch
from conftest import Runner, composed
from safetensors.torch import load_file
from torch import nn
from trained_runs import train_run

from mtlab.config.compose import to_run_config
from mtlab.errors import MtlabError
from mtlab.models.multitask import MultiTaskNetwork
from mtlab.runner.build import Experiment, build
from mtlab.training.loop import GradientTrainer

SMALL = (
    "model=cnn", "model.filters=[4,4]", "model.batch_norm=true", "model.dropout=0.2",
    "dataset.limit=60", "device=cpu",
)  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_run(tmp_path_factory.mktemp("base") / "run", *SMALL)


def built(*overrides: str) -> Experiment:
    return build(to_run_config(composed(*SMALL, *overrides)))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def below(part: str, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor for name, tensor in state.items() if name.startswith(f"{part}.")}


def are_equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_trunk_and_heads_of_the_same_task_and_shape_are_loaded(base: Path) -> None:
    both = built(f"model.init_from={base}", "tasks=[digit,parity]")
    fresh = built("tasks=[digit,parity]")
    state, saved = both.model.state_dict(), weights(base)
    assert are_equal(below("trunk", state), below("trunk", saved))
    assert are_equal(below("head_digit", state), below("head_digit", saved))
    assert are_equal(below("head_parity", state), below("head_parity", fresh.model.state_dict()))
    start = both.warm_start
    assert start is not None
    assert (start.loaded, start.fresh) == (("digit",), ("parity",))
    assert str(start) == (
        f"model.init_from: the trunk and the head digit start from {base}; the head parity begins"
        " afresh"
    )
    assert fresh.warm_start is None


def test_a_head_of_another_shape_begins_afresh(base: Path) -> None:
    start = built(f"model.init_from={base}", "dataset.classes=[1,2]").warm_start
    assert start is not None
    assert (start.loaded, start.fresh) == ((), ("digit",))
    assert str(start).endswith(f"the trunk starts from {base}; the head digit begins afresh")


def test_another_file_with_the_same_trunk_is_as_good(base: Path) -> None:
    start = built(
        f"model.init_from={base}", "model=mtl_cnn", "model.filters=[4,4]", "model.kernel_size=4",
        "model.strides=null", "model.padding=0", "model.pool_after=[]", "model.shared_widths=[]",
        "model.initialisation=orthogonal",
    ).warm_start  # fmt: skip
    assert start is not None
    assert start.fresh == ("digit", "parity")


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (
            ["model.filters=[4,5]"],
            r"^model\.filters: must be \[4,4\] as in .*; found \[4,5\]; set ",
        ),
        (["model.strides=[1,2]"], r"^model\.strides: must be null as in"),
        (["model.activation=elu"], r"^model\.activation: must be relu as in"),
        (["model.batch_norm=false"], r"^model\.batch_norm: must be true as in"),
    ],
)
def test_another_trunk_is_refused_by_the_first_key_that_differs(
    base: Path, overrides: list[str], complaint: str
) -> None:
    with pytest.raises(MtlabError, match=complaint):
        built(f"model.init_from={base}", *overrides)


def test_another_model_is_refused_by_its_name(base: Path) -> None:
    config = to_run_config(composed("model=mlp", "dataset.limit=60", f"model.init_from={base}"))
    with pytest.raises(MtlabError, match=r"^model: must be cnn as in .*found mlp; set 'model=cnn'"):
        build(config)


def test_images_of_another_size_are_told_by_the_tensor(tmp_path: Path) -> None:
    dense = ("model=mlp", "model.widths=[3]", "dataset.limit=60")
    run = train_run(tmp_path / "run", *dense)
    config = to_run_config(composed(*dense, "dataset=shapes", f"model.init_from={run}"))
    with pytest.raises(MtlabError, match=r"trunk\.hidden\.0\.weight .*\(3, 1024\).*\(3, 784\)"):
        build(config)


def test_a_folder_without_weights_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(MtlabError, match=r"^model\.init_from: must be the folder of a trained run"):
        built(f"model.init_from={tmp_path}")


def test_the_folder_is_kept_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    values = to_run_config(composed("model.init_from=some/run")).as_values()
    assert values["model"]["init_from"] == str(tmp_path / "some" / "run")


def test_a_frozen_trunk_keeps_weights_and_statistics(
    mtlab: Runner, base: Path, tmp_path: Path
) -> None:
    tuned = train_run(
        tmp_path / "tuned", *SMALL, f"model.init_from={base}", "model.freeze=trunk",
        "dataset.classes=[1,2,3]",
    )  # fmt: skip
    # Bits, batch norm's running statistics included.
    assert are_equal(below("trunk", weights(tuned)), below("trunk", weights(base)))
    summary = json.loads((tuned / "summary.json").read_text(encoding="utf-8"))
    counts = summary["parameters"]
    assert counts["trainable"] == counts["heads"]["digit"] == counts["total"] - counts["shared"]
    digest = hashlib.sha256((base / "model.safetensors").read_bytes()).hexdigest()
    assert summary["init_from"] == {
        "folder": str(base), "sha256": digest, "loaded": [], "fresh": ["digit"],
    }  # fmt: skip
    log = (tuned / "mtlab.log").read_text(encoding="utf-8")
    assert f"model.freeze=trunk: {counts['trainable']:,} of {counts['total']:,}" in log
    assert "to the last bit" in mtlab("evaluate", f"run={tuned}").out


def test_the_optimizer_sees_what_trains_and_dropout_stays(base: Path) -> None:
    frozen = built(f"model.init_from={base}", "model.freeze=trunk")
    trainer, network = frozen.trainer, frozen.model
    assert isinstance(trainer, GradientTrainer)
    assert isinstance(network, MultiTaskNetwork)
    (group,) = trainer._step.optimizer.param_groups
    heads = [parameter for head in network.heads.values() for parameter in head.parameters()]
    assert [id(parameter) for parameter in group["params"]] == [id(each) for each in heads]
    network.eval()
    network.train()
    modes = {type(layer): layer.training for layer in network.trunk.modules()}
    assert not modes[nn.BatchNorm2d]
    assert modes[nn.Dropout]


def test_rerun_gives_the_same_bits_and_notices_other_weights(
    mtlab: Runner, base: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source=1"
    shutil.copytree(base, source)
    first = train_run(tmp_path / "first", *SMALL, f"model.init_from={source}")
    assert (tmp_path / "first" / "config.yaml").is_file()
    again = tmp_path / "again"
    assert "not those" not in mtlab("rerun", f"run={first}", f"hydra.run.dir={again}").out
    assert are_equal(weights(again), weights(first))
    shutil.copy(first / "model.safetensors", source / "model.safetensors")
    told = mtlab("rerun", f"run={first}", f"hydra.run.dir={tmp_path / 'third'}").out
    assert f"the weights in {source} are not those that {first} started from" in told


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (
            ["model.freeze=trunk", "tasks=[digit,parity]", "mtl=pcgrad"],
            r"^mtl: .*share no layer that trains.*model\.freeze=trunk",
        ),
        (["model.freeze=heads"], r"^model\.freeze: must be one of trunk or null"),
        (["model=mlp", "model.widths=[]", "model.freeze=trunk"], r"^model\.freeze: trunk needs"),
        (["model.freeze=trunk", "optimizer.conv_weight_decay=0.1"], "convolutions that train"),
    ],
)
def test_what_cannot_be_frozen_is_told(overrides: list[str], complaint: str) -> None:
    keys = ("dataset.limit=60", "device=cpu")
    with pytest.raises(MtlabError, match=complaint):
        _ = build(to_run_config(composed(*keys, *overrides))).trainer


def test_a_perceptron_has_neither_key() -> None:
    with pytest.raises(MtlabError, match=r"^model\.freeze: must be a key of model: task_choice,"):
        to_run_config(composed("model=perceptron", "++model.freeze=trunk"))
