"""Where the gradients of several tasks go: through their heads, then through the trunk."""

from __future__ import annotations

import pytest
import torch
from test_head_layers import A, B, C, images, three_heads

from mtlab.models.multitask import MultiTaskNetwork
from mtlab.objective.losses import cross_entropy, regression_loss
from mtlab.objective.objective import Objective, Weighting
from mtlab.objective.weighting.fixed import FixedWeights
from mtlab.objective.weighting.uncertainty import UncertaintyWeights

LOSSES = {"a": cross_entropy, "b": cross_entropy, "c": regression_loss("mse", 1.0)}


class RecordingSum:
    """The aggregator that gives what a plain backward pass gives."""

    gradients: torch.Tensor

    def __call__(self, gradients: torch.Tensor) -> torch.Tensor:
        self.gradients = gradients
        return gradients.sum(dim=0)


def gradients_of(
    model: MultiTaskNetwork, weighting: Weighting, aggregator: RecordingSum | None
) -> dict[str, torch.Tensor | None]:
    """Each parameter's gradient after one backward pass, the weighting's own included."""
    model.zero_grad(set_to_none=True)
    weighting.zero_grad(set_to_none=True)
    objective = Objective((A, B, C), LOSSES, weighting, aggregator)
    features, outputs = model.features_and_outputs(images())
    targets = {"a": torch.arange(4), "b": torch.arange(4), "c": torch.full((4,), 0.25)}
    shared = model.shared_parameters()
    heads = [each for name, each in model.named_parameters() if name not in shared]
    losses = objective.task_losses(outputs, targets)
    objective.backward(losses, features, list(shared.values()), heads)
    named = [*model.named_parameters(), *weighting.named_parameters()]
    return {name: parameter.grad for name, parameter in named}


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("stop_gradient", [True, False])
@pytest.mark.parametrize(
    "weighting",
    [FixedWeights([0.5, 2.0, 3.0]), UncertaintyWeights([False, False, True])],
    ids=["fixed", "learned"],
)
def test_task_by_task_every_parameter_gets_the_gradient_of_the_sum(
    weighting: Weighting, stop_gradient: bool, layout: torch.memory_format
) -> None:
    model = three_heads({"heads.c.stop_gradient": stop_gradient})
    model = model.to(memory_format=layout)
    plain = gradients_of(model, weighting, None)
    found = gradients_of(model, weighting, RecordingSum())
    assert found.keys() == plain.keys()
    for name, gradient in plain.items():
        assert torch.allclose(found[name], gradient, rtol=1e-4, atol=1e-7), name
        # torch's fused optimizers pair the numbers of parameter and gradient by their places.
        assert found[name].stride() == gradient.stride(), name


def test_a_head_that_stops_its_gradient_has_a_row_of_zeros() -> None:
    aggregator = RecordingSum()
    model = three_heads()
    gradients_of(model, FixedWeights([1.0, 1.0, 1.0]), aggregator)
    num_shared = sum(each.numel() for each in model.shared_parameters().values())
    assert aggregator.gradients.shape == (3, num_shared)
    assert [bool(row.any()) for row in aggregator.gradients] == [True, True, False]


def test_the_row_of_a_task_that_borrows_is_its_own_loss_through_both_heads() -> None:
    aggregator = RecordingSum()
    model = three_heads()
    gradients_of(model, FixedWeights([1.0, 1.0, 1.0]), aggregator)
    alone = gradients_of(model, FixedWeights([0.0, 1.0, 0.0]), None)
    expected = torch.cat([alone[name].flatten() for name in model.shared_parameters()])
    assert torch.allclose(aggregator.gradients[1], expected, rtol=1e-4, atol=1e-7)


def test_every_head_is_gone_back_through_once_for_its_own_task() -> None:
    model = three_heads({"heads.b.features_from": None})
    times = dict.fromkeys("abc", 0)

    def count(task: str) -> None:
        times[task] += 1

    for task, head in model.heads.items():
        head.output.register_full_backward_hook(lambda *_, task=task: count(task))
    gradients_of(model, FixedWeights([1.0, 1.0, 1.0]), RecordingSum())
    assert times == {"a": 1, "b": 1, "c": 1}
