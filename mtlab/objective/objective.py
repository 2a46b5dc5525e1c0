"""What training minimises: every task's loss, what they become, and how gradients meet."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import nn

from mtlab.data.tasks import Task, is_labelled
from mtlab.objective.losses import Loss, TrainedCrossEntropy, mean_of_labelled
from mtlab.objective.metrics import Measure, SplitMetrics, split_metrics


class Weighting(nn.Module):
    """From the tasks' losses to the terms whose sum is minimised.

    What it learns are its parameters: they reach the optimizer, without weight decay.
    """

    def forward(self, losses: torch.Tensor) -> torch.Tensor:
        """Losses `(tasks,)` to terms `(tasks,)`; nothing is read back from the device.

        A task's term depends on its own loss alone, so that aggregators can tell tasks apart.
        """
        raise NotImplementedError

    def reported_weights(self) -> list[float]:
        """How the tasks' losses add up to the loss that is reported, in the order of the tasks.

        They stand still while a run trains, so that its epochs can be compared.
        """
        raise NotImplementedError

    def begin_epoch(self, epoch: int) -> None:
        """Told before the steps of an epoch, counted from 1; for weights that follow a schedule."""

    def moving_weights(self) -> list[float] | None:
        """What the tasks' losses are weighed by now; None where that never changes."""
        return None


Aggregator = Callable[[torch.Tensor], torch.Tensor]
"""From each task's gradient of the shared parameters, `(tasks, parameters)` with a row of zeros for
a task that sends none there, to the one that the optimizer gets, `(parameters,)`; nothing is read
back from the device."""


class Objective(nn.Module):
    """The tasks' losses, their weighting, and the backward pass.

    Args:
        tasks: In order.
        losses: By task name: what is reported.
        trained_losses: By task name, for tasks that train on another loss than is reported.
        aggregator: Makes one gradient of the tasks' where they meet; None: their sum.
        generator: What a weighting or an aggregator with chance in it draws from.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        losses: Mapping[str, Loss],
        weighting: Weighting,
        aggregator: Aggregator | None = None,
        generator: torch.Generator | None = None,
        trained_losses: Mapping[str, TrainedCrossEntropy] | None = None,
    ) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.has_gaps = any(task.has_gaps for task in tasks)
        self._losses = dict(losses)
        # Registered as modules, so that they go to the device and into the state.
        own = {f"of_{name}": loss for name, loss in (trained_losses or {}).items()}
        self._trained_losses = nn.ModuleDict(own)
        self.weighting = weighting
        self.aggregator = aggregator
        self.generator = generator or torch.Generator()

    def task_losses(
        self, outputs: Mapping[str, torch.Tensor], targets: Mapping[str, torch.Tensor]
    ) -> list[torch.Tensor]:
        """Mean loss of each task over the batch, one number each, float32."""
        return self._means(self._losses, outputs, targets)

    def trained_losses(
        self, outputs: Mapping[str, torch.Tensor], targets: Mapping[str, torch.Tensor]
    ) -> list[torch.Tensor]:
        """What is minimised of each task, one number each, float32: `task_losses`, but for tasks
        whose classes are smoothed or weighed.
        """
        own = {name.removeprefix("of_"): loss for name, loss in self._trained_losses.items()}
        return self._means(self._losses | own, outputs, targets)

    @torch.no_grad()
    def reported_losses(
        self,
        trained: torch.Tensor,
        outputs: Mapping[str, torch.Tensor],
        targets: Mapping[str, torch.Tensor],
    ) -> torch.Tensor:
        """Of a batch whose minimised losses `(tasks,)` are known, those that are reported."""
        if not self._trained_losses:
            return trained
        return torch.stack(self.task_losses(outputs, targets))

    def _means(
        self,
        losses: Mapping[str, Loss],
        outputs: Mapping[str, torch.Tensor],
        targets: Mapping[str, torch.Tensor],
    ) -> list[torch.Tensor]:
        return [
            mean_of_labelled(losses[task.name], outputs[task.name], targets[task.name])
            if task.has_gaps
            else losses[task.name](outputs[task.name], targets[task.name])
            for task in self.tasks
        ]

    def num_labelled(self, targets: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """How many samples have a label for each task, `(tasks,)`, on the targets' device."""
        return torch.stack([is_labelled(targets[task.name]).sum() for task in self.tasks])

    def backward(
        self,
        losses: list[torch.Tensor],
        features: torch.Tensor,
        shared_parameters: Sequence[nn.Parameter],
        head_parameters: Sequence[nn.Parameter],
    ) -> torch.Tensor:
        """Set `.grad` of every parameter, the weighting's own included; none has one before.

        Heads and weighting get the gradient of the sum of the terms. So does the trunk where there
        is no aggregator; otherwise each task's gradient goes through its head alone, down to the
        features, from there through the trunk, and the aggregator makes one of them.

        Args:
            losses: From `trained_losses`.
            features: What the trunk gave, `(batch, ...)`, which every head read.
            shared_parameters: Those that the features depend on.
            head_parameters: The others of the network.

        Returns:
            The losses as values, `(tasks,)`.
        """
        stacked = torch.stack(losses)
        if self.aggregator is None:
            self.weighting(stacked).sum().backward()
            return stacked.detach()
        # By themselves: through the stacked losses, every task's gradient would go back through
        # all heads, as zeros in those of the others.
        separate = stacked.detach().requires_grad_()
        self.weighting(separate).sum().backward()
        assert separate.grad is not None
        features.retain_grad()
        rows = []
        for loss, weight in zip(losses, separate.grad.unbind(), strict=True):
            loss.backward(weight, retain_graph=True, inputs=[features, *head_parameters])
            rows.append(_through_trunk(features, shared_parameters))
            features.grad = None
        gradient = self.aggregator(torch.stack(rows))
        parts = gradient.split([parameter.numel() for parameter in shared_parameters])
        for parameter, part in zip(shared_parameters, parts, strict=True):
            # In the parameter's own layout: torch's fused optimizers take it for granted.
            parameter.grad = torch.empty_like(parameter).copy_(part.view_as(parameter))
        return separate.detach()

    def metrics(self, mean_losses: torch.Tensor, measures: Mapping[str, Measure]) -> SplitMetrics:
        """A split's metrics, from the tasks' losses as means over samples, `(tasks,)`.

        The loss is what is minimised where weights are fixed, and comparable over epochs where not.
        """
        weights = torch.tensor(self.weighting.reported_weights())
        loss = float((weights * mean_losses.cpu().float()).sum())
        measured = {name: measure.read() for name, measure in measures.items()}
        return split_metrics(loss, mean_losses.tolist(), measured)

    def task_weights(self) -> dict[str, float]:
        """The weight of each task in the reported loss, by name."""
        return self._by_name(self.weighting.reported_weights())

    def moving_weights(self) -> dict[str, float] | None:
        """See `Weighting.moving_weights`, by name."""
        weights = self.weighting.moving_weights()
        return None if weights is None else self._by_name(weights)

    def _by_name(self, weights: list[float]) -> dict[str, float]:
        return dict(zip([task.name for task in self.tasks], weights, strict=True))


def _through_trunk(
    features: torch.Tensor, shared_parameters: Sequence[nn.Parameter]
) -> torch.Tensor:
    """The gradient `(parameters,)` that goes on from `features.grad`; 0 where that is None."""
    if features.grad is None:
        return torch.cat([torch.zeros_like(each).flatten() for each in shared_parameters])
    gradients = torch.autograd.grad(features, shared_parameters, features.grad, retain_graph=True)
    return torch.cat([gradient.flatten() for gradient in gradients])
