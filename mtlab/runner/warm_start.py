"""Fine-tuning: a network that starts from the weights of a finished run."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import torch
from torch import nn

from mtlab.artifacts.model_file import read_model
from mtlab.artifacts.reading import read_configuration, read_summary
from mtlab.artifacts.run_dir import WEIGHTS
from mtlab.config.arguments import literal
from mtlab.config.model import LayeredKeys
from mtlab.errors import ConfigError
from mtlab.models.multitask import MultiTaskNetwork

KEY = "model.init_from"
NOT_THE_TRUNKS = (
    *("name", "heads", "branch_widths", "dropout", "task_choice"),
    *("initialisation", "init_from", "freeze"),
    # Has no weights; where shared layers behind it have others, their shapes tell.
    "global_average_pooling",
)
"""Keys of a model in which a run may differ from the one that its trunk starts from."""


@dataclass(frozen=True)
class WarmStart:
    """What a run has started from.

    Attributes:
        sha256: Of the file of weights.
        loaded: Tasks whose heads were loaded too: those of the same name and shapes.
        fresh: Tasks whose heads start from weights of their own.
    """

    folder: str
    sha256: str
    loaded: tuple[str, ...]
    fresh: tuple[str, ...]

    def __str__(self) -> str:
        def heads(tasks: tuple[str, ...]) -> str:
            return f"the head{'s' if len(tasks) > 1 else ''} {', '.join(tasks)}"

        trunk_and = (
            f"the trunk and {heads(self.loaded)} start" if self.loaded else "the trunk starts"
        )
        fresh = f"; {heads(self.fresh)} begin{'' if len(self.fresh) > 1 else 's'} afresh"
        return f"{KEY}: {trunk_and} from {self.folder}{fresh if self.fresh else ''}"


def start_from_run(
    model: nn.Module, config: LayeredKeys, image_shape: tuple[int, int, int]
) -> WarmStart:
    """Load the trunk of the run that `model.init_from` names, and the heads that fit.

    Args:
        image_shape: `(channels, height, width)` of the images that the model is for.

    Raises:
        ConfigError: No trained run there, or one whose trunk is another; the message names the
            first key that differs.
        RunFolderError: A damaged one.
    """
    assert isinstance(model, MultiTaskNetwork)
    assert config.init_from is not None
    folder = Path(config.init_from)
    path = folder / WEIGHTS
    if not path.is_file():
        raise ConfigError(
            KEY,
            rule=f"must be the folder of a trained run, with its {WEIGHTS}",
            found=f"{folder}, where none is",
            remedy="runs lie under outputs/DATE/TIME",
        )
    _check_same_trunk(config, read_configuration(folder)[0].get("model"), folder)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    saved = read_model(path)
    own = model.state_dict()
    trunk = _below("trunk", own)
    for name, tensor in trunk.items():
        found = saved.tensors.get(name)
        if found is None or found.shape != tensor.shape:
            raise ConfigError(
                KEY,
                rule=f"needs {name} with the shape {tuple(tensor.shape)}, for images of channels x"
                f" height x width {image_shape}",
                found=f"{'none' if found is None else tuple(found.shape)} in {folder}, for"
                f" {saved.image_shape}",
                remedy="choose a run on images of the same shape, or a trunk that ends in"
                " model.global_average_pooling=true",
            )
    weights = {name: saved.tensors[name] for name in trunk}
    loaded = []
    for task in model.heads:
        wanted, found_head = (_below(f"head_{task}", state) for state in (own, saved.tensors))
        if _shapes(wanted) == _shapes(found_head):
            weights |= found_head
            loaded.append(task)
    model.load_state_dict({**own, **weights})
    fresh = tuple(task for task in model.heads if task not in loaded)
    return WarmStart(str(folder), digest, tuple(loaded), fresh)


def _check_same_trunk(config: LayeredKeys, theirs: object, folder: Path) -> None:
    """Compare what decides how the trunk computes, which shapes alone do not tell: strides, say."""
    found: Mapping[str, Any] = theirs if isinstance(theirs, dict) else {}
    fields = type(config).model_fields
    same_class = get_args(fields["name"].annotation)
    differing = [] if found.get("name") in same_class else ["name"]
    own = config.model_dump()
    # Folders of before a key was there have its default.
    found = {key: field.default for key, field in fields.items()} | dict(found)
    differing += [key for key in own if key not in NOT_THE_TRUNKS and own[key] != found[key]]
    if differing:
        key = differing[0]
        name = "model" if key == "name" else f"model.{key}"
        raise ConfigError(
            name,
            rule=f"must be {literal(found[key])} as in {folder}, whose trunk {KEY} loads",
            found=literal(own[key]),
            remedy=f"set '{name}={literal(found[key])}', or leave {KEY} out",
        )


def _below(part: str, state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor for name, tensor in state.items() if name.startswith(f"{part}.")}


def _shapes(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in state.items()}


def changes_since(repeated: Path, now: WarmStart | None) -> list[str]:
    """A line where a run that is repeated started from other weights than lie there now."""
    before = read_summary(repeated).get("init_from") if now else None
    if now is None or not before or before["sha256"] == now.sha256:
        return []
    return [
        f"{KEY}: the weights in {now.folder} are not those that {repeated} started from (sha256"
        f" {now.sha256[:12]}, then {before['sha256'][:12]}), so this is not the same run"
    ]
