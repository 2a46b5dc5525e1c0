"""Hard parameter sharing: one trunk, a head for each task (Caruana 1997, "Multitask Learning")."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter

import torch
from torch import nn

from mtlab.errors import ModelError
from mtlab.models.heads import Head
from mtlab.models.layers import Trunk


class MultiTaskNetwork(nn.Module):
    """A shared trunk and one head per task; with a single task an ordinary network.

    Args:
        heads: By task name, in the order of the tasks.

    Raises:
        ModelError: See `forward_order`.
    """

    def __init__(self, trunk: Trunk, heads: Mapping[str, Head]) -> None:
        super().__init__()
        self.trunk = trunk
        self.heads = dict(heads)
        self._cuts_gradients = True
        self._order = forward_order({task: head.features_from for task, head in heads.items()})
        for task, head in heads.items():
            # The prefix keeps a task called `train` or `half` apart from nn.Module's own methods.
            self.add_module(f"head_{task}", head)

    def shared_parameters(self) -> dict[str, nn.Parameter]:
        """The trunk's parameters by name: those that the gradients of all tasks may meet in.

        A head that others borrow from is not among them.
        """
        return {f"trunk.{name}": each for name, each in self.trunk.named_parameters()}

    def forward(self, images_bchw: torch.Tensor) -> dict[str, torch.Tensor]:
        """Images `(batch, channels, height, width)` to each task's outputs.

        Logits `(batch, classes)` for classification, values `(batch,)` for regression.
        """
        return self.features_and_outputs(images_bchw)[1]

    def features_and_outputs(
        self, images_bchw: torch.Tensor
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """As `forward`, and with what the trunk gave: where the tasks' gradients meet."""
        shared = self.trunk(images_bchw)
        outputs: dict[str, torch.Tensor] = {}
        features: dict[str, torch.Tensor] = {}
        for task in self._order:
            head = self.heads[task]
            borrowed = [features[other] for other in head.features_from]
            if head.detach_features and self._cuts_gradients:
                borrowed = [lent.detach() for lent in borrowed]
            read = shared.detach() if head.stop_gradient and self._cuts_gradients else shared
            outputs[task], features[task] = head(read, borrowed)
        return shared, {task: outputs[task] for task in self.heads}

    @contextmanager
    def uncut_gradients(self) -> Iterator[None]:
        """Within this context gradients reach the images from every head.

        `stop_gradient` and `detach_features` keep a head from training what it reads. What it
        answers depends on the image all the same, and whoever asks which pixels it depends on
        needs the whole gradient. Outputs are the same with and without.
        """
        before = self._cuts_gradients
        self._cuts_gradients = False
        try:
            yield
        finally:
            self._cuts_gradients = before


def forward_order(features_from: Mapping[str, Sequence[str]]) -> list[str]:
    """The tasks in an order in which every head comes after those that it borrows from.

    Args:
        features_from: For each task of the run, whom its head borrows from.

    Raises:
        ModelError: Borrowing in a circle, twice, or from a task that is not there.
    """
    for task, lenders in features_from.items():
        for other in lenders:
            if other not in features_from or lenders.count(other) > 1:
                others = ", ".join(name for name in features_from if name != task)
                raise ModelError(
                    f"model.heads.{task}.features_from",
                    rule=f"must name other tasks of the run, none twice: {others or 'none'}",
                    found=other,
                    remedy="add it to `tasks` if the dataset has it, or set features_from to null",
                )
    sorter = TopologicalSorter(features_from)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = error.args[1][::-1]
        raise ModelError(
            f"model.heads.{circle[0]}.features_from",
            rule="must not go in a circle",
            found=" -> ".join(circle),
            remedy="set one of them to null",
        ) from error
    order: list[str] = []
    while sorter.is_active():
        # In the tasks' own order, which also decides who draws initial weights first.
        ready = sorted(sorter.get_ready(), key=list(features_from).index)
        order += ready
        sorter.done(*ready)
    return order
